"""What other systems lack is not needed: positioned writes, links, locks, synced folders, hints about the cache."""

from __future__ import annotations

import errno
import fcntl
import os
import random
import selectors
import stat
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from faults.bench import MIB, Bench, Recorder, safetensors, sha256
from faults.server import Fault, FaultServer

from modelget.errors import FetchFailed, ModelgetError
from modelget.fetch import crew, fetch, keeper, lock, part
from modelget.hosts import HostPolicy
from modelget.http import Clock, Http

publish = sys.modules["modelget.fetch.publish"]  # the package has a function of this name
pytestmark = pytest.mark.usefixtures("small_parts")

BODY = safetensors(4 * MIB)
FACTS = {"digest": sha256(BODY), "size": len(BODY)}
WINDOWS = SimpleNamespace(platform="win32")

Serve = Callable[..., FaultServer]
Taking = Callable[[pytest.MonkeyPatch], None]


def refuse(number: int) -> Callable[..., Any]:
    def call(*_arguments: object, **_named: object) -> None:
        raise OSError(number, os.strerror(number))

    return call


def positioned_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part, "sys", WINDOWS)
    for name in ("pwrite", "pread", "posix_fadvise"):
        monkeypatch.delattr(os, name)


def hard_links(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", refuse(errno.EPERM))


def synced_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = os.fsync

    def of_files_only(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", of_files_only)


def opened_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    open_file = os.open

    def files_only(path: Any, *rest: Any, **named: Any) -> int:
        if Path(path).is_dir():
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return open_file(path, *rest, **named)

    monkeypatch.setattr(os, "open", files_only)


def cache_hints(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS; a file that seems too large for the memory would be uncached."""
    monkeypatch.setattr(part, "sys", SimpleNamespace(platform="darwin"))
    monkeypatch.setattr(keeper, "_MUCH", 0)
    monkeypatch.delattr(os, "posix_fadvise")


def locks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "flock", refuse(errno.ENOLCK))


def selectors_of_other_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, which besides refuses to wait for nothing at all."""

    class Selector(selectors.SelectSelector):
        def select(self, timeout: float | None = None) -> Any:
            if not self.get_map():
                raise OSError(errno.EINVAL, "no descriptor")
            return super().select(timeout)

    monkeypatch.setattr(crew, "DefaultSelector", Selector)


def all_that_windows_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    for take in (positioned_writes, opened_folders, selectors_of_other_systems):
        take(monkeypatch)
    monkeypatch.setattr(keeper, "_MUCH", 0)
    for module in (publish, lock):
        monkeypatch.setattr(module, "sys", WINDOWS)
    monkeypatch.setattr(os, "link", refuse(errno.EPERM))
    for name in ("O_NOFOLLOW", "O_CLOEXEC"):
        monkeypatch.delattr(os, name)
    rename = Path.rename

    def never_over_another(source: Path, target: Path) -> Path:
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", never_over_another)


TAKEN = [
    positioned_writes,
    hard_links,
    synced_folders,
    opened_folders,
    cache_hints,
    locks,
    selectors_of_other_systems,
    all_that_windows_lacks,
]
without = pytest.mark.parametrize("take", TAKEN, ids=lambda take: take.__name__)


@pytest.mark.parametrize(
    "take", [take for take in TAKEN if take is not locks], ids=lambda take: take.__name__
)
def test_a_file_arrives_and_one_that_broke_off_goes_on(
    take: Taking, bench: Bench, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(monkeypatch)
    server = serve(BODY, [Fault()] * 7, always=Fault(status=404, body=b"gone"))
    with pytest.raises(ModelgetError):
        bench.fetch(server, **FACTS)
    kept = bench.part.stat().st_size
    assert kept > 0
    server.always = Fault()
    assert bench.fetch(server, **FACTS).transferred < len(BODY)
    assert bench.destination.read_bytes() == BODY
    assert bench.destination.stat().st_nlink == 1
    assert bench.leftovers == []


def test_without_locks_a_fetch_keeps_to_itself_and_leaves_nothing_behind(
    bench: Bench, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    locks(monkeypatch)
    server = serve(BODY, [Fault()] * 7, always=Fault(status=404, body=b"gone"))
    with pytest.raises(ModelgetError):
        bench.fetch(server, **FACTS)
    assert bench.leftovers == []
    server.always = Fault()
    bench.fetch(server, **FACTS)
    assert bench.destination.read_bytes() == BODY
    assert bench.leftovers == []


@without
def test_a_file_that_appears_meanwhile_stays_as_it_is(
    take: Taking, bench: Bench, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(monkeypatch)

    def appear(_server: FaultServer) -> None:
        bench.destination.parent.mkdir(parents=True, exist_ok=True)
        bench.destination.write_bytes(b"mine")

    with pytest.raises(FetchFailed, match="left as it is"):
        bench.fetch(serve(BODY, [Fault(then=appear)]), **FACTS)
    assert bench.destination.read_bytes() == b"mine"


@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
@pytest.mark.seeds(3, 100)
def test_without_locks_several_at_once_never_give_the_name_to_wrong_bytes(
    seed: int, links: bool, bench: Bench, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on network shares where every lock is granted."""
    monkeypatch.setattr(fcntl, "flock", lambda _descriptor, _how: None)
    if not links:
        hard_links(monkeypatch)
    server, chance = serve(BODY), random.Random(seed)  # noqa: S311

    def one(wait: float) -> None:
        time.sleep(wait)
        http = Http(HostPolicy.of((), (server.origin,)), clock=Clock(sleep=lambda _wait: time.sleep(0.002)))
        try:
            fetch(bench.download(server, **FACTS), http, Recorder(), threading.Event())
        except ModelgetError:
            return  # in each other's way; trying again alone must help
        finally:
            http.close()

    with ThreadPoolExecutor(4) as pool:
        for job in [pool.submit(one, chance.uniform(0, 0.1)) for _ in range(4)]:
            job.result()
    if bench.destination.exists():
        assert bench.destination.read_bytes() == BODY
    bench.fetch(server, **FACTS)
    assert bench.destination.read_bytes() == BODY
    assert bench.leftovers == []
