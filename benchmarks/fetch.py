"""Fetching one verified file: ours against an ideal line and against what a user would pick instead.

Wall times include the start of each client's process unless a line says otherwise; processor times are those of
the client alone. Medians of 5 interleaved rounds, in reversed order on every second round, a new target each time,
every copy compared byte by byte with the served file. Files lie in memory where there is room, so that no disk
decides. Client and server share one machine, and a line's delay counts from the arrival of a request.
``python -m benchmarks fetch CASE...`` runs single cases.
"""

from __future__ import annotations

import inspect
import sys
import time

from .fetching.clients import versions
from .fetching.killed import killed
from .fetching.many import many
from .fetching.speed import capped, disk, encrypted, long, single, uncapped

CASES = {
    "capped": capped,
    "long": long,
    "uncapped": uncapped,
    "disk": disk,
    "tls": encrypted,
    "single": single,
    "killed": killed,
    "many": many,
}


def run(*names: str) -> str:
    if unknown := set(names) - set(CASES):
        sys.exit(f"No such case: {', '.join(unknown)}; there are {', '.join(CASES)}.")
    sections = [f"Peers: {versions()}."]
    for name in names or CASES:
        began = time.perf_counter()
        sections.append(f"### {name}\n\n{inspect.cleandoc(CASES[name].__doc__)}\n\n{CASES[name]().rstrip()}")
        print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    return "\n\n".join(sections)
