"""A process that fetches one file, so that it can be killed: ``python -m faults.fetcher ORDER``.

ORDER is JSON; each progress phase and the result come back as lines on standard output.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

from faults.bench import Bench, use_parts_of
from faults.server import FaultServer

from modelget.fetch import fetch, part
from modelget.hosts import HostPolicy
from modelget.http import Http
from modelget.progress import Progress
from modelget.types import Digest

_DISK_EVENTS = frozenset({"open", "os.link", "os.mkdir", "os.remove", "os.rename", "os.truncate"})
_TESTS = Path(__file__).parents[1]


def start(bench: Bench, server: FaultServer, **order: Any) -> subprocess.Popen[str]:
    """Begin to fetch in another process; ``digest`` and ``size`` are what the source published.

    ``checkpoint`` and ``part`` are in bytes, and ``die_at`` is the act on the disk before which it dies.
    """
    order |= {"folder": str(bench.folder), "url": server.url, "origin": server.origin}
    paths = os.pathsep.join(map(str, (_TESTS.parent, _TESTS)))
    return subprocess.Popen(
        [sys.executable, "-m", "faults.fetcher", json.dumps(order)],
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        text=True,
    )


def wait_for(process: subprocess.Popen[str], phase: str) -> None:
    """Read on until the process says that it is in this phase."""
    assert process.stdout is not None
    assert any(line.strip() == phase for line in process.stdout), f"it ended before {phase!r}"


def result_of(process: subprocess.Popen[str]) -> dict[str, int]:
    """Return what a process that ended well said about its fetch."""
    said, _errors = process.communicate(timeout=60)
    assert process.returncode == 0, said
    answer: dict[str, int] = json.loads(said.splitlines()[-1])
    return answer


def die_at(event: int) -> None:
    """Be killed at the n-th act on the disk, just before it."""
    seen = 0

    def count(name: str, _arguments: object) -> None:
        nonlocal seen
        if name in _DISK_EVENTS:
            seen += 1
            if seen == event:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


class Lines:
    """Says each phase on a line of its own."""

    phase = ""

    def report(self, progress: Progress) -> None:
        if progress.phase != self.phase:
            self.phase = progress.phase
            print(self.phase, flush=True)  # noqa: T201 - that is how the test hears of it


def main() -> None:
    order = json.loads(sys.argv[1])
    part.CHECKPOINT_BYTES = order.get("checkpoint", part.CHECKPOINT_BYTES)
    if "part" in order:
        use_parts_of(order["part"], worth_from=4 * order["part"])
    digest = Digest("sha256", order["digest"]) if "digest" in order else None
    server = SimpleNamespace(url=order["url"], origin=order["origin"])
    download = Bench(Path(order["folder"])).download(server, digest=digest, size=order.get("size"))
    http = Http(HostPolicy.of((), (server.origin,)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if "die_at" in order:
        die_at(order["die_at"])
    fetched = fetch(download, http, Lines(), Event())
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps({"transferred": fetched.transferred, "grown_kib": grown}))  # noqa: T201


if __name__ == "__main__":
    main()
