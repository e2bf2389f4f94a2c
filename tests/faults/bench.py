"""What a test of fetching needs: bodies, a client that never sleeps, and one download to try again and again."""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

from faults.server import FaultServer

from modelget.fetch import crew, fetch, schedule, transfer
from modelget.fetch.part import Part
from modelget.hosts import HostPolicy
from modelget.http import Clock, Http
from modelget.progress import Progress
from modelget.types import Candidate, Digest, Download, Evidence, Fetched

MIB = 2**20
NAME = "model.safetensors"


def safetensors(size: int, seed: int = 1) -> bytes:
    """A file of exactly ``size`` bytes with one tensor of random bytes."""
    length = size - 8 - 128
    entry = {"dtype": "U8", "shape": [length], "data_offsets": [0, length]}
    header = json.dumps({"weights": entry}).encode().ljust(128)
    chance, most = random.Random(seed), 2**27  # noqa: S311 - and twice as much is too much for it at once
    weights = (chance.randbytes(min(most, length - at)) for at in range(0, length, most))
    return b"".join(((128).to_bytes(8, "little"), header, *weights))


def sha256(body: bytes) -> Digest:
    return Digest("sha256", hashlib.sha256(body).hexdigest())


def git_sha1(body: bytes) -> Digest:
    return Digest("git-sha1", hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest())  # noqa: S324


def wait_until(reached: Callable[[], bool]) -> None:
    """Wait for what another thread or process does."""
    deadline = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.005)


class Recorder:
    """A reporter that remembers, and can do something at a given moment."""

    def __init__(self) -> None:
        self.seen: list[Progress] = []

    def report(self, progress: Progress) -> None:
        self.seen.append(progress)

    @property
    def phases(self) -> list[str]:
        """The phases in order, without repetitions."""
        names = [progress.phase for progress in self.seen]
        return [name for at, name in enumerate(names) if at == 0 or names[at - 1] != name]


class StopsAt(Recorder):
    """Wishes an end when this many bytes are here, in a phase if one is given."""

    def __init__(self, bench: Bench, done: int, phase: str | None = None) -> None:
        super().__init__()
        self._bench, self._done, self._phase = bench, done, phase

    def report(self, progress: Progress) -> None:
        super().report(progress)
        if self._phase in (None, progress.phase) and progress.done >= self._done:
            self._bench.stop.set()


def use_parts_of(
    size: int, *, largest: int | None = None, worth_from: int, put: Callable[..., object] = setattr
) -> None:
    """Make files of ``worth_from`` bytes and more come in parts of about ``size``."""
    for module, name in ((schedule, "SMALLEST"), (crew, "SMALLEST"), (transfer, "FIRST_PART")):
        put(module, name, size)
    put(schedule, "LARGEST", largest or size)
    put(transfer, "PARTS_FROM", worth_from)


class Bench:
    """One place for one file, and a client for it; ``slept`` are the waits it asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.destination = folder / "models" / "vae" / NAME
        self.staging = folder / "models" / ".modelget"
        self.slept: list[float] = []
        self.wall = 1_800_000_000.0
        self.reporter = Recorder()
        self.stop = Event()

    def download(self, server: FaultServer, **facts: Any) -> Download:
        candidate = Candidate(
            "direct_url", server.url, server.url, self.destination.name, Evidence.DECLARED_URL
        )
        return Download(
            replace(candidate, **facts), self.destination, self.staging, f"vae/{self.destination.name}"
        )

    def fetch(self, server: FaultServer, **facts: Any) -> Fetched:
        """Fetch once; ``digest=…, size=…`` are what the source published."""
        with self.http(server) as http:
            return fetch(self.download(server, **facts), http, self.reporter, self.stop)

    @contextmanager
    def http(self, server: FaultServer) -> Iterator[Http]:
        clock = Clock(
            now=lambda: time.monotonic() + sum(self.slept),
            sleep=self.slept.append,
            wait=lambda _stop, seconds: self.slept.append(seconds),
            wall=lambda: self.wall,
        )
        http = Http(HostPolicy.of((), (server.origin,)), clock=clock)
        try:
            yield http
        finally:
            http.close()

    def stage(self, download: Download, body: bytes, *spans: tuple[int, int], etag: str = '"first"') -> None:
        """Leave a part with these stretches of a body, as an interrupted fetch does."""
        self.staging.mkdir(parents=True, exist_ok=True)
        part = Part.open(download)
        part.restart()
        for start, stop in spans:
            part.write(start, body[start:stop])
        part.etag = etag
        part.close()

    @property
    def leftovers(self) -> list[str]:
        """Names of what is in the staging folder."""
        return sorted(path.name for path in self.staging.glob("*")) if self.staging.exists() else []

    @property
    def part(self) -> Path:
        (found,) = self.staging.glob("*.part")
        return found

    @property
    def journal(self) -> Path:
        (found,) = self.staging.glob("*.json")
        return found

    @property
    def kept(self) -> int:
        """Bytes that the journal promises; 0 without one."""
        return sum(
            stop - start for journal in self.staging.glob("*.json") for start, stop in spans_in(journal)
        )


def spans_in(journal: Path) -> list[tuple[int, int]]:
    """The stretches that a journal promises."""
    return [(start, stop) for start, stop in json.loads(journal.read_text())["spans"]]
