"""What was found for a requirement: here, or where it can be had, and how sure we are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from pathlib import Path

from .digest import Digest
from .names import PICKLE_SUFFIXES
from .parts import PartOfFolder, digest_of_parts
from .terms import UNSTATED, Terms
from .wanted import Requirement


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


@dataclass(frozen=True, slots=True)
class Barrier:
    """What stands between the user and a file that exists: ``hint`` says what to do about it."""

    kind: str
    """``gated``, ``login``, ``paid``, ``removed``, ``region``, ``host`` (not on the list of hosts), ``by-hand``
    (only a person with a browser can fetch it, or tell which file is meant) or ``incomplete`` (of a folder model,
    the place has only a part)."""
    message: str
    hint: str


class Form(str, Enum):
    """What the request for a file must say that it accepts, where its address alone means something else.

    A closed list: a candidate is built from answers that may be hostile, and headers can carry anything.
    """

    ANY = ""
    OCTETS = "application/octet-stream"
    RAW = "application/vnd.github.raw+json"

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the request."""
        return {"Accept": self.value} if self.value else {}


@dataclass(frozen=True, slots=True)
class Archive:
    """What a candidate's file is packed in: then this is what its URL leads to."""

    id: str
    kind: str
    """``tar``, ``tar.gz`` or ``zip``."""
    member: str = ""
    """The path of the file in it; empty for the one with the wanted name, or the only model."""
    size: int | None = None
    digest: Digest | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One downloadable file, or one folder of files, that may satisfy a requirement."""

    source: str
    id: str
    """Stable and pinned where the source can pin; ``modelget get`` takes it."""
    url: str
    name: str
    evidence: Evidence
    form: Form = Form.ANY
    size: int | None = None
    digest: Digest | None = None
    """What the source publishes for these bytes; the file must match it."""
    also_published: tuple[Digest, ...] = ()
    """Other digests that the source gives for the same bytes: what speaks for and against them if ``digest`` fails."""
    claimed: Digest | None = None
    """What the file's name says of its sha256 where such names are not all right: a mismatch is told, no error."""
    folder: str | None = None
    """Where the publisher keeps it: often, and not always, the name of a model folder."""
    terms: Terms = UNSTATED
    """Licence and restrictions as its place states them."""
    trained_words: tuple[str, ...] = ()
    """What to write into a prompt so that the model does what it was made for."""
    barrier: Barrier | None = None
    notes: tuple[str, ...] = ()
    """What a person should know before it is fetched, though nothing stands in the way."""
    is_copy: bool = False
    """Not at the publisher's place: right because of its digest, and only for as long as that is right."""
    caution: str | None = None
    """What a person should know before it is fetched from there."""
    local: Path | None = None
    """The same bytes on this disk: linked instead of fetched."""
    named_by: str | None = None
    """Who says that the wanted name is this file, where no link and no digest of the workflow does."""
    archive: Archive | None = None
    """What the URL leads to if it is not the file itself; size and digest of the file are often unknown then."""
    is_folder: bool = False
    """Whether it is a folder model rather than one file."""
    files: tuple[PartOfFolder, ...] = ()
    """What a folder model is made of, complete unless there is a barrier; ``size`` is their sum."""

    @property
    def identity(self) -> Digest | None:
        """The digest, if it stands for these bytes and no others: then who wants it twice wants one file.

        That of a folder is the sha256 of the list of its files with their digests.
        """
        if self.files:
            return digest_of_parts(self.files)
        return self.digest if self.digest and self.digest.is_unique else None

    @property
    def fetch_size(self) -> int | None:
        """Bytes that come over the network for it."""
        if self.files:
            return sum(part.size for part in self.files if part.local is None)
        return self.archive.size if self.archive else self.size

    @property
    def format(self) -> str:
        """The suffix of the file name without its dot, lower-cased; empty when there is none."""
        return Path(self.name).suffix.lower().removeprefix(".")

    @property
    def is_pickle(self) -> bool:
        """Tell whether the name promises a pickle, or that of any file in the folder does."""
        names = [part.path for part in self.files] or [self.name]
        return any(Path(name).suffix.lower() in PICKLE_SUFFIXES for name in names)


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
