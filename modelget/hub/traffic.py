"""What went over the line: a record of every request, and the bytes that storage sent."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from .limits import Throttle
from .messages import Origin, Request

_SMALLEST_SLICE, _SLICES_PER_SECOND = 4096, 50


@dataclass(frozen=True, slots=True)
class Record:
    """One answered request, without anything secret."""

    origin: Origin
    method: str
    path: str
    """Without the query, which may carry a token or a signature."""
    status: int
    authorized: bool
    """Whether an Authorization header or a cookie came along."""
    range: str | None
    """The Range header."""


class Traffic:
    """Counts for all listeners together, and keeps them to one line speed."""

    def __init__(self, bytes_per_second: float | None) -> None:
        self._throttle = Throttle(bytes_per_second) if bytes_per_second else None
        self._slice = max(int((bytes_per_second or 0) / _SLICES_PER_SECOND), _SMALLEST_SLICE)
        self._lock = threading.Lock()
        self._records: list[Record] = []
        self._storage_bytes = 0

    @property
    def records(self) -> list[Record]:
        """A copy of the records so far, oldest first."""
        with self._lock:
            return list(self._records)

    @property
    def storage_bytes(self) -> int:
        """Body bytes that storage has sent."""
        with self._lock:
            return self._storage_bytes

    def add(self, request: Request, status: int) -> None:
        """Record a request, before its answer is sent."""
        authorized = any(request.headers.get(name) is not None for name in ("Authorization", "Cookie"))
        wanted = request.headers.get("Range")
        record = Record(request.origin, request.method, request.path, status, authorized, wanted)
        with self._lock:
            self._records.append(record)

    def send(self, origin: Origin, chunk: memoryview, write: Callable[[memoryview], object]) -> None:
        """Send a piece of a body at the line's speed."""
        step = self._slice if self._throttle else max(len(chunk), 1)
        for at in range(0, len(chunk), step):
            piece = chunk[at : at + step]
            if self._throttle:
                self._throttle.wait_for(len(piece))
            if origin == "storage":
                with self._lock:
                    self._storage_bytes += len(piece)
            write(piece)
