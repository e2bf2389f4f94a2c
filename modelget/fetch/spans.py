"""Which stretches of a file are here."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

Span = tuple[int, int]
"""From a byte to the one after the last, ``start < stop``."""


class Spans:
    """Stretches of a file, kept in order and merged where they touch."""

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        self._starts: list[int] = []
        self._stops: list[int] = []
        for start, stop in spans:
            self.add(start, stop)

    def add(self, start: int, stop: int) -> None:
        """Take in the bytes from ``start`` up to ``stop``, whether or not some are here already."""
        first = bisect_left(self._stops, start)
        after = bisect_right(self._starts, stop)
        if first < after:
            start, stop = min(start, self._starts[first]), max(stop, self._stops[after - 1])
        self._starts[first:after] = [start]
        self._stops[first:after] = [stop]

    def cut(self, end: int) -> None:
        """Forget what lies at ``end`` and behind it."""
        kept = [(start, min(stop, end)) for start, stop in self if start < end]
        self._starts, self._stops = [start for start, _ in kept], [stop for _, stop in kept]

    @property
    def front(self) -> int:
        """Bytes that are here without a gap from the beginning."""
        return self._stops[0] if self._starts and self._starts[0] == 0 else 0

    @property
    def end(self) -> int:
        """The byte after the last one that is here."""
        return self._stops[-1] if self._stops else 0

    @property
    def size(self) -> int:
        """Bytes that are here."""
        return sum(self._stops) - sum(self._starts)

    def gaps(self, total: int) -> list[Span]:
        """Return what is missing of a file of ``total`` bytes, in its order."""
        edges = zip([0, *self._stops], [*self._starts, total], strict=True)
        return [(start, stop) for start, stop in edges if start < stop]

    def __iter__(self) -> Iterator[Span]:
        return iter(list(zip(self._starts, self._stops, strict=True)))
