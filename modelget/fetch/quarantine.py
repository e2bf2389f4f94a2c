"""Whole files that are not what their place publishes, kept aside until a person decides: places err too."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ..errors import DigestMismatch, Quarantined, UnsafeFile
from ..types import Digest, Download
from ..verify import agreement, check_contents, digest_file
from .part import Part, staged_name
from .watch import Watch

FOLDER = "quarantine"
"""Below the state folder, and without a model's suffix: nothing ever lists or loads what is in it."""


def keep_aside(download: Download, part: Part, mismatch: DigestMismatch, watch: Watch) -> Quarantined | None:
    """Put a part that is complete, and the wrong one, where a person can look at it; return what to tell.

    None, and the part stays, for bytes for which nothing could speak: of another length than published,
    broken, or of a place that says nothing about them but the digest that they do not have.
    """
    candidate = download.candidate
    if not candidate.also_published or candidate.size != part.size or _is_broken(part, download):
        return None
    part.flush()
    found = agreement(part.path, candidate.also_published, _reading(watch, part.size))
    if not found.agreeing and not found.differing:
        return None
    kept = _place(download, found.sha256)
    kept.parent.mkdir(parents=True, exist_ok=True)
    part.seal()
    part.path.replace(kept)
    part.discard()
    return Quarantined(mismatch, str(found), found.sha256, kept)


def decided(download: Download, watch: Watch) -> tuple[Path, Digest] | None:
    """Return the file that was kept aside for this download and that a person accepted since; None without one.

    It is read once more: its name alone proves nothing.
    """
    for digest in download.accepted:
        kept = _place(download, digest)
        with suppress(OSError):
            size = kept.stat().st_size
            if kept.is_symlink() or digest_file(kept, None, _reading(watch, size)).sha256 != digest:
                continue
            check_contents(kept, download.destination.name)
            return kept, digest
    return None


def clear(download: Download) -> None:
    """Remove what was kept aside for a download that is complete: there is nothing left to decide."""
    with suppress(OSError):
        for kept in (download.staging / FOLDER).glob(f"{staged_name(download)}-*"):
            kept.unlink()
        (download.staging / FOLDER).rmdir()  # only when empty


def _place(download: Download, sha256: Digest) -> Path:
    # What was wanted is part of the name: bytes accepted in place of one file are not accepted for another.
    return download.staging / FOLDER / f"{staged_name(download)}-{sha256.hex}"


def _is_broken(part: Part, download: Download) -> bool:
    try:
        check_contents(part.path, download.destination.name)
    except UnsafeFile:
        return True
    return False


def _reading(watch: Watch, size: int) -> Callable[[int], None]:
    return lambda done: watch.look("verifying", done, size)
