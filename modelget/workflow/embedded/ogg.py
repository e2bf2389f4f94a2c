"""Ogg (Opus, Vorbis, Theora, FLAC): the second packet of every stream is its Vorbis comment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from . import vorbis_comment
from .span import Span, Tag, salvaged

_STARTS = (b"OpusTags", b"\x03vorbis", b"\x81theora")
_FLAC_BLOCK_HEADER = 4


@dataclass(slots=True)
class _Stream:
    packets: int = 0
    """Packets that are complete."""
    pieces: list[bytes] = field(default_factory=list)


def kind(head: bytes) -> str | None:
    """Recognise the first page."""
    return "Ogg file" if head.startswith(b"OggS") else None


def tags(data: Span) -> Iterator[Tag]:
    """Give the comments of every stream."""
    streams: dict[bytes, _Stream] = {}
    at = 0
    while len(header := data.peek(at, 27)) == 27 and header.startswith(b"OggS"):
        laces = data.read(at + 27, header[26])
        at += 27 + len(laces)
        stream = streams.setdefault(header[14:18], _Stream())
        if stream.packets < 2:
            for packet in _second_packets(stream, laces, data.part(at, sum(laces))):
                yield from salvaged(vorbis_comment.tags(data.holding(_without_start(packet))))
        at += sum(laces)
        if all(stream.packets >= 2 for stream in streams.values()):
            return


def _second_packets(stream: _Stream, laces: bytes, page: Span) -> Iterator[bytes]:
    at = 0
    for lace in laces:
        if stream.packets == 1:
            stream.pieces.append(page.read(at, lace))
        at += lace
        if lace < 255:
            stream.packets += 1
            if stream.packets == 2:
                yield b"".join(stream.pieces)


def _without_start(packet: bytes) -> bytes:
    start = next((start for start in _STARTS if packet.startswith(start)), None)
    return packet[len(start) if start else _FLAC_BLOCK_HEADER :]
