"""MP4, MOV, M4A: what the movie's ``udta`` and ``meta`` boxes say.

ComfyUI's SaveVideo and VideoHelperSuite (since 2026) use FFmpeg's ``use_metadata_tags``: names in ``keys``, values in
``ilst``. Older VideoHelperSuite files and many other savers hold ``{"prompt": …, "workflow": …}`` in the comment: ``©cmt``
in an ``ilst``, or a QuickTime string in MOV.
"""

from __future__ import annotations

from collections.abc import Iterator

from . import xml_text
from .boxes import boxes, in_meta
from .span import Span, Tag, decoded, salvaged

_TEXTS = (0, 1)  # of no type, or UTF-8; the others are pictures and numbers
_XMP_ID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


def tags(data: Span) -> Iterator[Tag]:
    """Give the texts of the movie, wherever in the file it stands."""
    for kind, body in boxes(data):
        if kind == b"moov":
            for inner, content in boxes(body):
                yield from salvaged(_described(inner, content))
        else:
            yield from salvaged(_described(kind, body))


def _described(kind: bytes, body: Span) -> Iterator[Tag]:
    if kind == b"udta":
        for inner, content in boxes(body):
            if inner == b"meta":
                yield from _meta(content)
            elif inner == b"XMP_":
                yield from xml_text.tags(content)
            elif inner.startswith(b"\xa9"):
                yield Tag(decoded(inner), decoded(content.part(4, content.big(0, 2)).all()))
    elif kind == b"meta":
        yield from _meta(body)
    elif kind == b"uuid" and body.peek(0, 16) == _XMP_ID:
        yield from xml_text.tags(body.part(16))


def _meta(body: Span) -> Iterator[Tag]:
    keys: list[str] = []
    for kind, content in boxes(in_meta(body)):
        if kind == b"keys":
            keys = [decoded(name.all()) for _, name in boxes(content.part(8))]
        elif kind == b"ilst":
            for item, values in boxes(content):
                number = int.from_bytes(item, "big")
                key = keys[number - 1] if 0 < number <= len(keys) else decoded(item)
                yield from _values(key, values)


def _values(key: str, item: Span) -> Iterator[Tag]:
    for kind, content in boxes(item):
        if kind == b"name":  # of a freeform item, whose own name is ----
            key = decoded(content.part(4).all())
        elif kind == b"data" and content.big(0, 4) in _TEXTS:
            yield Tag(key, decoded(content.part(8).all()))
