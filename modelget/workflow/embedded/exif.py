"""EXIF, in images and as a file of its own (TIFF): every text of the first directory and of the EXIF directory.

ComfyUI's WebP savers write ``prompt:{…}`` into Model (0x0110) and ``workflow:{…}`` into Make (0x010F), further entries
into the tags below it; others use ImageDescription (0x010E) or UserComment (0x9286), which has its charset before the text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from .span import Span, Tag, decoded

_Order = Literal["big", "little"]

_PREFIX = b"Exif\0\0"
_ORDERS: dict[bytes, _Order] = {b"II*\0": "little", b"MM\0*": "big"}
_EXIF_DIRECTORY = 0x8769
_USER_COMMENT = 0x9286
_XP_TAGS = range(0x9C9B, 0x9CA0)  # Windows' title, comment, author, keywords, subject: UTF-16
_BYTE, _ASCII, _LONG, _UNDEFINED, _IFD, _UTF8 = 1, 2, 4, 7, 13, 129
_NAMES = {
    0x010E: "ImageDescription",
    0x010F: "Make",
    0x0110: "Model",
    _USER_COMMENT: "UserComment",
    0x9C9C: "XPComment",
}


def kind(head: bytes) -> str | None:
    """Recognise the first bytes of a TIFF file."""
    return "TIFF image" if head[:4] in _ORDERS else None


def tags(data: Span) -> Iterator[Tag]:
    """Give the texts of one EXIF block, whether or not it starts with ``Exif``."""
    if data.peek(0, len(_PREFIX)) == _PREFIX:
        data = data.part(len(_PREFIX))
    order = _ORDERS.get(data.peek(0, 4))
    if order is None:
        return
    directories = [_number(data.read(4, 4), order)]
    for depth, directory in enumerate(directories):
        for tag, kind, value in _entries(data, directory, order):
            if tag == _EXIF_DIRECTORY and depth == 0:
                directories.append(_number(value.peek(0, 4), order))
            elif kind in (_ASCII, _UTF8):
                yield Tag(_name(tag), decoded(value.all()))
            elif tag == _USER_COMMENT:
                yield Tag(_name(tag), _user_comment(value.all()))
            elif tag in _XP_TAGS and kind == _BYTE:
                yield Tag(_name(tag), value.all().decode("utf-16-le", "replace").strip("\0"))
            elif kind in (_BYTE, _UNDEFINED) and tag in _NAMES:
                yield Tag(_name(tag), decoded(value.all()))


def _entries(data: Span, directory: int, order: _Order) -> Iterator[tuple[int, int, Span]]:
    for index in range(_number(data.read(directory, 2), order)):
        at = directory + 2 + 12 * index
        entry = data.read(at, 12)
        tag, kind = _number(entry[:2], order), _number(entry[2:4], order)
        width = 4 if kind in (_LONG, _IFD) else 1  # of what is read here: texts and one offset
        size = width * _number(entry[4:8], order)
        place = at + 8 if size <= 4 else _number(entry[8:], order)
        yield tag, kind, data.part(place, size)


def _number(raw: bytes, order: _Order) -> int:
    return int.from_bytes(raw, order)


def _name(tag: int) -> str:
    return _NAMES.get(tag, f"0x{tag:04X}")


def _user_comment(raw: bytes) -> str:
    charset, text = raw[:8], raw[8:]
    if charset.startswith(b"UNICODE"):
        return _utf16(text)
    known = charset.startswith((b"ASCII", b"JIS")) or not charset.strip(b"\0")
    return decoded(text if known else raw)


def _utf16(text: bytes) -> str:
    """Decode UTF-16 in either order: writers follow the block's order, their machine's, or none."""
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return text.decode("utf-16", "replace").strip("\0")
    big = text[::2].count(0) >= text[1::2].count(0)
    return text.decode("utf-16-be" if big else "utf-16-le", "replace").strip("\0")
