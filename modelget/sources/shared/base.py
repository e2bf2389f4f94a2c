"""What a source is: a name, the hosts it may contact, and one question."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

from ...http import Http
from ...types import Candidate, Requirement


class Source(Protocol):
    """A place where checkpoints are shared. ADDING_A_SOURCE.md is the checklist for a new one."""

    name: str
    label: str
    """The name people know: "Hugging Face Hub"."""
    hosts: frozenset[str]
    """Host names (or ``*.suffix``) that its links and their redirects lead to, all by https."""
    endpoints: tuple[str, ...]
    """Where its own API answers; empty for a source that has none."""

    def find(self, wanted: Requirement, http: Http) -> Iterable[Candidate]:
        """Return the files that may satisfy the requirement; nothing when the source has none.

        Takes the references it knows out of ``wanted.urls`` and ignores the others. A file that exists
        but cannot be had is returned with a ``Barrier``. The same question gives the same answer.

        Raises:
            SourceUnavailable: the source could not answer. Never for "not found".
        """
        ...


@runtime_checkable
class CopyFinder(Protocol):
    """What a source has beside, if it knows who has copies of a file whose digest somebody else published."""

    name: str
    is_last_resort: bool
    """Asked only about files that are nowhere else; the others are always asked."""
    caution: str | None
    """What a person should know before a copy is fetched."""
    advice: str | None
    """What the owner has to do before it is asked; None when it is."""

    def copies(self, wanted: Requirement, http: Http) -> Iterable[str]:
        """Return references to places, at any source, that may have the file with ``wanted.digest``, a sha256.

        Raises:
            SourceUnavailable: it could not answer.
        """
        ...
