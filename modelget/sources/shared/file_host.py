"""What places share where people put single files: a link leads to a file, or to a folder, which is refused."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from typing import Generic, Protocol, TypeVar

from ...http import Http
from ...types import Barrier, Candidate, Requirement


class SharedItem(Protocol):
    """What a link leads to."""

    @property
    def is_folder(self) -> bool:
        """Tell whether it is a folder."""
        ...


Item = TypeVar("Item", bound=SharedItem)


class FileHost(ABC, Generic[Item]):
    """A source that looks at each declared link to a file."""

    def __init__(self, endpoint: str) -> None:
        self.endpoints = (endpoint,)
        self._endpoint = endpoint

    def find(self, wanted: Requirement, http: Http) -> Iterator[Candidate]:
        """Look at each declared link to a file; a folder is returned with a barrier."""
        for url in wanted.urls:
            item = self._read(url)
            if item is None:
                continue
            candidate = self._candidate(item, wanted)
            if item.is_folder:
                yield replace(candidate, barrier=self._refuse_folder(item))
            elif http.offline:
                yield candidate
            else:
                yield from self._look_up(item, candidate, http)

    @abstractmethod
    def _read(self, text: str) -> Item | None:
        """Read a reference; None for anything else."""

    @abstractmethod
    def _candidate(self, item: Item, wanted: Requirement) -> Candidate:
        """Tell what the link alone says."""

    @abstractmethod
    def _refuse_folder(self, item: Item) -> Barrier:
        """Say why a folder is not fetched, and what a person can do."""

    @abstractmethod
    def _look_up(self, item: Item, candidate: Candidate, http: Http) -> Iterator[Candidate]:
        """Ask the place about a file."""
