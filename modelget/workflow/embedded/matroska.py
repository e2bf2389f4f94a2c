"""WebM and Matroska (EBML): the ``SimpleTag`` elements, before or behind the clusters.

ComfyUI's SaveWEBM and SaveVideo write PROMPT and WORKFLOW, older VideoHelperSuite COMMENT with both in one JSON.
"""

from __future__ import annotations

from collections.abc import Iterator

from .span import Ended, Span, Tag, decoded

_EBML = 0x1A45DFA3
_CLUSTER = 0x1F43B675
_SEGMENT, _TAGS, _TAG, _SIMPLE_TAG = 0x18538067, 0x1254C367, 0x7373, 0x67C8
_NAME, _STRING = 0x45A3, 0x4487
_ENTERED = {_SEGMENT, _TAGS, _TAG, _SIMPLE_TAG}
"""What is in these is read as if it stood beside them: no nesting to follow, however deep the file goes."""


def kind(head: bytes) -> str | None:
    """Recognise the EBML header."""
    if not head.startswith(_EBML.to_bytes(4, "big")):
        return None
    return "WebM video" if b"webm" in head[:64] else "Matroska video"


def tags(data: Span) -> Iterator[Tag]:
    """Give every tag's text under its name."""
    name = ""
    at = 0
    while head := data.peek(at, 12):
        element, used = _id(head)
        size, more = _size(head[used:])
        at += used + more
        if element == _NAME:
            name = decoded(data.part(at, size).all())
        elif element == _STRING:
            yield Tag(name, decoded(data.part(at, size).all()))
        if size is None and element not in _ENTERED and element != _CLUSTER:
            return
        at += 0 if element in _ENTERED or size is None else size


def _id(head: bytes) -> tuple[int, int]:
    """Give an element's id, its length marker included as the standard writes them, and its length."""
    used = 9 - head[0].bit_length()
    if used > 4:
        raise Ended
    return int.from_bytes(head[:used], "big"), used


def _size(head: bytes) -> tuple[int | None, int]:
    """Give an element's size and the length of that number; None for a live stream's "until something else comes"."""
    used = 9 - head[0].bit_length() if head else 9
    if used > 8 or len(head) < used:
        raise Ended
    value = int.from_bytes(head[:used], "big") - (1 << 7 * used)
    return (None if value == (1 << 7 * used) - 1 else value), used
