"""A place of whole repositories: a reference leads to one file or, where a folder may be meant, to a folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from ...http import Http
from ...types import Candidate, Requirement

File = TypeVar("File")
Folder = TypeVar("Folder")


class Repositories(ABC, Generic[File, Folder]):
    """Asks about the declared references in turn; each place says how its own are read and looked up."""

    def find(self, wanted: Requirement, http: Http) -> Iterator[Candidate]:
        """Look up each declared link and id, to a file or, where a folder may be meant, to one."""
        may_be_folder = wanted.is_folder or not wanted.name
        for reference in wanted.urls:
            folder = self._folder_at(reference) if may_be_folder else None
            file = self._file_at(reference)
            if folder and (wanted.is_folder or file is None):
                yield from self._look_up_folder(folder, http)
            elif file and http.offline:
                yield self._candidate(file)
            elif file:
                found = list(self._look_up(file, http))
                yield from found
                if folder and not found:
                    yield from self._look_up_folder(folder, http)

    @abstractmethod
    def _file_at(self, reference: str) -> File | None:
        """Read a reference to one file."""

    @abstractmethod
    def _folder_at(self, reference: str) -> Folder | None:
        """Read a reference that may lead to a folder."""

    @abstractmethod
    def _look_up(self, file: File, http: Http) -> Iterator[Candidate]:
        """Ask about one file; yield nothing for one that is not there."""

    @abstractmethod
    def _look_up_folder(self, folder: Folder, http: Http) -> Iterator[Candidate]:
        """Ask about a folder with all that is in it."""

    @abstractmethod
    def _candidate(self, file: File, **known: Any) -> Candidate:
        """Return what the reference and what is known tell."""
