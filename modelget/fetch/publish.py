"""Give a proven file its name, never over another file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path

from ..errors import FetchFailed
from ..types import Digest, Download
from ..verify import Hasher, check_contents, check_digest, digest_file
from .part import Part

_BLOCK = 2**20


def publish(part: Part, destination: Path, digest: Digest) -> None:
    """Move a complete part to its final name; a file that is already there stays as it is.

    Raises:
        FetchFailed: another file took the name meanwhile.
    """
    part.seal()
    place(part.path, destination, digest)
    part.discard()


def place(file: Path, destination: Path, digest: Digest) -> None:
    """Move a proven file to its final name; a file that is already there stays as it is.

    Raises:
        FetchFailed: another file took the name meanwhile.
    """
    try:
        _rename(file, destination)
    except FileExistsError:
        if not _holds(destination, digest):
            raise name_taken(destination) from None


def publish_folder(staged: Path, destination: Path) -> None:
    """Move a complete folder to its final name in one step; whatever is there already stays as it is.

    Raises:
        FetchFailed: something has the name.
    """
    for place, _folders, _files in os.walk(staged):
        _sync_folder(Path(place))
    destination.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(destination):
        raise name_taken(destination)
    try:
        staged.rename(
            destination
        )  # refuses a name that a file, a link, or a folder with anything in it took meanwhile
    except OSError as error:
        if os.path.lexists(destination):
            raise name_taken(destination) from error
        raise
    _sync_folder(destination.parent)


def link(existing: Path, download: Download) -> Digest:
    """Give bytes that are on this disk a second name: a hard link, or a copy where links are impossible.

    Return their sha256.
    """
    wanted, destination = download.candidate.digest, download.destination
    destination.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(existing.resolve(), destination)
    except FileExistsError:
        raise name_taken(destination) from None
    except OSError:
        return _copy(existing, download)
    _sync_folder(destination.parent)
    return wanted if wanted and wanted.algorithm == "sha256" else digest_file(destination).sha256


def write_out(blocks: Iterable[bytes], size: int, download: Download, part: Part) -> Digest:
    """Write a file of ``size`` bytes that comes from this disk, prove it and give it its name; return its sha256.

    Nothing of the part is kept when it does not succeed.
    """
    wanted, destination = download.candidate.digest, download.destination
    hasher = Hasher(wanted, size)
    try:
        part.restart()
        for block in blocks:
            part.write(part.end, block)
            hasher.update(block)
        check_digest(destination.name, wanted, hasher)
        check_contents(part.path, destination.name)
        publish(part, destination, hasher.sha256)
    except BaseException:
        part.discard()
        raise
    finally:
        part.close()
    return hasher.sha256


def name_taken(destination: Path) -> FetchFailed:
    """Say that the user's own file is in the way."""
    return FetchFailed(
        f"{destination}: something else has this name; it was left as it is",
        "Move or rename it, then run the same command again.",
    )


def _copy(existing: Path, download: Download) -> Digest:
    with existing.open("rb") as file:
        blocks = iter(partial(file.read, _BLOCK), b"")
        return write_out(blocks, existing.stat().st_size, download, Part.private(download))


def _holds(path: Path, digest: Digest) -> bool:
    try:
        return digest_file(path).sha256 == digest
    except OSError:  # a folder, or a link to nothing
        return False


def _rename(source: Path, destination: Path) -> None:
    """Rename without replacing, and make the new name durable."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32":
        source.rename(destination)  # refuses when the name is taken
        return
    try:
        os.link(source, destination)
    except FileExistsError:
        raise
    except OSError:
        # No hard links here (exFAT, some network shares). Every fetch of ours holds the lock for this name.
        if os.path.lexists(destination):
            raise FileExistsError(destination) from None
        source.rename(destination)
    else:
        source.unlink()
    _sync_folder(destination.parent)


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # not every filesystem can
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
