"""The system's own copy of a file in memory: whether it has one, and how to make it."""

from __future__ import annotations

import logging
import os
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from ..progress import Reporter, Silent
from .crew import READERS, Watch, Worker, work_through
from .layout import Block, Piece
from .memory import free_ram, fresh_memory
from .reading import Opened

_LOG = logging.getLogger(__name__)
_BLOCK = 4 * 2**20
WARMING_BYTES = _BLOCK * READERS
"""Memory that reading ahead takes."""

_SAMPLES = 32
_SHARE_THAT_COUNTS = 0.9


def is_cached(path: Path) -> bool | None:
    """Tell, by samples, whether nearly all of a file can be read without its disk; None where nobody can tell.

    Raises:
        OSError: the file cannot be opened.
    """
    if sys.platform != "linux":
        return None
    with path.open("rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)  # a question reads one page, not more
        probe, hits = bytearray(1), 0
        for number in range(_SAMPLES):
            # Not where it was asked before: that page is there because of the question.
            at = int((number + random.random()) * size / _SAMPLES)  # noqa: S311
            try:
                os.preadv(file.fileno(), [probe], at, os.RWF_NOWAIT)
                hits += 1
            except BlockingIOError:
                pass
            except OSError:  # a file system that does not know the question
                return None
    return hits >= _SHARE_THAT_COUNTS * _SAMPLES


def warm(path: Path, *, stop: Event | None = None, reporter: Reporter | None = None) -> bool:
    """Read a file into the page cache, with several requests at a time; return whether that was done.

    Raises:
        Cancelled: ``stop`` was set; what was read stays in the cache.
        OSError: the file cannot be read.
    """
    with Opened(path) as opened:
        if not is_worth_warming(path, opened.size):
            return False
        read_through(opened, Watch(path.name, opened.size, reporter or Silent(), stop or Event()))
    return True


def is_worth_warming(path: Path, size: int) -> bool:
    """Tell whether a file should be read ahead.

    Not one that is in memory, and not one that would take more than half of what is free: its end would push out its
    beginning.

    Raises:
        OSError: the file cannot be opened.
    """
    free = free_ram()
    return not is_cached(path) and (free is None or size <= free // 2)


def read_through(opened: Opened, watch: Watch, start: int = 0) -> None:
    """Read a file from ``start`` to its end, and keep nothing of it but what the system keeps.

    Raises:
        Cancelled: somebody stopped it.
        OSError, LoadFailed: the file cannot be read to its end.
    """

    @contextmanager
    def make_worker() -> Iterator[Worker]:
        scratch = memoryview(fresh_memory(_BLOCK))
        yield lambda block: opened.read_into(block.offset, [scratch[: block.size]])

    starts = range(start, opened.size, _BLOCK)
    blocks = (Block(at, (Piece(0, 0, min(_BLOCK, opened.size - at)),)) for at in starts)
    work_through(blocks, make_worker, READERS, watch)


def warm_behind(path: Path, stop: Event | None = None) -> Thread:
    """Start ``warm`` and return at once; what goes wrong there is left for whoever reads the file to find."""
    thread = Thread(target=_warm_quietly, args=(path, stop), name="modelget warm", daemon=True)
    thread.start()
    return thread


def _warm_quietly(path: Path, stop: Event | None) -> None:
    try:
        warm(path, stop=stop)
    except Exception as error:  # only a help
        _LOG.info("%s: not read ahead: %s", path.name, error)
