"""MP3: the text frames of an ID3v2 tag (2.2, 2.3, 2.4). ComfyUI's SaveAudioMP3 writes ``TXXX`` prompt and workflow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .span import Ended, Span, Tag, decoded

_ENCODINGS = {1: "utf-16", 2: "utf-16-be"}
_MPEG_FRAMES = (b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2")  # MP3 without a tag


def kind(head: bytes) -> str | None:
    """Recognise a tag or, without one, the first frame of MP3."""
    return "MP3 file" if head.startswith((b"ID3", *_MPEG_FRAMES)) else None


def tags(data: Span) -> Iterator[Tag]:
    """Give the texts of the tag at the start."""
    header = data.peek(0, 10)
    if len(header) < 10 or not header.startswith(b"ID3"):
        return
    version, flags = header[3], header[5]
    body = data.part(10, _syncsafe(header[6:]))
    if flags & 0x80 and version < 4:
        body = body.holding(_synchronised(body.all()))
    at = 0
    if flags & 0x40 and version > 2:
        at = 4 + body.big(0, 4) if version == 3 else _syncsafe(body.read(0, 4))
    yield from _frames(body, at, version)


def _frames(body: Span, at: int, version: int) -> Iterator[Tag]:
    short = version == 2
    while len(header := body.peek(at, 6 if short else 10)) == (6 if short else 10) and header[0]:
        kind = header[:3] if short else header[:4]
        size = _frame_size(header, version)
        at += len(header)
        if kind.startswith(b"T") or kind in (b"COMM", b"COM"):
            try:
                content = _content(body.part(at, size), 0 if short else header[9], version)
            except Ended:  # this frame is damaged; the next may not be
                content = b""
            if content:
                yield _text(kind, content)
        at += size


def _frame_size(header: bytes, version: int) -> int:
    if version == 2:
        return int.from_bytes(header[3:6], "big")
    raw = header[4:8]
    # Some writers forget that 2.4 has seven bits a byte.
    return _syncsafe(raw) if version >= 4 and max(raw) < 0x80 else int.from_bytes(raw, "big")


@dataclass(frozen=True, slots=True)
class _Flags:
    deflated: bool
    encrypted: bool
    unsynchronised: bool
    measured: bool


def _content(frame: Span, bits: int, version: int) -> bytes:
    if version >= 4:
        flags = _Flags(bool(bits & 8), bool(bits & 4), bool(bits & 2), bool(bits & 1))
    else:
        flags = _Flags(bool(bits & 0x80), bool(bits & 0x40), False, bool(bits & 0x80))
    if flags.encrypted:
        raise Ended
    raw = frame.all()[4 if flags.measured else 0 :]
    if flags.unsynchronised:
        raw = _synchronised(raw)
    return frame.inflate(raw) if flags.deflated else raw


def _text(kind: bytes, content: bytes) -> Tag:
    encoding, text = content[0], content[1:]
    if kind.startswith(b"COM"):
        text = text[3:]  # the language
    elif kind not in (b"TXXX", b"TXX"):
        return Tag(decoded(kind), _decoded(text, encoding))
    key, value = _halves(text, encoding)
    return Tag(_decoded(key, encoding), _decoded(value, encoding))


def _halves(text: bytes, encoding: int) -> tuple[bytes, bytes]:
    if encoding not in _ENCODINGS:
        key, _, value = text.partition(b"\0")
        return key, value
    for at in range(0, min(len(text), 1000), 2):
        if text[at : at + 2] == b"\0\0":
            return text[:at], text[at + 2 :]
    return b"", text


def _decoded(text: bytes, encoding: int) -> str:
    if encoding in _ENCODINGS:
        return text.decode(_ENCODINGS[encoding], "replace").strip("\0")
    return decoded(text)


def _syncsafe(raw: bytes) -> int:
    value = 0
    for byte in raw:
        value = value << 7 | byte & 0x7F
    return value


def _synchronised(raw: bytes) -> bytes:
    return raw.replace(b"\xff\0", b"\xff")
