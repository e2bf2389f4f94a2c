"""Small UI graphs, as ComfyUI's page saves them, made by the tests that need them."""

from __future__ import annotations

import json
from typing import Any

from modelget.types import Requirement
from modelget.workflow import parse

MUTED, BYPASSED = 2, 4
Json = dict[str, Any]


def node(node_id: int | str, node_type: str, *values: object, **more: Any) -> Json:
    return {"id": node_id, "type": node_type, "mode": 0, "inputs": [], "widgets_values": list(values), **more}


def widget_input(name: str, link: int | None = None, kind: str = "COMBO") -> Json:
    return {"name": name, "type": kind, "widget": {"name": name}, "link": link}


def declares(name: str, folder: str = "vae", url: str = "", **more: str) -> Json:
    return {
        "models": [{"name": name, "url": url or f"https://example.org/{name}", "directory": folder, **more}]
    }


def subgraph(
    key: str, *nodes: Json, inputs: tuple[tuple[str, str], ...] = (), links: tuple[Json, ...] = ()
) -> Json:
    entries = [{"name": name, "type": kind} for name, kind in inputs]
    return {
        "id": key,
        "inputNode": {"id": -10},
        "inputs": entries,
        "nodes": list(nodes),
        "links": list(links),
    }


def from_input(link: int, slot: int) -> Json:
    return {"id": link, "origin_id": -10, "origin_slot": slot, "target_id": 0, "target_slot": 0}


def graph(
    *nodes: Json, subgraphs: tuple[Json, ...] = (), links: tuple[list[object], ...] = (), **more: Any
) -> Json:
    return {"nodes": list(nodes), "links": list(links), "definitions": {"subgraphs": list(subgraphs)}, **more}


def needs(document: object) -> tuple[Requirement, ...]:
    return parse(json.dumps(document).encode(), "w.json").requirements


def brief(document: object) -> list[tuple[str, str | None, tuple[str, ...], bool]]:
    return [(need.name, need.folder, need.wanted_by, need.active) for need in needs(document)]


def link(
    number: int, origin: int | str, target: int | str, slot: int = 0, kind: str = "COMBO"
) -> list[object]:
    """Return a link of the root graph: from an output of one node to an input of another."""
    return [number, origin, slot, target, 0, kind]
