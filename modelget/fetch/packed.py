"""A file that is packed in an archive: the archive is fetched as any file is, and one member of it is taken."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ..archives import Member, choose, open_archive
from ..errors import NotEnoughSpace
from ..types import Archive, Download, ModelFile
from .part import Part
from .publish import write_out
from .watch import Watch

_ODD = re.compile(r"[^A-Za-z0-9_-]")
_LEFT_FREE = 2**30
"""Bytes of the disk that an unpacked file may not take, whatever its archive says."""


def packed_in(download: Download) -> Download | None:
    """Return the archive that a file is packed in, as a download that stays in the staging folder."""
    candidate = download.candidate
    if (archive := candidate.archive) is None:
        return None
    # The same for every file in it, so that another choice of the file does not fetch it again.
    shown = _ODD.sub("_", archive.id.rpartition("/")[2].partition(".")[0])[:40] or "archive"
    key = hashlib.sha256(archive.id.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    name = f"{shown}.{key}.{archive.kind}"
    whole = replace(
        candidate, id=archive.id, name=name, size=archive.size, digest=archive.digest, archive=None
    )
    return replace(download, candidate=whole, destination=download.staging / name, alternates=())


def unpack(path: Path, archive: Archive, download: Download, watch: Watch, *, is_alone: bool) -> ModelFile:
    """Take the wanted file out of a complete archive, prove it and give it its name.

    ``is_alone`` tells whether nobody else writes the same file's part.

    Raises:
        Cancelled: a person stopped it.
        DigestMismatch, UnsafeFile: the file, or its archive, is not right.
        FetchFailed: another file took the name meanwhile.
        NotEnoughSpace: the disk cannot hold it.
        UnclearMember: nothing tells which file is wanted.
    """
    reader = open_archive(path, archive.kind, archive.id)

    def looked_through() -> Iterator[Member]:
        for member in reader.members():
            watch.look("verifying", 0, download.candidate.size)
            yield member

    member = choose(looked_through(), archive, download.destination.name)
    free = shutil.disk_usage(download.staging).free - _LEFT_FREE
    if member.size > free:
        raise NotEnoughSpace(download.staging, member.size, max(free, 0))

    part = Part.of(download, is_alone=is_alone)

    def blocks() -> Iterator[bytes]:
        for block in reader.read(member):
            watch.look("placing", part.end, member.size)
            yield block

    digest = write_out(blocks(), member.size, download, part)
    return ModelFile(download.destination, member.size, digest)
