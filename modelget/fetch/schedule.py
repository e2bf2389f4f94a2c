"""Which stretch of a file is asked for next: in the order of the file, and smaller towards its end."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop, heappush
from threading import Lock

from .spans import Span

SMALLEST, LARGEST = 2**21, 2**23
"""Bounds of a part in bytes: a request must be worth its round trip, and no straggler may hold much."""

_ALONE = 8
"""How much larger a part may be for the only connection: it can hold nobody up, and each request costs time."""

_ROUNDS = 8
"""Parts that each connection gets at least: the more, the more evenly all end; the fewer, the fewer requests."""


class Schedule:
    """The stretches that nobody fetches yet."""

    def __init__(self, gaps: Iterable[Span]) -> None:
        self._gaps = list(gaps)
        heapify(self._gaps)
        self._lock = Lock()
        self.left = sum(stop - start for start, stop in self._gaps)
        """Bytes that nobody fetches yet."""

    def claim(self, connections: int) -> Span | None:
        """Take the next part, sized for so many connections; None when nothing is left."""
        with self._lock:
            if not self._gaps:
                return None
            wanted = self.left // (_ROUNDS * max(connections, 1)) // SMALLEST * SMALLEST
            start, stop = heappop(self._gaps)
            largest = LARGEST if connections > 1 else LARGEST * _ALONE
            end = min(start + min(max(wanted, SMALLEST), largest), stop)
            if end < stop:
                heappush(self._gaps, (end, stop))
            self.left -= end - start
            return start, end

    def give_back(self, start: int, stop: int) -> None:
        """Return what was claimed and did not arrive."""
        if start < stop:
            with self._lock:
                heappush(self._gaps, (start, stop))
                self.left += stop - start
