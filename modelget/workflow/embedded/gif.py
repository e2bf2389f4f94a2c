"""GIF: comment extensions. ComfyUI's own savers leave a GIF bare; other tools put JSON there."""

from __future__ import annotations

from collections.abc import Iterator

from .span import Span, Tag, decoded

_EXTENSION, _COMMENT, _IMAGE = 0x21, 0xFE, 0x2C


def kind(head: bytes) -> str | None:
    """Recognise the first bytes of a GIF."""
    return "GIF image" if head.startswith((b"GIF87a", b"GIF89a")) else None


def tags(data: Span) -> Iterator[Tag]:
    """Give every comment."""
    at = 13 + _colours(data.big(10, 1))
    while len(head := data.peek(at, 2)) == 2:
        if head[0] == _EXTENSION:
            pieces, at = _blocks(data, at + 2, keep=head[1] == _COMMENT)
            if pieces:
                yield Tag("comment", decoded(b"".join(pieces)))
        elif head[0] == _IMAGE:
            at += 11 + _colours(data.big(at + 9, 1))
            _, at = _blocks(data, at, keep=False)
        else:
            return


def _colours(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks(data: Span, at: int, keep: bool) -> tuple[list[bytes], int]:
    pieces: list[bytes] = []
    while size := data.big(at, 1):
        if keep:
            pieces.append(data.read(at + 1, size))
        at += 1 + size
    return pieces, at + 1
