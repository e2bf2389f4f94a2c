"""One place where a model can be had."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .delivery import Archive, Form
from .digest import Digest
from .evidence import Barrier, Evidence
from .names import PICKLE_SUFFIXES
from .parts import PartOfFolder, digest_of_parts
from .terms import UNSTATED, Terms


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
    title: str = ""
    """What its publisher calls it, where the file's name and the id do not say: model, version and author."""
    trained_words: tuple[str, ...] = ()
    """What to write into a prompt so that the model does what it was made for."""
    barrier: Barrier | None = None
    notes: tuple[str, ...] = ()
    """What a person should know before it is fetched, though nothing stands in the way."""
    is_copy: bool = False
    """Not at the publisher's place: right because of its digest, and only for as long as that is right."""
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
