"""What will happen, and what happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from .candidate import Candidate
from .digest import Digest
from .found import ModelFile, Resolution
from .wanted import Requirement


class Status(str, Enum):
    """Where a requirement stands, the same words in code, CLI, routes and buttons."""

    PRESENT = "present"
    FETCH = "fetch"
    CHOOSE = "choose"
    DENIED = "denied"
    UNRESOLVED = "unresolved"


@dataclass(frozen=True, slots=True)
class Download:
    """One file to fetch, or one folder of files, and where it will go."""

    candidate: Candidate
    destination: Path
    staging: Path
    """The folder for the unfinished file: on the destination's filesystem, never listed by ComfyUI."""
    label: str
    """Model folder and name as shown to people: ``vae/ae.safetensors``."""
    alternates: tuple[Candidate, ...] = ()
    """Other places that have the same bytes by the same digest, best first."""
    accepted: frozenset[Digest] = frozenset()
    """Every sha256 that a person takes although another digest is promised."""
    rank: int = 0
    """Its place in the order of use: lower ones get a host's connections first."""


@dataclass(frozen=True, slots=True)
class PlanItem:
    """What will happen to one requirement, and why."""

    resolution: Resolution
    status: Status
    hint: str | None = None
    """What a person can do about a status that is not ``present`` or ``fetch``, or should know of one that is."""
    download: Download | None = None

    @property
    def requirement(self) -> Requirement:
        """The requirement this item answers."""
        return self.resolution.requirement


@dataclass(frozen=True, slots=True)
class Plan:
    """What will happen for one workflow, before anything happens."""

    workflow: str
    items: tuple[PlanItem, ...]
    free_bytes: int
    """Free space where most of the files would go."""

    def with_items(self, renewed: Iterable[tuple[PlanItem, PlanItem]]) -> Plan:
        """Return the plan with other items in the place of some."""
        others = [(old, new) for old, new in renewed]
        items = (next((new for old, new in others if old is item), item) for item in self.items)
        return replace(self, items=tuple(items))

    @property
    def downloads(self) -> tuple[Download, ...]:
        """The files to fetch, in the order in which the workflow names them."""
        return tuple(item.download for item in self.items if item.download is not None)

    @property
    def fetch_bytes(self) -> int:
        """Bytes that would come over the wire, as far as sizes are known."""
        return sum(download.candidate.fetch_size or 0 for download in to_fetch([self]))


def to_fetch(plans: Iterable[Plan]) -> list[Download]:
    """Return what must come over the network for all plans together: each place and each digest once."""
    unique: dict[object, Download] = {}
    for download in (download for plan in plans for download in plan.downloads):
        if download.candidate.local is None:
            unique.setdefault(download.candidate.identity or download.destination, download)
    return list({download.destination: download for download in unique.values()}.values())


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file or a folder model that arrived, proven and in its place."""

    file: ModelFile
    transferred: int
    """Body bytes that came over the wire for it, repeated ones included."""
    warning: str | None = None
    """What a person should know about the file, though nothing speaks against using it."""
    origin: str | None = None
    """The id of the candidate whose place gave it, or its rest; None when nothing was fetched."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking a file on disk showed."""

    path: Path
    digest: Digest | None = None
    """The sha256 of the bytes that are there; None when they could not be read."""
    expected: Digest | None = None
    basis: str = ""
    """Who says what is expected: ``workflow``, ``recorded``, ``published``; empty when nobody does."""
    problem: str | None = None
    """What is wrong; None for a file that is right, or about which nothing can be said."""
