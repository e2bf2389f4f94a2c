"""One fetch of one file at a time, across all processes on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..http import Clock

_POLL_SECONDS = 0.2

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True  # a filesystem without locks (some NFS)
        return True


@contextmanager
def only_one(staging: Path, name: str, clock: Clock, waiting: Callable[[], None]) -> Iterator[bool]:
    """Hold the lock for ``name`` in the staging folder; the kernel frees it when the process dies.

    Yield whether it keeps others out: on some network shares every lock is granted.
    """
    staging.mkdir(parents=True, exist_ok=True)
    path = staging / f"{name}.lock"
    descriptor = _acquire(path, clock, waiting)
    try:
        yield _keeps_others_out(path)
    finally:
        # POSIX: unlink while holding it, so that nobody locks a file that is about to vanish unseen
        # (a waiter compares inodes). Windows refuses to unlink an open file, so close first.
        if sys.platform == "win32":
            os.close(descriptor)
        with suppress(OSError):
            path.unlink()
        if sys.platform != "win32":
            os.close(descriptor)


def _acquire(path: Path, clock: Clock, waiting: Callable[[], None]) -> int:
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    while True:
        try:
            descriptor = os.open(path, flags, 0o600)
        except PermissionError:
            if sys.platform != "win32":
                raise
            waiting()  # it is being removed by the process that held it
            clock.sleep(_POLL_SECONDS)
            continue
        if _try_lock(descriptor) and _is_still(path, descriptor):
            return descriptor
        os.close(descriptor)
        waiting()
        clock.sleep(_POLL_SECONDS)


def _keeps_others_out(path: Path) -> bool:
    """Try to take the lock a second time; it must not be granted."""
    try:
        second = os.open(path, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        return False
    try:
        return not _try_lock(second)
    finally:
        os.close(second)


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except OSError:
        return False
