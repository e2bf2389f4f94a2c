"""Files that start with ``ftyp``: movies (MP4, MOV, M4A) and pictures (AVIF, HEIF), which may be both."""

from __future__ import annotations

from collections.abc import Iterator

from . import heif, mp4
from .span import Span, Tag, salvaged

_FIRST_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")  # QuickTime needs no ftyp
_BRANDS = {
    b"avif": "AVIF image",
    b"avis": "AVIF image",
    b"heic": "HEIC image",
    b"mif1": "HEIF image",
    b"qt  ": "QuickTime video",
}


def kind(head: bytes) -> str | None:
    """Recognise the first box."""
    if head[4:8] not in _FIRST_BOXES or head[:1] in (b"{", b"["):
        return None
    brands = head[8 : int.from_bytes(head[:4], "big")]
    return next((label for brand, label in _BRANDS.items() if brand in brands), "MP4 file")


def tags(data: Span) -> Iterator[Tag]:
    """Give the texts of the movie and of the pictures' items."""
    yield from salvaged(mp4.tags(data))
    yield from heif.tags(data)
