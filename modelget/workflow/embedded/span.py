"""Reading a hostile file by places: only what is asked for, and never more than the caps."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, NamedTuple

from ..document import MAX_BYTES

MAX_TOTAL = 2 * MAX_BYTES
"""Bytes taken out of one file, inflated ones included: a graph and a prompt, each as large as a file may be."""

MAX_STEPS = 200_000
"""Reads in one file. Each chunk, box, block or tag costs at least one; a two-hour video has about 10,000."""


class Ended(Exception):
    """The file ends in the middle of something, or holds something that cannot be."""


class TooMuch(Exception):
    """A cap is reached; the text says which."""


class Tag(NamedTuple):
    """A text that a container carries under a key."""

    key: str
    text: str


@dataclass(slots=True)
class Budget:
    """What may still be read of one file; shared by all its spans."""

    bytes: int = MAX_TOTAL
    steps: int = MAX_STEPS

    def spend(self, count: int, steps: int = 1) -> None:
        """Take from the budget, or raise TooMuch."""
        self.bytes -= count
        self.steps -= steps
        if count > MAX_BYTES or self.bytes < 0:
            raise TooMuch(f"carries more than {MAX_BYTES // 1_000_000} MB of text")
        if self.steps < 0:
            raise TooMuch(f"has more than {MAX_STEPS:,} parts")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a seekable stream; offsets count from its start."""

    stream: BinaryIO
    start: int
    size: int
    budget: Budget

    @classmethod
    def over(cls, stream: BinaryIO) -> Span:
        """Give the whole stream, with a budget of its own."""
        return cls(stream, 0, stream.seek(0, 2), Budget())

    def holding(self, data: bytes) -> Span:
        """Give bytes that were put together in memory, on the same budget."""
        return Span(BytesIO(data), 0, len(data), self.budget)

    def peek(self, offset: int, count: int) -> bytes:
        """Read up to ``count`` bytes; fewer where the span ends."""
        count = max(0, min(count, self.size - offset))
        self.budget.spend(count)
        if count == 0:  # a place that no file has cannot even be sought
            return b""
        self.stream.seek(self.start + offset)
        return self.stream.read(count)

    def read(self, offset: int, count: int) -> bytes:
        """Read exactly ``count`` bytes or raise Ended."""
        data = self.peek(offset, count)
        if len(data) < count:
            raise Ended
        return data

    def big(self, offset: int, count: int) -> int:
        """Read a big-endian number."""
        return int.from_bytes(self.read(offset, count), "big")

    def little(self, offset: int, count: int) -> int:
        """Read a little-endian number."""
        return int.from_bytes(self.read(offset, count), "little")

    def part(self, offset: int, count: int | None = None) -> Span:
        """Give the stretch from ``offset`` on, cut where this one ends; reads nothing."""
        left = max(0, self.size - offset)
        return Span(
            self.stream, self.start + offset, left if count is None else min(count, left), self.budget
        )

    def all(self) -> bytes:
        """Read it to its end."""
        return self.peek(0, self.size)

    def inflate(self, data: bytes) -> bytes:
        """Undo zlib's compression up to the cap; raise Ended when it is damaged."""
        try:
            text = zlib.decompressobj().decompress(data, MAX_BYTES + 1)
        except zlib.error as error:
            raise Ended from error
        self.budget.spend(len(text))
        return text


def salvaged(tags: Iterator[Tag]) -> Iterator[Tag]:
    """Give what can be read of one part, so that its damage does not hide the parts behind it."""
    try:
        yield from tags
    except Ended:
        return


def decoded(raw: bytes) -> str:
    """Decode a text whose charset nobody states reliably: UTF-8 where it is valid, else Latin-1."""
    raw = raw.strip(b"\0")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
