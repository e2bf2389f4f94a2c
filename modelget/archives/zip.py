"""Zip files, 64-bit ones included; read by ``zipfile`` through a door that lets no huge table of contents in."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import UnsafeFile
from .member import LARGEST_DIRECTORY, Member, refuse_bomb, refuse_crowd

_PIECE = 2**20
_ENCRYPTED = 0x1
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
"""What ``zipfile`` raises for contents that it does not like."""


class Zip:
    """A zip file."""

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, name

    def members(self) -> Iterator[Member]:
        """Yield the entries of the table of contents."""
        with self._open() as archive:
            entries = archive.infolist()
            refuse_crowd(self._name, len(entries))
            for at, entry in enumerate(entries):
                # As written: "filename" ends at a NUL, and on Windows has its backslashes turned.
                name = entry.orig_filename.removeprefix("./")
                yield Member(name, entry.file_size, at, _is_file(entry))

    def read(self, member: Member) -> Iterator[bytes]:
        """Yield the bytes of a member; its checksum is compared at their end."""
        with self._open() as archive:
            entry = archive.infolist()[member.at]
            if entry.flag_bits & _ENCRYPTED:
                raise UnsafeFile(
                    self._name, f"{member.base} is encrypted", "Unpack it by hand with its password."
                )
            if entry.compress_type not in _METHODS:
                raise UnsafeFile(self._name, f"{member.base} is packed by a method that is not supported")
            refuse_bomb(self._name, entry.file_size, entry.compress_size)
            left = member.size
            with archive.open(entry) as file:
                while piece := file.read(_PIECE):
                    left -= len(piece)
                    yield piece
            if left:
                raise UnsafeFile(self._name, f"{member.base} is shorter than declared")

    @contextmanager
    def _open(self) -> Iterator[zipfile.ZipFile]:
        with self._path.open("rb", buffering=0) as raw, _Door(raw) as door:
            try:
                with zipfile.ZipFile(door) as archive:
                    yield archive
            except _UNREADABLE as error:
                raise UnsafeFile(self._name, f"it is not a whole zip file ({error})") from None


class _Door(io.BufferedReader):
    """A file of which nobody reads much at once."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Return at most so many bytes."""
        most = LARGEST_DIRECTORY + 1
        data = super().read(most if size is None or size < 0 else min(size, most))
        if len(data) == most:
            raise zipfile.BadZipFile("its table of contents is too long")
        return data

    def seek(self, target: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place in the file."""
        if whence == io.SEEK_SET and target < 0:
            raise zipfile.BadZipFile("it points before its beginning")
        return super().seek(target, whence)


def _is_file(entry: zipfile.ZipInfo) -> bool:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    return not entry.is_dir() and kind in (0, stat.S_IFREG)
