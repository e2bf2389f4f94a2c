"""PNG and animated PNG: text chunks anywhere in the file, EXIF and XMP.

ComfyUI 0.33 writes ``tEXt`` (SaveImage) and, in animated PNG, ``comf`` chunks after the pixels; A1111 and its kin write
``parameters`` as ``tEXt`` or ``iTXt``; ImageMagick turns EXIF into hexadecimal "raw profiles".
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator

from . import exif, xml_text
from .span import Span, Tag, decoded, salvaged

_MAGIC = b"\x89PNG\r\n\x1a\n"


def kind(head: bytes) -> str | None:
    """Recognise the first bytes of a PNG."""
    return "PNG image" if head.startswith(_MAGIC) else None


def tags(data: Span) -> Iterator[Tag]:
    """Give the texts of every chunk that has some."""
    at = len(_MAGIC)
    while header := data.peek(at, 8):
        length, kind = int.from_bytes(header[:4], "big"), header[4:]
        body = data.part(at + 8, length)
        if kind in (b"tEXt", b"comf", b"zTXt", b"iTXt"):
            yield from salvaged(_text(kind, body))
        elif kind == b"eXIf":
            yield from salvaged(exif.tags(body))
        elif kind == b"IEND":
            return
        at += 12 + length


def _text(kind: bytes, body: Span) -> Iterator[Tag]:
    key, _, rest = body.all().partition(b"\0")
    text = _unpacked(kind, rest, body)
    name = decoded(key)
    if name == "XML:com.adobe.xmp":
        yield from xml_text.tags(body.holding(text))
    elif name.lower() in ("raw profile type exif", "raw profile type app1"):
        yield from exif.tags(body.holding(_profile(text)))
    else:
        yield Tag(name, decoded(text))


def _unpacked(kind: bytes, rest: bytes, body: Span) -> bytes:
    if kind == b"zTXt":
        return body.inflate(rest[1:])
    if kind == b"iTXt":
        packed, rest = rest[:1] == b"\1", rest[2:]
        text = rest.split(b"\0", 2)[-1]  # behind the language and the translated keyword
        return body.inflate(text) if packed else text
    return rest


def _profile(text: bytes) -> bytes:
    """Read a line with the name, one with the length, then hexadecimal digits."""
    digits = b"".join(text.split()[2:])
    try:
        return binascii.unhexlify(digits)
    except binascii.Error:
        return b""
