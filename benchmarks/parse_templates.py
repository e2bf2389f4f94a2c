"""Read all official templates in one process, against ``json.loads`` of the same bytes.

``json.loads`` runs twice: with all trees kept, as a tool that first reads and then looks has them, and with each tree
dropped at once, as we do. The largest template, and a graph of 2 MB made of the largest ones, say how long a thread of
ComfyUI is busy in one piece: it must never be more than 100 ms. Medians of 7 interleaved rounds, in reversed order on
every second round; the files are in memory.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from itertools import cycle

from modelget.workflow import parse

from .fetching.tables import Goal, goals, ratio
from .plan_templates import templates
from .rounds import medians

ROUNDS = 7
_LARGE = 2_000_000
_KEPT, _DROPPED, _ALL = "json.loads, trees kept", "json.loads, trees dropped", "parse all"
_LARGEST, _JOINED, _JOINED_JSON = "parse the largest template", "parse 2 MB", "json.loads 2 MB"


def run() -> str:
    raws = sorted((path.read_bytes() for path in templates()), key=len, reverse=True)
    joined = _joined(raws)
    cases: dict[str, Callable[[], object]] = {
        _KEPT: lambda: [json.loads(raw) for raw in raws],
        _DROPPED: lambda: [json.loads(raw) and None for raw in raws],
        _ALL: lambda: [parse(raw, "template") for raw in raws],
        _LARGEST: lambda: parse(raws[0], "template"),
        _JOINED: lambda: parse(joined, "joined"),
        _JOINED_JSON: lambda: json.loads(joined),
    }
    logging.disable(logging.WARNING)  # some templates name two models in one place
    try:
        times = medians(cases, ROUNDS)
    finally:
        logging.disable(logging.NOTSET)
    head = f"{len(raws)} workflows, {sum(map(len, raws)) / 1e6:.1f} MB; the largest has {len(raws[0]) / 1e6:.2f} MB.\n"
    rows = [
        f"| {what} | {ratio(taken, times[_KEPT])} | {taken * 1000:.1f} |" for what, taken in times.items()
    ]
    table = ["| what | x json.loads, trees kept | ms here |\n|---|---|---|", *rows, ""]
    return "\n".join([head, *table, _goals(times)])


def _goals(times: dict[str, float]) -> str:
    return goals(
        Goal("parse all / json.loads, trees kept", times[_ALL] / times[_KEPT], 1),
        Goal("ms to parse 2 MB", times[_JOINED] * 1000, 50),
        Goal("ms to parse the largest template", times[_LARGEST] * 1000, 100),
    )


def _joined(raws: list[bytes]) -> bytes:
    """Join the largest templates to one graph; ids that clash do no harm to a measurement of time."""
    graph: dict[str, list] = {"nodes": [], "links": []}
    subgraphs: dict[str, dict] = {}
    size = 0
    for raw in cycle(raws[:60]):
        part = json.loads(raw)
        graph["nodes"] += part.get("nodes", [])
        graph["links"] += part.get("links", [])
        for definition in part.get("definitions", {}).get("subgraphs", []):
            subgraphs[definition["id"]] = definition
        size += len(raw)
        if size >= _LARGE:
            joined = json.dumps({**graph, "definitions": {"subgraphs": list(subgraphs.values())}}).encode()
            if len(joined) >= _LARGE:
                return joined
    raise AssertionError("unreachable")
