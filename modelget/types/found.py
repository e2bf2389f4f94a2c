"""What was found for a requirement: here, or where it can be had, or who could not say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .candidate import Candidate
from .digest import Digest
from .wanted import Requirement


@dataclass(frozen=True, slots=True)
class SourceFailure:
    """A source could not answer: never the same as "it has nothing"."""

    source: str
    kind: str
    """``unavailable``, ``rate-limited`` or ``offline``."""
    message: str
    retry_after: float | None = None
    """Seconds the server asked us to wait."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model file on disk, or a folder model: then ``size`` is that of all files in it."""

    path: Path
    size: int
    digest: Digest | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """The outcome of looking for one requirement; candidates stand best first."""

    requirement: Requirement
    present: ModelFile | None = None
    complaint: str | None = None
    """What is wrong with the file that is present: cut short, or other bytes than the workflow pins."""
    candidates: tuple[Candidate, ...] = ()
    failures: tuple[SourceFailure, ...] = ()
    advice: str | None = None
    """Where the owner may have it looked for as well."""
