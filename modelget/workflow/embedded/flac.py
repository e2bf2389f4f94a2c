"""FLAC: the Vorbis comment among the metadata blocks."""

from __future__ import annotations

from collections.abc import Iterator

from . import vorbis_comment
from .span import Span, Tag, salvaged

_VORBIS_COMMENT = 4


def kind(head: bytes) -> str | None:
    """Recognise the first bytes of a FLAC file."""
    return "FLAC file" if head.startswith(b"fLaC") else None


def tags(data: Span) -> Iterator[Tag]:
    """Give the comments."""
    at, last = 4, False
    while not last and len(header := data.peek(at, 4)) == 4:
        last, kind, size = bool(header[0] & 0x80), header[0] & 0x7F, int.from_bytes(header[1:], "big")
        if kind == _VORBIS_COMMENT:
            yield from salvaged(vorbis_comment.tags(data.part(at + 4, size)))
        at += 4 + size
