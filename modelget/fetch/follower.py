"""Hash a file while it arrives, so that nothing is left to do when its last byte is here."""

from __future__ import annotations

from threading import Thread

from ..verify import Hasher
from .part import Part

_BLOCK = 2**18
_PATIENCE = 0.25  # seconds


class Follower:
    """A thread that hashes a part from its first byte up to where the first gap is.

    It reads what was just written, so bytes of an earlier run and bytes that arrived out of order need no
    special treatment, and network threads never wait for a hash.
    """

    def __init__(self, part: Part, hasher: Hasher) -> None:
        """Begin at once."""
        self.hasher = hasher
        self.hashed = 0
        """Bytes hashed so far."""
        self.failure: Exception | None = None
        """Why it ended before the end of the file."""
        self._part, self._ended = part, False
        self._thread = Thread(target=self._run, name="modelget hash", daemon=True)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        """Tell whether the whole file is hashed."""
        return self.hashed == self._part.total

    def wait(self, seconds: float) -> None:
        """Wait for the end of the hash, at most so long."""
        self._thread.join(seconds)

    def close(self) -> None:
        """End the thread."""
        self._ended = True
        self._part.wake()
        self._thread.join()

    @property
    def _next_target(self) -> int:
        total = self._part.total
        return self.hashed + _BLOCK if total is None else min(self.hashed + _BLOCK, total)

    def _run(self) -> None:
        try:
            with self._part.path.open("rb", buffering=0) as file:
                block = memoryview(bytearray(_BLOCK))
                while not self._ended and not self.is_done:
                    front = self._part.wait(self._next_target, _PATIENCE)
                    while self.hashed < front and not self._ended:
                        count = file.readinto(block[: front - self.hashed])
                        if not count:
                            raise OSError("the staged file is shorter than what was written to it")
                        self.hasher.update(block[:count])
                        self.hashed += count
        except Exception as error:
            self.failure = error
        self._part.wake()
