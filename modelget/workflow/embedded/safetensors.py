"""Safetensors, ``.latent`` among them: the header's ``__metadata__``, where ComfyUI's savers write prompt and workflow."""

from __future__ import annotations

from collections.abc import Iterator

from ..document import decode_text
from ..untyped import as_dict
from .span import Span, Tag, decoded

_LARGEST_HEADER = 100_000_000  # the format's own limit


def kind(head: bytes) -> str | None:
    """Recognise the length of a header and its first byte."""
    return (
        "safetensors file"
        if 2 <= int.from_bytes(head[:8], "little") <= _LARGEST_HEADER and head[8:9] == b"{"
        else None
    )


def tags(data: Span) -> Iterator[Tag]:
    """Give the texts of the metadata."""
    root = decode_text(decoded(data.part(8, data.little(0, 8)).all()))
    for key, value in as_dict(as_dict(root).get("__metadata__")).items():
        if isinstance(value, str):
            yield Tag(key, value)
