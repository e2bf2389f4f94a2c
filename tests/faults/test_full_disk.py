"""A disk that is full or broken: an error that says so, nothing under the final name, and the bytes kept."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from threading import Lock
from types import SimpleNamespace

import pytest
from faults.bench import MIB, Bench, safetensors, sha256, wait_until
from faults.server import Fault

from modelget.errors import FetchFailed, NotEnoughSpace
from modelget.fetch import journal, part, terms

BODY = safetensors(6 * MIB)
FACTS = {"digest": sha256(BODY), "size": len(BODY)}
CHUNK = MIB // 4
"""More is never written at once, and so never lost with the write in which the disk became full."""


class Disk:
    """Room for so many bytes more in staged files; a write that does not fit is made in part."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room, self.error = 2**60, errno.ENOSPC
        self._lock = Lock()
        disk, pwrite = self, os.pwrite

        class Limited(FileIO):
            def write(self, data: memoryview) -> int:
                return disk.take(data, super().write)

            def truncate(self, size: int | None = None) -> int:
                disk.room += max(os.fstat(self.fileno()).st_size - (size or 0), 0)
                return super().truncate(size)

        def limited(descriptor: int, data: memoryview, at: int) -> int:
            return disk.take(data, lambda some: pwrite(descriptor, some, at))

        monkeypatch.setattr(part, "FileIO", Limited)
        monkeypatch.setattr(part.os, "pwrite", limited)

    def take(self, data: memoryview, write: Callable[[memoryview], int]) -> int:
        with self._lock:
            if not self.room:
                raise OSError(self.error, os.strerror(self.error))
            written = write(data[: self.room])
            self.room -= written
            return written


@pytest.fixture(params=["linux", "win32"])
def disk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Disk:
    """A disk as each of the two ways to write meets it."""
    monkeypatch.setattr(part, "sys", SimpleNamespace(platform=request.param))
    return Disk(monkeypatch)


def sizes(bench: Bench) -> list[int]:
    return [path.stat().st_size for path in bench.staging.glob("*.part")]


@pytest.mark.parametrize("room", [1000, MIB, 3 * MIB + 12345, 6 * MIB - 1])
def test_a_full_disk_keeps_what_arrived_and_the_next_fetch_goes_on(room, disk, bench, serve):
    server = serve(BODY)
    disk.room = room
    with pytest.raises(NotEnoughSpace) as caught:
        bench.fetch(server, **FACTS)
    kept = bench.kept
    assert room - CHUNK < kept <= room
    assert caught.value.needed == len(BODY) - kept
    assert sizes(bench) == ([kept] if kept else [])
    assert not bench.destination.exists()
    disk.room = 2**60
    assert bench.fetch(server, **FACTS).transferred == len(BODY) - kept
    assert bench.destination.read_bytes() == BODY
    assert bench.leftovers == []


def test_a_disk_that_fills_up_under_several_connections_keeps_what_arrived(disk, bench, serve, small_parts):
    server = serve(BODY)
    disk.room = 3 * MIB
    with pytest.raises(NotEnoughSpace) as caught:
        bench.fetch(server, **FACTS)
    kept = bench.kept
    assert 0 < kept <= 3 * MIB
    assert caught.value.needed == len(BODY) - kept
    disk.room = 2**60
    assert bench.fetch(server, **FACTS).transferred == len(BODY) - kept
    assert bench.destination.read_bytes() == BODY
    assert bench.leftovers == []


def test_a_few_bytes_are_given_up_when_the_journal_finds_no_room(disk, bench, serve, monkeypatch):
    server = serve(BODY)
    write_journal, asked = journal.json.dump, []

    def dump(state: object, file: object) -> None:
        asked.append(state)
        if len(asked) == 1:
            raise OSError(errno.ENOSPC, "full")
        write_journal(state, file)

    monkeypatch.setattr(journal, "json", SimpleNamespace(dump=dump, loads=journal.json.loads))
    disk.room = 3 * MIB
    with pytest.raises(NotEnoughSpace):
        bench.fetch(server, **FACTS)
    kept = bench.kept
    assert sizes(bench) == [kept]
    assert 3 * MIB - CHUNK < kept + 2**16 <= 3 * MIB
    disk.room = 2**60
    assert bench.fetch(server, **FACTS).transferred == len(BODY) - kept
    assert bench.destination.read_bytes() == BODY


