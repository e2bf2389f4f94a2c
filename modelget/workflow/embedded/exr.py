"""OpenEXR: the header's ``string`` attributes, where ComfyUI's SaveImageAdvanced writes prompt and workflow."""

from __future__ import annotations

from collections.abc import Iterator

from .span import Ended, Span, Tag, decoded

_LONGEST_NAME = 256


def kind(head: bytes) -> str | None:
    """Recognise the magic number."""
    return "OpenEXR image" if head.startswith(b"\x76\x2f\x31\x01") else None


def tags(data: Span) -> Iterator[Tag]:
    """Give the text attributes of the first header."""
    at = 8
    while name := _name(data, at):
        at += len(name) + 1
        kind = _name(data, at)
        at += len(kind) + 1
        size = data.little(at, 4)
        if kind == b"string":
            yield Tag(decoded(name), decoded(data.part(at + 4, size).all()))
        at += 4 + size


def _name(data: Span, at: int) -> bytes:
    name, end, _ = data.peek(at, _LONGEST_NAME).partition(b"\0")
    if not end:
        raise Ended
    return name
