"""Places that no program should fetch from: the link, the digest and the folder are handed to a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol
from urllib.parse import SplitResult, unquote

from ...http import Http
from ...types import Barrier, Candidate, Evidence, Requirement
from .look import is_plain, read_link


class ReadName(Protocol):
    """Reads a link's path: None when it leads to no file or folder, else the file's name or an empty text."""

    def __call__(self, link: SplitResult) -> str | None:
        """Read the link."""
        ...


class ByHand:
    """A place whose links a person opens; it contacts nobody."""

    endpoints: tuple[str, ...] = ()

    def __init__(self, name: str, label: str, hosts: frozenset[str], why: str, read_name: ReadName) -> None:
        """Describe the place; ``why`` says in one sentence what keeps programs out."""
        self.name, self.label, self.hosts = name, label, hosts
        self._why, self._read_name = why, read_name

    def find(self, wanted: Requirement, http: Http) -> Iterator[Candidate]:
        """Return each declared link with what a person has to do."""
        for url in wanted.urls:
            link = read_link(url, self.hosts)
            published = self._read_name(link) if link else None
            if link is None or published is None:
                continue
            shown = link._replace(scheme="https").geturl()
            published = published if is_plain(published) else ""
            name = wanted.name.rpartition("/")[2] or published or self.label
            yield Candidate(
                self.name,
                shown,
                shown,
                name,
                Evidence.DECLARED_URL,
                barrier=Barrier("by-hand", self._why, _what_to_do(shown, wanted)),
            )


def _what_to_do(link: str, wanted: Requirement) -> str:
    folder = f"the model folder {wanted.folder}" if wanted.folder else "the model folder it belongs in"
    name = f" as {wanted.name}" if wanted.name else ""
    proof = (
        f"Its digest must be {wanted.digest}: `modelget install` checks that, with --wait as soon as it is there."
        if wanted.digest
        else "Nothing tells which bytes are the right ones, so trust it as far as you trust its author."
    )
    return f"Open {link} in a browser, download the file, and put it into {folder}{name}. {proof}"


def segments(link: SplitResult) -> list[str]:
    """Return the parts of a link's path, decoded, without empty ones."""
    return [unquote(part) for part in link.path.split("/") if part]
