"""The nouns of Modelget: frozen values that pass from one step to the next."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum
from pathlib import Path, PurePosixPath

PICKLE_SUFFIXES = frozenset({".ckpt", ".pt", ".pth", ".bin", ".pkl"})
"""Formats whose loading can run code: fetched only with a person's consent for each file."""

MODEL_SUFFIXES = PICKLE_SUFFIXES | {".safetensors", ".sft", ".gguf", ".onnx"}
"""What a fetched file may be called; nothing that Python, a shell or ComfyUI would run as code."""

_DIGEST_LENGTHS = {
    "sha256": 64,
    "blake3": 64,
    "git-sha1": 40,
    "autov3": 12,
    "shorthash": 12,
    "autov2": 10,
    "autov1": 8,
    "crc32": 8,
}
_PREFIX_LENGTHS = {"sha256-prefix": range(8, 64), "md5-prefix": range(6, 33)}
"""Fewer digits are met by chance too often to say anything."""

_HEX = re.compile(r"[0-9a-f]+")


class Evidence(IntEnum):
    """Why we believe that a candidate is the wanted model; the only ranking key."""

    SIMILAR_NAME = 1
    SAME_NAME = 2
    TRUSTED_NAME = 3
    DECLARED_URL = 4
    SAME_DIGEST = 5

    @property
    def is_sure(self) -> bool:
        """Tell whether the evidence is enough to fetch without a person's choice."""
        return self >= Evidence.TRUSTED_NAME


class Status(str, Enum):
    """Where a requirement stands, the same words in code, CLI, routes and buttons."""

    PRESENT = "present"
    FETCH = "fetch"
    CHOOSE = "choose"
    DENIED = "denied"
    UNRESOLVED = "unresolved"


@dataclass(frozen=True, slots=True)
class Digest:
    """A fingerprint of a file's bytes, lower-cased; raises ValueError when it is not one.

    ``git-sha1`` is Git's blob id (SHA-1 over a header with the size, then the bytes), which the Hub
    publishes for files outside LFS. ``autov2`` is the first 10 digits of the sha256,
    ``autov3`` the first 12 of the sha256 over a safetensors file's tensors alone, whatever its header says.
    ``shorthash`` is what WebUIs write for a LoRA: its AutoV3, or the first 12 digits of its sha256; they do
    not say which. ``autov1`` is 8 digits over 64 KiB of the file, which many different files share.
    """

    algorithm: str
    hex: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "algorithm", self.algorithm.lower())
        object.__setattr__(self, "hex", self.hex.lower())
        if not self._has_right_length or not _HEX.fullmatch(self.hex):
            raise ValueError(f"not a {self.algorithm} digest: {self.hex[:80]!r}")

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"

    def in_terms_of(self, other: Digest) -> Digest | None:
        """Return this digest as the algorithm of the other one; None when only the bytes could tell."""
        if self.algorithm == other.algorithm and not self.is_prefix:
            return self
        if _full(self.algorithm) == _full(other.algorithm) and len(self.hex) >= len(other.hex):
            return Digest(other.algorithm, self.hex[: len(other.hex)])
        if other.algorithm == "shorthash" and self.algorithm in ("sha256", "autov3"):
            # A sha256 that begins otherwise says nothing: the short hash may be an AutoV3.
            return other if self.hex.startswith(other.hex) else None
        return None

    @property
    def is_prefix(self) -> bool:
        """Tell whether these are the first digits of a longer digest, as many as a file name holds."""
        return self.algorithm in _PREFIX_LENGTHS

    @property
    def is_unique(self) -> bool:
        """Tell whether it stands for the bytes of one file: not for those of whoever wants to meet a few digits."""
        return self.algorithm != "autov1" and not self.is_prefix

    @property
    def can_contradict(self) -> bool:
        """Tell whether a file without it is another one: short forms lead to a file, and say no more."""
        return self.algorithm not in ("autov1", "shorthash")

    @property
    def _has_right_length(self) -> bool:
        lengths = _PREFIX_LENGTHS.get(self.algorithm)
        return len(self.hex) in lengths if lengths else len(self.hex) == _DIGEST_LENGTHS.get(self.algorithm)


def _full(algorithm: str) -> str:
    """Name the digest whose first digits these are; what is no such thing is its own."""
    return {"sha256-prefix": "sha256", "autov2": "sha256", "md5-prefix": "md5"}.get(algorithm, algorithm)


def has_model_suffix(name: str) -> bool:
    """Tell whether a name says the file's format; a stem (``dreamshaper_8``, ``v1.5``) does not."""
    return PurePosixPath(name).suffix.lower() in MODEL_SUFFIXES


def stem_of(name: str) -> str:
    """Return the name without its model suffix, sub-folder included."""
    return name[: -len(PurePosixPath(name).suffix)] if has_model_suffix(name) else name


