"""JPEG: EXIF, XMP (also where it is spread over several segments) and comments, all before the pixels."""

from __future__ import annotations

from collections.abc import Iterator

from . import exif, xml_text
from .span import Span, Tag, decoded, salvaged

_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
_GUID = 32
_APP1, _COMMENT, _START_OF_SCAN, _END = 0xE1, 0xFE, 0xDA, 0xD9
_ALONE = {0x01, *range(0xD0, 0xD9)}  # markers without a length


def kind(head: bytes) -> str | None:
    """Recognise the first bytes of a JPEG."""
    return "JPEG image" if head.startswith(b"\xff\xd8\xff") else None


def tags(data: Span) -> Iterator[Tag]:
    """Give the texts of the segments before the first scan."""
    extension: dict[int, bytes] = {}
    for marker, body in _segments(data):
        if marker == _COMMENT:
            yield Tag("comment", decoded(body.all()))
        elif marker == _APP1 and body.peek(0, len(_XMP)) == _XMP:
            yield from xml_text.tags(body.part(len(_XMP)))
        elif marker == _APP1 and body.peek(0, len(_XMP_EXTENSION)) == _XMP_EXTENSION:
            at = len(_XMP_EXTENSION) + _GUID + 4
            extension[int.from_bytes(body.peek(at, 4), "big")] = body.part(at + 4).all()
        elif marker == _APP1:
            yield from salvaged(exif.tags(body))
    if extension:
        yield from xml_text.tags(data.holding(b"".join(extension[offset] for offset in sorted(extension))))


def _segments(data: Span) -> Iterator[tuple[int, Span]]:
    at = 2
    while (head := data.peek(at, 4))[:1] == b"\xff" and len(head) == 4:
        marker = head[1]
        if marker in (_START_OF_SCAN, _END):
            return
        if marker == 0xFF:  # padding
            at += 1
        elif marker in _ALONE:
            at += 2
        else:
            length = int.from_bytes(head[2:], "big")
            yield marker, data.part(at + 4, max(0, length - 2))
            at += 2 + max(2, length)
