"""What can be done with an archive, whatever its kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from .member import Member
from .tar import Tar
from .zip import Zip


class Reader(Protocol):
    """One archive on disk. Everything in it is hostile: what is odd is UnsafeFile, and the disk's own error OSError."""

    def members(self) -> Iterator[Member]:
        """Yield the entries in their order, and refuse an archive that is not whole."""
        ...

    def read(self, member: Member) -> Iterator[bytes]:
        """Yield the bytes of a member: as many as it declared, or UnsafeFile."""
        ...


def open_archive(path: Path, kind: str, name: str) -> Reader:
    """Return the reader for a kind of ``types.archive_kind``; ``name`` is for messages."""
    return Zip(path, name) if kind == "zip" else Tar(path, name, is_packed=kind == "tar.gz")