def test_another_failure_to_write_is_told_with_its_reason(disk, bench, serve):
    disk.room, disk.error = 2 * MIB, errno.EIO
    with pytest.raises(FetchFailed, match="Input/output error"):
        bench.fetch(serve(BODY), **FACTS)
    assert not bench.destination.exists()


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """What the kernel does on a disk that takes no larger files, as FAT32 does at 4 GiB."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_a_disk_that_takes_no_larger_file_ends_in_an_error_and_keeps_the_bytes(bench, serve):
    server = serve(BODY)
    with largest_file(2 * MIB + 4096), pytest.raises(FetchFailed, match="too large"):
        bench.fetch(server, **FACTS)
    assert not bench.destination.exists()
    kept = bench.kept
    assert 2 * MIB + 4096 - CHUNK < kept <= 2 * MIB + 4096
    assert bench.fetch(server, **FACTS).transferred == len(BODY) - kept
    assert bench.destination.read_bytes() == BODY


def test_a_file_that_cannot_fit_is_not_begun(bench, serve, monkeypatch):
    server = serve(BODY)
    monkeypatch.setattr(terms.shutil, "disk_usage", lambda _folder: SimpleNamespace(free=5 * MIB))
    with pytest.raises(NotEnoughSpace) as caught:
        bench.fetch(server, **FACTS)
    assert (caught.value.needed, caught.value.free) == (len(BODY), 5 * MIB)
    assert bench.leftovers == []


def test_an_endless_body_of_unknown_length_leaves_room_on_the_disk(bench, serve, monkeypatch):
    server = serve(BODY, always=Fault(endless=True, framing="none", ignore_range=True))
    free = iter(range(2**30 + 4 * MIB, 0, -MIB))
    monkeypatch.setattr(terms.shutil, "disk_usage", lambda _folder: SimpleNamespace(free=next(free)))
    with pytest.raises(FetchFailed, match="almost full"):
        bench.fetch(server, digest=FACTS["digest"])
    assert bench.leftovers == []
    assert not bench.destination.exists()


def test_an_endless_body_stops_at_the_published_size(bench, serve):
    server = serve(BODY, always=Fault(endless=True, framing="none"))
    with pytest.raises(FetchFailed, match=f"more than the {len(BODY)} bytes"):
        bench.fetch(server, size=len(BODY))
    assert bench.leftovers == []


def test_an_endless_part_stops_at_its_end(bench, serve):
    server = serve(BODY, always=Fault(endless=True, framing="none"))
    with pytest.raises(FetchFailed, match="it declared"):
        bench.fetch(server)
    assert bench.leftovers == []


def test_a_folder_that_cannot_be_written_is_told(bench, serve, monkeypatch):
    def refuse(path: object, *_rest: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(part.os, "open", refuse)
    with pytest.raises(FetchFailed, match=r"model\.safetensors.*Permission denied"):
        bench.fetch(serve(BODY), **FACTS)


def test_a_file_where_the_staging_folder_should_be_is_told(bench, serve):
    bench.staging.parent.mkdir(parents=True)
    bench.staging.write_text("mine")
    with pytest.raises(FetchFailed):
        bench.fetch(serve(BODY), **FACTS)
    assert bench.staging.read_text() == "mine"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path | None]:
    """A disk of 8 MiB where the tests may mount one, which takes root; else None."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "modelget-test", str(place)]
    mounted = shutil.which("mount") and not subprocess.run(mount, capture_output=True, check=False).returncode
    yield place if mounted else None
    if mounted:
        subprocess.run(["umount", str(place)], check=True)  # noqa: S607


def test_a_disk_that_fills_up_in_the_middle_goes_on_when_there_is_room(small_disk, tmp_path, disk, serve):
    bench = Bench(small_disk or tmp_path)
    server = serve(BODY, [Fault(pause_at=2 * MIB)])
    hog = bench.folder / "hog"
    with ThreadPoolExecutor(1) as pool:
        fetching = pool.submit(bench.fetch, server, **FACTS)
        wait_until(lambda: any(progress.done == 2 * MIB for progress in bench.reporter.seen))
        hog.write_bytes(bytes(4 * MIB))
        if small_disk is None:
            disk.room = MIB
        server.go_on.set()
        assert isinstance(fetching.exception(), NotEnoughSpace)
    assert not bench.destination.exists()
    hog.unlink()
    disk.room = 2**60
    assert bench.fetch(server, **FACTS).transferred <= 4 * MIB
    assert bench.destination.read_bytes() == BODY
    assert bench.leftovers == []
