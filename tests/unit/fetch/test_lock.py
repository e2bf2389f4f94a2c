"""The lock on one name: held by one, freed by the kernel, gone afterwards."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from faults.bench import MIB, safetensors, sha256

from modelget.errors import FetchFailed
from modelget.fetch import lock
from modelget.fetch.part import staged_name
from modelget.http import Clock


class Left(Exception):
    """The one who waits gives up."""


def leave() -> None:
    raise Left


def test_only_one_holds_a_name(tmp_path):
    with lock.only_one(tmp_path, "name", Clock(), leave):
        with pytest.raises(Left), lock.only_one(tmp_path, "name", Clock(), leave):
            pass
        with lock.only_one(tmp_path, "other", Clock(), leave):
            pass
    with lock.only_one(tmp_path, "name", Clock(), leave):
        assert (tmp_path / "name.lock").exists()
    assert list(tmp_path.iterdir()) == []


def test_a_waiter_does_not_keep_a_lock_file_that_is_gone(tmp_path, monkeypatch):
    """Between its open and its lock the holder may remove the file: a newcomer would not see that lock."""
    path, real, raced = tmp_path / "name.lock", lock._try_lock, []

    def lose_the_race(descriptor: int) -> bool:
        if not raced:
            raced.append(path.unlink())
        return real(descriptor)

    monkeypatch.setattr(lock, "_try_lock", lose_the_race)
    waited: list[float] = []
    with lock.only_one(tmp_path, "name", Clock(sleep=waited.append), lambda: None):
        assert path.exists()
        with pytest.raises(Left), lock.only_one(tmp_path, "name", Clock(), leave):
            pass
    assert len(waited) == 1


def test_a_disk_without_locks_is_used_all_the_same(tmp_path, monkeypatch):
    def unsupported(_descriptor: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(lock.fcntl, "flock", unsupported)
    with lock.only_one(tmp_path, "name", Clock(), leave):
        pass


def test_a_link_at_the_locks_name_is_refused_and_its_target_untouched(bench, serve):
    body = safetensors(MIB)
    server = serve(body)
    precious = bench.folder / "precious"
    precious.write_bytes(b"mine")
    bench.staging.mkdir(parents=True)
    facts = {"digest": sha256(body)}
    (bench.staging / f"{staged_name(bench.download(server, **facts))}.lock").symlink_to(precious)
    with pytest.raises(FetchFailed):
        bench.fetch(server, **facts)
    assert precious.read_bytes() == b"mine"
    assert not bench.destination.exists()


@pytest.fixture
def windows(monkeypatch):
    """As far as this system can be that one: a file that is open cannot be removed, nor a vanishing one opened."""
    monkeypatch.setattr(lock, "sys", SimpleNamespace(platform="win32"))
    opened: set[int] = set()
    open_file, close, unlink = os.open, os.close, Path.unlink

    def remember(*arguments: object) -> int:
        descriptor = open_file(*arguments)
        opened.add(descriptor)
        return descriptor

    def forget(descriptor: int) -> None:
        opened.discard(descriptor)
        close(descriptor)

    def refuse_open_files(path: Path, missing_ok: bool = False) -> None:
        if any(os.path.samestat(os.fstat(descriptor), path.stat()) for descriptor in opened):
            raise PermissionError(errno.EACCES, "in use")
        unlink(path, missing_ok)

    monkeypatch.setattr(os, "open", remember)
    monkeypatch.setattr(os, "close", forget)
    monkeypatch.setattr(Path, "unlink", refuse_open_files)


def test_on_windows_the_lock_file_goes_too(windows, tmp_path):
    with lock.only_one(tmp_path, "name", Clock(), leave):
        pass
    assert list(tmp_path.iterdir()) == []


def test_on_windows_a_file_that_is_being_removed_is_waited_for_and_the_wait_can_end(
    windows, tmp_path, monkeypatch
):
    remember, refused = os.open, []

    def refuse(*arguments: object) -> int:
        if len(refused) < 3:
            refused.append(arguments)
            raise PermissionError(errno.EACCES, "being removed")
        return remember(*arguments)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(Left), lock.only_one(tmp_path, "name", Clock(), leave):
        pass
    waited: list[float] = []
    with lock.only_one(tmp_path, "name", Clock(sleep=waited.append), lambda: None):
        pass
    assert len(waited) == 2