@dataclass(frozen=True, slots=True)
class Requirement:
    """A model that the workflow names, with whatever the workflow tells about it."""

    name: str
    """As the workflow writes it, sub-folder included (``SDXL/x.safetensors``), always with ``/``.

    A prompt, infotext or recipe may give a stem only, or no name at all: then a digest or an id stands here.
    """
    folder: str | None = None
    """ComfyUI's name for the model folder (``vae``); None when no rule says which."""
    wanted_by: tuple[str, ...] = ()
    """Execution ids of the nodes that select it: ``12``, or ``57:30`` inside a subgraph."""
    how: str = "widget"
    """Where the name was read: ``widget``, ``input`` (API prompt), ``prompt`` (``embedding:…`` or a LoRA tag in
    the text of a prompt), ``infotext``, ``recipe`` or ``id`` (asked for by a person).

    ``pack`` is a widget or input of a node that fetches its models by itself: listed apart, never active.
    """
    active: bool = True
    """False when every node that selects it is muted, bypassed or switched off."""
    urls: tuple[str, ...] = ()
    """Declared places: URLs or ids (``hf:…``, ``civitai:…``, AIR), best first."""
    digest: Digest | None = None
    renamable: bool = False
    """Whether the file may bear its publisher's name: the text tells what was used, nothing looks it up."""

    @property
    def is_left_to_pack(self) -> bool:
        """Tell whether the node's own pack fetches it, and nobody says another place."""
        return self.how == "pack" and not self.urls


@dataclass(frozen=True, slots=True)
class Workflow:
    """A parsed workflow file: its name and the models it needs."""

    name: str
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True)
class Barrier:
    """What stands between the user and a file that exists: ``hint`` says what to do about it."""

    kind: str
    """``gated``, ``login``, ``paid``, ``removed``, ``region``, ``host`` (not on the list of hosts) or ``by-hand``
    (only a person with a browser can fetch it, or tell which file is meant)."""
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One downloadable file that may satisfy a requirement."""

    source: str
    id: str
    """Stable and pinned where the source can pin; ``modelget get`` takes it."""
    url: str
    name: str
    evidence: Evidence
    size: int | None = None
    digest: Digest | None = None
    """What the source publishes for these bytes; the file must match it."""
    claimed: Digest | None = None
    """What the file's name says of its sha256 where such names are not all right: a mismatch is told, no error."""
    folder: str | None = None
    """Where the publisher keeps it: often, and not always, the name of a model folder."""
    licence: str | None = None
    gated: bool = False
    barrier: Barrier | None = None
    local: Path | None = None
    """The same bytes on this disk: linked instead of fetched."""

    @property
    def identity(self) -> Digest | None:
        """The digest, if it stands for these bytes and no others: then who wants it twice wants one file."""
        return self.digest if self.digest and self.digest.is_unique else None

    @property
    def format(self) -> str:
        """The suffix of the file name without its dot, lower-cased; empty when there is none."""
        return Path(self.name).suffix.lower().removeprefix(".")

    @property
    def is_pickle(self) -> bool:
        """Tell whether the name promises a pickle."""
        return Path(self.name).suffix.lower() in PICKLE_SUFFIXES


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
    """A model file on disk."""

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


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a person decided about names that no rule may decide."""

    choose: Mapping[str, str] = field(default_factory=dict)
    """Name to the id or link to fetch it from."""
    folders: Mapping[str, str] = field(default_factory=dict)
    """Name to model folder, where no rule says which."""
    allow_pickle: frozenset[str] = frozenset()
    """Names of files whose loading may run code, accepted one by one."""
    include_inactive: bool = False

    def applied_to(self, wanted: Requirement) -> Requirement:
        """Return the requirement as the person decided it; the digest that a workflow pins still holds."""
        chosen, folder = _for_name(self.choose, wanted.name), _for_name(self.folders, wanted.name)
        urls = (chosen,) if chosen else wanted.urls
        return replace(wanted, urls=urls, folder=folder or wanted.folder)

    def allows_pickle(self, name: str) -> bool:
        """Tell whether a person accepted this file by its name."""
        return bool(self.allow_pickle & {name, name.rpartition("/")[2]})


def _for_name(decided: Mapping[str, str], name: str) -> str | None:
    return decided.get(name) or decided.get(name.rpartition("/")[2])


@dataclass(frozen=True, slots=True)
class Download:
    """One file to fetch, and where it will go."""

    candidate: Candidate
    destination: Path
    staging: Path
    """The folder for the unfinished file: on the destination's filesystem, never listed by ComfyUI."""
    label: str
    """Model folder and name as shown to people: ``vae/ae.safetensors``."""
    rank: int = 0
    """Its place in the order of use: lower ones get a host's connections first."""


@dataclass(frozen=True, slots=True)
class PlanItem:
    """What will happen to one requirement, and why."""

    resolution: Resolution
    status: Status
    hint: str | None = None
    """What a person can do about a status that is not ``present`` or ``fetch``."""
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

    @property
    def downloads(self) -> tuple[Download, ...]:
        """The files to fetch, in the order in which the workflow names them."""
        return tuple(item.download for item in self.items if item.download is not None)

    @property
    def fetch_bytes(self) -> int:
        """Bytes that would come over the wire, as far as sizes are known."""
        return sum(download.candidate.size or 0 for download in to_fetch([self]))


def to_fetch(plans: Iterable[Plan]) -> list[Download]:
    """Return what must come over the network for all plans together: each place and each digest once."""
    unique: dict[object, Download] = {}
    for download in (download for plan in plans for download in plan.downloads):
        if download.candidate.local is None:
            unique.setdefault(download.candidate.identity or download.destination, download)
    return list({download.destination: download for download in unique.values()}.values())


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that arrived, proven and in its place."""

    file: ModelFile
    transferred: int
    """Body bytes that came over the wire for it, repeated ones included."""
    warning: str | None = None
    """What a person should know about the file, though nothing speaks against using it."""


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
