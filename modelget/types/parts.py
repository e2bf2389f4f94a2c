"""What a folder model is made of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .digest import Digest


@dataclass(frozen=True, slots=True)
class PartOfFolder:
    """One file of a folder model."""

    path: str
    """Inside the folder, with ``/``; as its place writes it, so hostile."""
    id: str
    """As ``modelget get`` takes it."""
    url: str
    size: int
    """Bytes."""
    digest: Digest | None = None
    local: Path | None = None
    """The same bytes on this disk: linked instead of fetched."""


def digest_of_parts(files: Iterable[PartOfFolder]) -> Digest | None:
    """Return one digest for all files; None when one of them has none that stands for its bytes alone."""
    files = tuple(files)
    if not all(part.digest and part.digest.is_unique for part in files):
        return None
    lines = sorted(f"{part.digest} {part.path!r}" for part in files)
    return Digest("sha256", hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest())
