"""Processes that fetch and are killed: ``python -m faults.killed ORDER``, and a server that can hold them up.

ORDER is JSON; each progress phase and the result come back as lines on standard output.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

from faults.bench import Bench, sha256, use_parts_of
from faults.fetcher import Lines
from faults.server import Fault, FaultServer

from modelget.fetch import fetch, part, watch
from modelget.hosts import HostPolicy
from modelget.http import Http
from modelget.library import open_library
from modelget.types import Digest

_TESTS = Path(__file__).parents[1]


class HoldingServer(FaultServer):
    """Sends nothing any more once ``hold_at`` bytes have left, over whichever connections, until ``go_on``."""

    def __init__(self, body: bytes, hold_at: int, faults: Iterable[Fault] = ()) -> None:
        self.hold_at = hold_at
        super().__init__(body, faults)

    def count(self, sent: int) -> None:
        super().count(sent)
        if self.served >= self.hold_at:
            self.paused.set()
            self.go_on.wait(60)


def start(
    bench: Bench, server: FaultServer, *, before: Sequence[str] = (), **order: Any
) -> subprocess.Popen[str]:
    """Begin to fetch in another process; ``before`` is a command that takes another to run.

    ``parts`` is the size of the stretches that the connections ask for, ``checkpoint`` that of those after
    which the journal is written; ``library=True`` lets it look for the bytes under other names.
    """
    order |= {"folder": str(bench.folder), "destination": str(bench.destination)}
    order |= {"url": server.url, "origin": server.origin}
    order |= {"digest": sha256(bytes(server.body)).hex, "size": len(server.body)}
    paths = os.pathsep.join(map(str, (_TESTS.parent, _TESTS)))
    return subprocess.Popen(
        [*before, sys.executable, "-m", "faults.killed", json.dumps(order)],
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        text=True,
    )


def kill(process: subprocess.Popen[str]) -> None:
    """End it as the kernel does when memory is short, and wait until it is gone."""
    process.kill()
    process.communicate()


def main() -> None:
    order = json.loads(sys.argv[1])
    part.CHECKPOINT_BYTES = order.get("checkpoint", part.CHECKPOINT_BYTES)
    watch.REPORT_SECONDS = 0
    if "parts" in order:
        size = order["parts"]
        use_parts_of(size, largest=4 * size, worth_from=2 * size)
    bench = Bench(Path(order["folder"]))
    bench.destination = Path(order["destination"])
    server = SimpleNamespace(url=order["url"], origin=order["origin"])
    download = bench.download(server, digest=Digest("sha256", order["digest"]), size=order["size"])
    library = open_library(models_dir=bench.folder / "models") if order.get("library") else None
    fetched = fetch(download, Http(HostPolicy.of((), (server.origin,))), Lines(), Event(), library)
    print(json.dumps({"transferred": fetched.transferred}))  # noqa: T201


if __name__ == "__main__":
    main()
