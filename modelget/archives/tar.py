"""Tar files, plain or gzipped, read as a stream.

Not by ``tarfile``: it reads headers of any length into memory, and its older releases hang on crafted ones.
The format is that of POSIX (pax) with GNU's long names: https://www.gnu.org/software/tar/manual/html_node/Standard.html
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from ..errors import UnsafeFile
from .member import LARGEST_HEADER, Member, refuse_bomb, refuse_crowd

_BLOCK, _PIECE = 512, 2**20
_OCTAL = re.compile(rb"[ \0]*([0-7]*)[ \0]*")
_FILES = frozenset({b"0", b"\0", b"7"})
_WITHOUT_DATA = frozenset({b"1", b"2", b"3", b"4", b"5", b"6"})  # links, devices, folders, queues
_LONG_NAME, _LONG_LINK, _PAX, _PAX_FOR_ALL, _SPARSE = b"L", b"K", b"x", b"g", b"S"


@dataclass
class _Notes:
    """What stands in front of a header and is about the next member."""

    name: bytes | None = None
    size: int | None = None
    is_sparse: bool = False


class Tar:
    """A tar file; each question reads it from its beginning."""

    def __init__(self, path: Path, name: str, *, is_packed: bool) -> None:
        self._path, self._name, self._is_packed = path, name, is_packed

    def members(self) -> Iterator[Member]:
        """Yield the entries, then read to the end of a gzipped file, whose checksum stands there."""
        with self._open() as stream:
            count = 0
            while header := stream.header():
                count += 1
                refuse_crowd(self._name, count)
                member = self._member(header, stream)
                yield member
                stream.skip(_padded(0 if header[156:157] in _WITHOUT_DATA else member.size))
            if self._is_packed:
                stream.drain()

    def read(self, member: Member) -> Iterator[bytes]:
        """Yield the bytes of a member."""
        with self._open() as stream:
            stream.skip(member.at)
            left = member.size
            while left:
                piece = stream.take(min(left, _PIECE))
                left -= len(piece)
                yield piece

    @contextmanager
    def _open(self) -> Iterator[_Stream]:
        with self._path.open("rb") as file:
            packed = self._path.stat().st_size
            unpacked = cast(BinaryIO, gzip.GzipFile(fileobj=file, mode="rb")) if self._is_packed else file
            try:
                yield _Stream(unpacked, packed, self._name)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise UnsafeFile(self._name, f"it is not a whole gzip file ({error})") from None

    def _member(self, header: bytes, stream: _Stream) -> Member:
        """Read what stands in front of a member, and its own header."""
        notes, described = _Notes(), 0
        while (kind := header[156:157]) in (_LONG_NAME, _LONG_LINK, _PAX, _PAX_FOR_ALL):
            size = self._number(header[124:136])
            described += _BLOCK + size
            if described > LARGEST_HEADER:
                raise UnsafeFile(self._name, "the description of a member is too long")
            text = stream.take(_padded(size))[:size]
            if kind == _LONG_NAME:
                notes.name = text.rstrip(b"\0")
            elif kind == _PAX:
                self._take_pax(text, notes)
            header = stream.header()
            if not header:
                raise UnsafeFile(self._name, "a member is described and missing")
        if kind == _SPARSE or notes.is_sparse:
            raise UnsafeFile(self._name, "it has a member with holes, which no model has")
        size = self._number(header[124:136]) if notes.size is None else notes.size
        name = _text(notes.name if notes.name is not None else _short_name(header))
        is_file = kind in _FILES and not name.endswith("/")
        return Member(name.removeprefix("./"), 0 if kind in _WITHOUT_DATA else size, stream.at, is_file)

    def _take_pax(self, text: bytes, notes: _Notes) -> None:
        """Read records: their length, which counts itself, a space, ``KEY=VALUE`` and a newline."""
        while text:
            digits, space, _rest = text.partition(b" ")
            length = int(digits) if digits.isdigit() and len(digits) < 9 else 0
            record = text[:length]
            key, equals, value = record[len(digits) + 1 : -1].partition(b"=")
            if not space or not equals or len(record) != length or not record.endswith(b"\n"):
                raise UnsafeFile(self._name, "the description of a member cannot be read")
            if key == b"path":
                notes.name = value
            elif key == b"size":
                notes.size = int(value) if value.isdigit() and len(value) < 19 else -1
                if notes.size < 0:
                    raise UnsafeFile(self._name, "the size of a member cannot be read")
            notes.is_sparse = notes.is_sparse or key.startswith(b"GNU.sparse")
            text = text[length:]

    def _number(self, field: bytes) -> int:
        """Read a number of zero or more: octal digits, or binary when it has its first bit set."""
        if field[0] == 0x80:
            return int.from_bytes(field[1:], "big")
        found = _OCTAL.fullmatch(field)
        if found is None:
            raise UnsafeFile(self._name, "the size of a member cannot be read")
        return int(found[1] or b"0", 8)


class _Stream:
    """The bytes of a tar file in their order, no more than its size on disk can rightly hold."""

    def __init__(self, file: BinaryIO, packed: int, name: str) -> None:
        self._file, self._packed, self._name = file, packed, name
        self.at = 0

    def take(self, count: int) -> bytes:
        """Return exactly so many bytes."""
        refuse_bomb(self._name, self.at + count, self._packed)
        pieces = []
        while count:
            piece = self._file.read(min(count, _PIECE))
            if not piece:
                raise UnsafeFile(self._name, "it ends in the middle")
            pieces.append(piece)
            count -= len(piece)
            self.at += len(piece)
        return b"".join(pieces)

    def skip(self, count: int) -> None:
        """Pass over so many bytes."""
        refuse_bomb(self._name, self.at + count, self._packed)
        while count:
            count -= len(self.take(min(count, _PIECE)))

    def header(self) -> bytes:
        """Return the next header, nothing at the end mark."""
        block = self.take(_BLOCK)
        if not block.strip(b"\0"):
            return b""
        found = _OCTAL.fullmatch(block[148:156])
        right = sum(block[:148]) + sum(block[156:]) + 8 * ord(" ")
        if found is None or int(found[1] or b"0", 8) != right:
            raise UnsafeFile(self._name, "these are not tar contents")
        return block

    def drain(self) -> None:
        """Read to the end."""
        while piece := self._file.read(_PIECE):
            self.at += len(piece)
            refuse_bomb(self._name, self.at, self._packed)


def _short_name(header: bytes) -> bytes:
    name, prefix = header[:100].partition(b"\0")[0], header[345:500].partition(b"\0")[0]
    return (
        prefix + b"/" + name if prefix and header[257:262] == b"ustar" and header[262:263] == b"\0" else name
    )


def _text(name: bytes) -> str:
    """Return a name; bytes that are no UTF-8 become something that is not printable."""
    return name.decode("utf-8", "surrogateescape")


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK
