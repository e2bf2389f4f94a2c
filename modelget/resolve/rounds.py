"""The rounds of asking: the declared place, others for the same bytes, lists for a bare name, and copies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..by_name import NameList, find_by_name
from ..http import Http
from ..library import Library
from ..sources import Source
from ..types import Candidate, Requirement, Resolution, SourceFailure
from .asking import ask
from .copies import find_copies
from .local import with_twin
from .weighing import as_sure_as, can_be_had, pinned_by, rank, weigh


def look_up(
    wanted: Requirement,
    library: Library,
    sources: Iterable[Source],
    http: Http,
    lists: Iterable[NameList] = (),
) -> Resolution:
    """Find out where one model can be had, and what its places say of it, wherever it is already."""
    inquiry = _Inquiry(wanted, library, list(sources), http)
    inquiry.ask_declared_place()
    inquiry.ask_elsewhere()
    inquiry.ask_by_name(lists)
    inquiry.ask_for_copies()
    return inquiry.outcome()


class _Inquiry:
    """What was found about one model so far; each round asks only what those before left open."""

    def __init__(self, wanted: Requirement, library: Library, sources: list[Source], http: Http) -> None:
        self._wanted, self._library, self._sources, self._http = wanted, library, sources, http
        self._found: list[Candidate] = []
        self._failures: list[SourceFailure] = []
        self._advice: str | None = None

    def ask_declared_place(self) -> None:
        """Ask what the workflow asks: by its links, its digest or its name."""
        self._add(*self._ask(self._wanted))

    def ask_elsewhere(self) -> None:
        """Ask who has the bytes that the declared place has no more."""
        pinned = pinned_by(self._wanted, self._found)
        if pinned.digest and pinned.urls and not any(map(can_be_had, self._found)):
            found, failures = ask(replace(pinned, urls=()), self._sources, self._http)
            weighed = [weigh(candidate, pinned) for candidate in found]
            self._add(as_sure_as(self._found, self._wanted, weighed), failures)

    def ask_by_name(self, lists: Iterable[NameList]) -> None:
        """Ask the lists about a name that nothing else speaks for."""
        if self._is_only_a_name():
            self._add(*find_by_name(self._wanted, lists, self._ask, self._http))

    def ask_for_copies(self) -> None:
        """Ask who serves the same bytes, once their sha256 is known and they are not here."""
        pinned = pinned_by(self._wanted, self._found)
        is_here = any(candidate.local for candidate in self._found)
        if self._http.offline or is_here or not pinned.digest or pinned.digest.algorithm != "sha256":
            return
        found, failures, self._advice = find_copies(
            pinned, self._found, self._failures, self._sources, self._http
        )
        self._add(as_sure_as(self._found, self._wanted, found), failures)

    def outcome(self) -> Resolution:
        """Return every candidate once, the surest first."""
        best: dict[str, Candidate] = {}
        for candidate in sorted(self._found, key=rank):
            best.setdefault(candidate.id, candidate)
        failures = tuple(dict.fromkeys(self._failures))
        return Resolution(
            self._wanted, candidates=tuple(best.values()), failures=failures, advice=self._advice
        )

    def _ask(self, question: Requirement) -> tuple[list[Candidate], list[SourceFailure]]:
        found, failures = ask(question, self._sources, self._http)
        return [weigh(candidate, question) for candidate in found], failures

    def _add(self, found: Iterable[Candidate], failures: Iterable[SourceFailure]) -> None:
        self._found += [with_twin(candidate, self._library) for candidate in found]
        self._failures += failures

    def _is_only_a_name(self) -> bool:
        """Tell whether nothing but the name is left; a link that could not be asked may still be right.

        Lists and searches know files: the name of a folder would find others.
        """
        wanted = self._wanted
        is_open = bool(wanted.urls) and any(self._failures)
        is_sure = any(candidate.evidence.is_sure for candidate in self._found)
        return not (wanted.is_folder or is_open or wanted.is_decided or is_sure)
