"""RIFF: WebP (EXIF and XMP chunks), AVI and WAV (``INFO`` lists)."""

from __future__ import annotations

from collections.abc import Iterator

from . import exif, id3, xml_text
from .span import Span, Tag, decoded, salvaged

_FORMS = {b"WEBP": "WebP image", b"AVI ": "AVI video", b"WAVE": "WAV file"}


def kind(head: bytes) -> str | None:
    """Recognise the first bytes of a RIFF file of a known form."""
    return _FORMS.get(head[8:12]) if head.startswith(b"RIFF") else None


def tags(data: Span) -> Iterator[Tag]:
    """Give the texts of the top-level chunks and of those in ``INFO`` lists."""
    at = 12
    while len(header := data.peek(at, 8)) == 8:
        kind, size = header[:4], int.from_bytes(header[4:], "little")
        body = data.part(at + 8, size)
        if kind == b"LIST" and body.peek(0, 4) == b"INFO":
            at += 12  # what is in the list stands there like any other chunk
            continue
        if kind == b"EXIF":
            yield from salvaged(exif.tags(body))
        elif kind == b"XMP ":
            yield from xml_text.tags(body)
        elif kind in (b"id3 ", b"ID3 "):
            yield from salvaged(id3.tags(body))
        elif kind.startswith(b"I"):
            yield Tag(decoded(kind), decoded(body.all()))
        at += 8 + size + size % 2
