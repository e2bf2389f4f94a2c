"""The same bytes on this disk already: recorded under another name, or found by size and then proven."""

from __future__ import annotations

from pathlib import Path

from ..errors import DigestMismatch
from ..library import Library
from ..types import Digest, Download
from ..verify import COMPUTED_ALGORITHMS, check_digest, digest_file
from .watch import Watch

WORTH_READING = 16 * 2**20
"""Bytes; what is smaller has arrived before the files of a large library are looked at."""


def twin_of(download: Download, library: Library | None, watch: Watch) -> Path | None:
    """Return a file that has the wanted bytes; reads those files through that are likely to.

    Raises:
        Cancelled: a person stopped it.
    """
    candidate = download.candidate
    wanted = candidate.identity
    if candidate.local is not None or library is None or wanted is None:
        return candidate.local
    if known := library.find_digest(wanted):
        return known.path
    is_provable = wanted.algorithm in COMPUTED_ALGORITHMS
    if candidate.size is None or candidate.size < WORTH_READING or not is_provable:
        return None
    suspects = library.suspects(download.destination.name, candidate.size)
    return next((file.path for file in suspects if _holds(file.path, wanted, library, watch)), None)


def _holds(file: Path, wanted: Digest, library: Library, watch: Watch) -> bool:
    """Hash a file and remember the result, so that nobody reads it again for this."""
    try:
        size = file.stat().st_size
        hasher = digest_file(file, wanted, lambda done: watch.look("verifying", done, max(done, size)))
    except OSError:  # it may go away, or be nobody's to read
        return False
    library.record(file, hasher.sha256)
    try:
        return check_digest(file.name, wanted, hasher)
    except DigestMismatch:
        return False
