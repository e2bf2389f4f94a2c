"""AVIF and HEIF: the EXIF and XMP items that the ``meta`` box lists (``iinf``) and places (``iloc``)."""

from __future__ import annotations

from collections.abc import Iterator

from . import exif, xml_text
from .boxes import boxes, in_meta
from .span import Ended, Span, Tag, salvaged

_AN_IMAGE_HAS = 1000  # entries at most; a grid of tiles has about a hundred


def tags(data: Span) -> Iterator[Tag]:
    """Give the texts of the EXIF and XMP items."""
    for kind, body in boxes(data):
        if kind == b"meta":
            parts = dict(boxes(in_meta(body)))
            if b"iinf" in parts and b"iloc" in parts:
                yield from _items(data, parts[b"iinf"], parts[b"iloc"], parts.get(b"idat"))


def _items(data: Span, listed: Span, placed: Span, inside: Span | None) -> Iterator[Tag]:
    places = dict(_places(placed))
    for number, kind in _listed(listed):
        pieces = [
            (inside if in_idat and inside else data).part(at, size).all()
            for at, size, in_idat in places.get(number, ())
        ]
        item = data.holding(b"".join(pieces))
        yield from salvaged(_exif(item) if kind == b"Exif" else xml_text.tags(item))


def _exif(item: Span) -> Iterator[Tag]:
    yield from exif.tags(item.part(4 + item.big(0, 4)))  # a number says where the TIFF header stands


def _listed(data: Span) -> Iterator[tuple[int, bytes]]:
    """Give number and type of the items that can hold texts."""
    for kind, body in boxes(data.part(6 if data.big(0, 1) == 0 else 8)):
        version = body.big(0, 1)
        if kind == b"infe" and version >= 2:
            wide = 2 if version == 2 else 4
            item_type = body.read(6 + wide, 4)
            if item_type in (b"Exif", b"mime"):
                yield body.big(4, wide), item_type


def _places(data: Span) -> Iterator[tuple[int, list[tuple[int, int, bool]]]]:
    """Give, for each item, its stretches: offset, size, and whether they count in ``idat`` instead of the file."""
    version = data.big(0, 1)
    offset_size, length_size = divmod(data.big(4, 1), 16)
    base_size, index_size = divmod(data.big(5, 1), 16)
    wide = 2 if version < 2 else 4
    count = data.big(6, wide)
    at = 6 + wide
    for _ in range(min(count, _AN_IMAGE_HAS)):
        number = data.big(at, wide)
        at += wide
        in_idat = False
        if version in (1, 2):
            in_idat = data.big(at, 2) & 15 == 1
            at += 2
        base = data.big(at + 2, base_size)
        extents = data.big(at + 2 + base_size, 2)
        at += 4 + base_size
        skip = index_size if version in (1, 2) else 0
        stretches: list[tuple[int, int, bool]] = []
        for _ in range(extents):
            start = data.big(at + skip, offset_size)
            length = data.big(at + skip + offset_size, length_size)
            stretches.append((base + start, length, in_idat))
            at += skip + offset_size + length_size
            if len(stretches) > _AN_IMAGE_HAS:
                raise Ended
        yield number, stretches
