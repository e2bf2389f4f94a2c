"""Vorbis comments, the ``KEY=text`` list of FLAC, Opus, Vorbis and Theora."""

from __future__ import annotations

from collections.abc import Iterator

from .span import Span, Tag, decoded

_LONGEST_KEY = 64
_PICTURES = {"metadata_block_picture", "coverart"}


def tags(data: Span) -> Iterator[Tag]:
    """Give the comments of one list, pictures left out."""
    at = 4 + data.little(0, 4)
    count = data.little(at, 4)
    at += 4
    for _ in range(count):
        size = data.little(at, 4)
        body = data.part(at + 4, size)
        key = decoded(body.peek(0, _LONGEST_KEY).partition(b"=")[0])
        if key.lower() not in _PICTURES:
            yield Tag(key, decoded(body.all().partition(b"=")[2]))
        at += 4 + size
