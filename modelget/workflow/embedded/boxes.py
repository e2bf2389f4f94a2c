"""The boxes that MP4, MOV, AVIF and HEIF files are made of (ISO/IEC 14496-12)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .span import Span


class Box(NamedTuple):
    """A box's type and what is in it."""

    kind: bytes
    body: Span


def boxes(data: Span) -> Iterator[Box]:
    """Give the boxes that follow each other in a span; the last may be cut off."""
    at = 0
    while len(header := data.peek(at, 8)) == 8:
        size, kind, head = int.from_bytes(header[:4], "big"), header[4:], 8
        if size == 1:
            size, head = data.big(at + 8, 8), 16
        elif size == 0:
            size = data.size - at
        if size < head:
            return
        yield Box(kind, data.part(at + head, size - head))
        at += size


def in_meta(body: Span) -> Span:
    """Give what is in a ``meta`` box: behind four bytes of version and flags, which QuickTime leaves out."""
    return body if body.peek(4, 4) == b"hdlr" else body.part(4)
