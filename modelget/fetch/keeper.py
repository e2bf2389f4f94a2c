"""Make what arrived safe from a crash now and then, without holding up its arrival."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from threading import Event, Thread

from .part import Part

_TICK = 0.25  # seconds
_TICKS = 20
"""A slow line's bytes are made safe at least this often; those of a fast one whenever the part asks for it."""


class Keeper:
    """A thread that makes checkpoints of a part, and frees whoever waits for a silent line when a stop is wished."""

    def __init__(self, part: Part, hashed: Callable[[], int], free_when_stopped: Callable[[], None]) -> None:
        """Begin at once; ``hashed`` tells up to where the bytes are no longer read."""
        self.failure: Exception | None = None
        """The disk failed: what a journal says afterwards cannot be trusted."""
        self._part, self._hashed, self._free_when_stopped = part, hashed, free_when_stopped
        self._ended = Event()
        self._thread = Thread(target=self._run, name="modelget journal", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._ended.set()
        self._part.due.set()
        self._thread.join()

    def _run(self) -> None:
        ticks = 0
        while not self._ended.is_set():
            ticks = 0 if self._part.due.wait(_TICK) else ticks + 1
            self._free_when_stopped()
            if ticks % _TICKS == 0 and not self._ended.is_set() and not self._keep():
                return

    def _keep(self) -> bool:
        """Make a checkpoint if there is anything new; return False when the disk failed."""
        self._part.due.clear()
        try:
            if self._part.unsynced:
                self._part.checkpoint()
                if (self._part.total or 0) > _MUCH:
                    self._part.uncache(self._hashed())
        except Exception as error:
            self.failure = error
            return False
        return True


def _memory() -> int:
    """Return the machine's memory in bytes; as good as endless where Python cannot tell."""
    if sys.platform == "win32":
        return 2**63
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


_MUCH = _memory() // 2
"""A file larger than this would push the models in use out of the page cache, and not stay there itself."""
