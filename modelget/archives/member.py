"""One entry of an archive, and how much of an archive is read before it is taken for an attack."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import UnsafeFile
from ..types import has_model_suffix

MOST_MEMBERS = 10_000
LARGEST = 256 * 2**30
"""Bytes of one member, and of all that is unpacked to reach it."""

RATIO, ALWAYS_ALLOWED = 100, 256 * 2**20
"""Weights hardly shrink: what grows to a hundred times its size is made to fill a disk. Small ones do no harm."""

LARGEST_HEADER = 2**20
"""Bytes that describe one member of a tar file."""

LARGEST_DIRECTORY = 32 * 2**20
"""Bytes of a zip file's table of contents."""


@dataclass(frozen=True, slots=True)
class Member:
    """One entry; ``at`` tells its reader where it is."""

    name: str
    """Its path in the archive, as written there but for a ``./`` in front."""
    size: int
    """Bytes, unpacked."""
    at: int
    is_file: bool
    """Whether it is a file with contents of its own: no folder, link or device."""

    @property
    def base(self) -> str:
        """The last part of its path."""
        return self.name.rpartition("/")[2]

    @property
    def is_model(self) -> bool:
        """Tell whether it is a model file under a name that is only a name."""
        parts = self.name.split("/")
        plain = self.name.isprintable() and "\\" not in self.name and ":" not in self.name
        inside = all(part not in ("", ".", "..") for part in parts) and not self.base.startswith(".")
        return self.is_file and plain and inside and has_model_suffix(self.base)


def refuse_bomb(archive: str, unpacked: int, packed: int) -> None:
    """Raise UnsafeFile when so many packed bytes cannot rightly hold so many unpacked ones."""
    if unpacked > LARGEST or unpacked > max(ALWAYS_ALLOWED, RATIO * packed):
        raise UnsafeFile(archive, f"it unpacks to more than {RATIO} times its size, as weights never do")


def refuse_crowd(archive: str, count: int) -> None:
    """Raise UnsafeFile when an archive has more members than any that somebody packed models into."""
    if count > MOST_MEMBERS:
        raise UnsafeFile(archive, f"it has more than {MOST_MEMBERS} members")
