"""Whatever happens in whatever order, only right bytes have the final name, and a fetch in peace ends well."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Timer
from typing import Any, ClassVar

import pytest
from faults.bench import Bench, Recorder, StopsAt, safetensors, sha256, use_parts_of
from faults.disk import Disk
from faults.server import Fault, FaultServer
from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from modelget.errors import ModelgetError
from modelget.fetch import fetch, part
from modelget.hosts import HostPolicy
from modelget.http import Clock, Http

KIB = 2**10
VERSIONS = [safetensors(size * KIB + 77, seed=at) for at, size in enumerate((1200, 1200, 700, 300))]
"""The first two differ in nothing but their bytes."""

FACTS: dict[str, dict[str, Any]] = {
    "digest and size": {"digest": sha256(VERSIONS[0]), "size": len(VERSIONS[0])},
    "digest": {"digest": sha256(VERSIONS[0])},
    "nothing": {},
}
FAULTS = [
    Fault(cut_after=100 * KIB),
    Fault(cut_after=0),
    Fault(status=503, body=b"busy"),
    Fault(ignore_range=True),
    Fault(headers={"ETag": ""}),
    Fault(headers={"Content-Range": ""}),
    Fault(framing="chunked"),
    Fault(flip=200 * KIB),
]

Chance = st.integers(0, 2**32 - 1).map(random.Random)


@pytest.fixture(autouse=True)
def _tiny_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    use_parts_of(64 * KIB, worth_from=192 * KIB, put=monkeypatch.setattr)
    monkeypatch.setattr(part, "CHECKPOINT_BYTES", 128 * KIB)


@contextmanager
def an_end(stop: Event) -> Iterator[None]:
    """Nothing here takes half a minute: what does would go on for ever."""
    overdue = Event()

    def give_up() -> None:
        overdue.set()
        stop.set()

    timer = Timer(30, give_up)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if overdue.is_set():
            stop.clear()
            pytest.fail("a fetch did not end")


class Fetching(RuleBasedStateMachine):
    """One file on its way from a server that misbehaves to a disk that does, under a person who is impatient.

    No rule depends on how far a fetch came: that would differ from run to run with the same choices.
    """

    facts: ClassVar[dict[str, Any]] = {}

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory()
        self._patches = pytest.MonkeyPatch()
        self.bench = Bench(Path(self._folder.name))
        self.disk = Disk(self._patches)
        self.published = {VERSIONS[0]}
        self.server = FaultServer(VERSIONS[0], etag='"0"')
        self.server.__enter__()
        self.http = self._new_http()
        self.fetched = 0

    @property
    def is_pinned(self) -> bool:
        return "digest" in self.facts

    @rule()
    def fetches(self) -> None:
        self._fetch()

    @rule(done=st.integers(0, 1200))
    def is_stopped(self, done: int) -> None:
        self.bench.reporter = StopsAt(self.bench, done * KIB)
        self._fetch_anew()
        self.bench.reporter = Recorder()
        self.bench.stop.clear()

    @rule(acts=st.integers(0, 75), again=st.booleans())
    def is_killed(self, acts: int, again: bool) -> None:
        self._kill(acts)
        if again:
            self._fetch()

    @rule(acts=st.integers(0, 5), again=st.booleans())
    def is_killed_while_it_publishes(self, acts: int, again: bool) -> None:
        self._kill(acts, once_named=True)
        if again:
            self._fetch()

    def _kill(self, acts: int, *, once_named: bool = False) -> None:
        self.loses_the_file_to_its_owner()
        self.disk.goes_after(acts, once_named=once_named)
        self._fetch()
        self.disk.returns()
        self.restarts()

    @rule(acts=st.integers(0, 75), chance=Chance)
    def loses_power(self, acts: int, chance: random.Random) -> None:
        self.loses_the_file_to_its_owner()
        self.disk.goes_after(acts)
        self._fetch()
        self.disk.returns()
        for path in self._staged(".part"):
            if path.stat().st_nlink == 1:  # with two names it was synced as a whole
                journal = path.with_suffix(".json")
                self.disk.lose_power(path, journal, chance, is_proven=self.is_pinned)
        self.restarts()

    @rule(room=st.integers(0, 1200))
    def finds_the_disk_full(self, room: int) -> None:
        self.disk.room = room * KIB
        self._fetch_anew()
        self.disk.returns()

    @rule(chance=Chance)
    def finds_a_byte_flipped(self, chance: random.Random) -> None:
        """Where no digest is known, nothing can tell."""
        for path in self._staged(".part") if self.is_pinned else ():
            content = bytearray(path.read_bytes())
            if content and path.stat().st_nlink == 1:
                content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
                path.write_bytes(content)

    @rule(suffix=st.sampled_from([".part", ".json"]))
    def loses_a_file(self, suffix: str) -> None:
        for path in self._staged(suffix):
            path.unlink()

    @rule(
        version=st.integers(0, len(VERSIONS) - 1),
        etag=st.sampled_from(["its own", "none", "the same"]),
        honours=st.booleans(),
    )
    def finds_another_version(self, version: int, etag: str, honours: bool) -> None:
        """A validator that stays the same with other bytes is a lie, which only a digest uncovers."""
        self.server.honours_if_range = honours
        own = f'"{version}"' if etag == "its own" or not self.is_pinned else '"same"'
        self.published.add(VERSIONS[version])
        self.server.replace(VERSIONS[version], "" if etag == "none" else own)

    @rule(fault=st.sampled_from(FAULTS), sound=st.integers(0, 12))
    def will_meet_a_fault(self, fault: Fault, sound: int) -> None:
        """After so many sound answers. Where no digest is known, a wrong bit on the way is nobody's to find."""
        if self.is_pinned or fault.flip is None:
            self.server.faults += [Fault()] * sound + [fault]

    @rule(done=st.integers(0, 1200), honours=st.booleans())
    def changes_at_the_source_meanwhile(self, done: int, honours: bool) -> None:
        self.server.honours_if_range = honours
        self.published.add(VERSIONS[1])
        change = Fault(then=lambda server: server.replace(VERSIONS[1], '"1"'))
        self.server.faults += [Fault()] * (done // 64) + [change]
        self._fetch_anew()

    @rule()
    def meets_another_process(self) -> None:
        """Twice in this one: a lock of the kernel's does not tell the difference."""
        with ThreadPoolExecutor(2) as pool:
            other = self._new_http()
            for job in [pool.submit(self._try, http) for http in (self.http, other)]:
                job.result()
            other.close()

    @rule()
    def restarts(self) -> None:
        self.http.close()
        self.http = self._new_http()

    @rule()
    def loses_the_file_to_its_owner(self) -> None:
        self.bench.destination.unlink(missing_ok=True)

    @invariant()
    def nothing_wrong_has_the_final_name(self) -> None:
        if os.path.lexists(self.bench.destination):
            assert self.bench.destination.read_bytes() in self._right

    @invariant()
    def nothing_else_has_appeared(self) -> None:
        models = self.bench.folder / "models"
        places = {self.bench.destination, self.bench.destination.parent, self.bench.staging}
        for path in models.rglob("*"):
            staged = path.parent == self.bench.staging
            assert path in places or (staged and path.suffix in (".part", ".json", ".new", ".lock")), path

    def teardown(self) -> None:
        try:
            self.in_peace_it_ends_well()
        finally:
            self.http.close()
            self.server.__exit__()
            self._patches.undo()
            self._folder.cleanup()

    def in_peace_it_ends_well(self) -> None:
        self.server.faults.clear()
        if self.is_pinned:
            self.server.replace(VERSIONS[0], '"0"')
        fetch(self.bench.download(self.server, **self.facts), self.http, Recorder(), self.bench.stop)
        self.nothing_wrong_has_the_final_name()
        assert self.bench.destination.exists()
        assert self.bench.leftovers == []

    @property
    def _right(self) -> set[bytes]:
        return {VERSIONS[0]} if self.is_pinned else self.published

    def _staged(self, suffix: str) -> Iterator[Path]:
        yield from sorted(self.bench.staging.glob(f"*{suffix}"))

    def _fetch_anew(self) -> None:
        """Fetch although an earlier rule may have ended well: the owner moved the file away."""
        self.loses_the_file_to_its_owner()
        self._fetch()

    def _fetch(self) -> None:
        if self._try(self.http) and not self.disk.gone:
            assert self.bench.leftovers == []

    def _try(self, http: Http) -> bool:
        """Fetch; tell whether it came to its end, and not to an error that was made for people."""
        download = self.bench.download(self.server, **self.facts)
        try:
            with an_end(self.bench.stop):
                fetch(download, http, self.bench.reporter, self.bench.stop)
        except ModelgetError:
            return False
        type(self).arrived += 1
        return True

    arrived: ClassVar[int] = 0
    """Fetches that ended well, in all runs."""

    def _new_http(self) -> Http:
        clock = Clock(sleep=lambda _wait: time.sleep(0.002), wait=lambda _stop, _seconds: None)
        return Http(HostPolicy.of((), (self.server.origin,)), clock=clock)


@pytest.mark.seeds(1, 20)
@pytest.mark.parametrize("known", FACTS)
def test_no_order_of_mishaps_leads_to_a_wrong_file(
    known: str, seed: int, rounds: Callable[[int, int], int]
) -> None:
    machine = type("Fetching", (Fetching,), {"facts": FACTS[known], "arrived": 0})
    chosen = settings(
        max_examples=rounds(9, 34),
        stateful_step_count=rounds(20, 50),
        deadline=None,
        database=None,
        phases=[Phase.generate],  # threads: a smaller example need not fail in the same way
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seeded(seed)(machine), settings=chosen)
    assert machine.arrived > 0


def test_bytes_behind_the_end_of_a_file_that_became_shorter_are_forgotten(
    bench: Bench, serve: Callable[..., FaultServer]
) -> None:
    """A digest says nothing about the length, and bytes of a longer version may lie behind a gap and reach over the end."""
    longer, shorter = VERSIONS[0], VERSIONS[3]
    facts = {"digest": sha256(shorter)}
    server = serve(shorter)
    bench.staging.mkdir(parents=True)
    staged = part.Part.open(bench.download(server, **facts))
    for at in (0, 256 * KIB):
        staged.write(at, longer[at : at + 64 * KIB])
    staged.close()
    with an_end(bench.stop):
        bench.fetch(server, **facts)
    assert bench.destination.read_bytes() == shorter
    assert bench.leftovers == []
