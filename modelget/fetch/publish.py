"""Give a proven file its name, never over another file."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from ..errors import FetchFailed
from ..types import Digest, Download
from ..verify import digest_file
from .part import Part, staged_name


def publish(part: Part, destination: Path, digest: Digest) -> None:
    """Move a complete part to its final name; a file that is already there stays as it is.

    Raises:
        FetchFailed: another file took the name meanwhile.
    """
    part.seal()
    try:
        _rename(part.path, destination)
    except FileExistsError:
        if digest_file(destination).sha256 != digest:
            raise FetchFailed(
                f"{destination}: another file has this name; it was left as it is",
                "Move or rename that file, then run the same command again: the bytes are kept.",
            ) from None
    part.discard()


def link(existing: Path, download: Download) -> Digest:
    """Give bytes that are on this disk a second name: a hard link, or a copy where links are impossible."""
    digest = download.candidate.digest or digest_file(existing).sha256
    destination = download.destination
    destination.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(existing, destination)
    except FileExistsError:
        raise FetchFailed(
            f"{destination}: another file has this name; it was left as it is", "Move it away."
        ) from None
    except OSError:
        scratch = download.staging / f"{staged_name(download)}.copy"
        shutil.copyfile(existing, scratch)
        _rename(scratch, destination)
    return digest


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
        if destination.exists():
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
