"""Sources and lists that remember what they said, so that the same workflow can be planned again and again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from ..by_name import NameList
from ..errors import SourceUnavailable
from ..http import Http
from ..sources import Source
from ..types import Candidate, Listing, Requirement

ANSWER_SECONDS = 300.0
FAILURE_SECONDS = 20.0
"""Soon enough for a person who tries again, and no new wait for every look at the same plan."""

_MOST = 5_000

T = TypeVar("T")
Clock = Callable[[], float]


class _Memory(Generic[T]):
    """Answers by question, each for its time; an answer may be cut short by a failure."""

    def __init__(self, ask: Callable[[Requirement, Http], Iterable[T]], clock: Clock) -> None:
        self._ask, self._clock = ask, clock
        self._answers: dict[Requirement, tuple[float, list[T], SourceUnavailable | None]] = {}

    def answer(self, wanted: Requirement, http: Http) -> Iterator[T]:
        """Yield what was said, now or before; raise what was raised."""
        until, said, failure = self._answers.get(wanted, (0.0, [], None))
        if self._clock() >= until:
            said, failure = self._listen(wanted, http)
        yield from said
        if failure:
            raise failure

    def _listen(self, wanted: Requirement, http: Http) -> tuple[list[T], SourceUnavailable | None]:
        said: list[T] = []
        failure, seconds = None, ANSWER_SECONDS
        try:
            said.extend(self._ask(wanted, http))
        except SourceUnavailable as error:
            failure, seconds = error, FAILURE_SECONDS
        if len(self._answers) >= _MOST:
            self._answers.clear()
        self._answers[wanted] = self._clock() + seconds, said, failure
        return said, failure


class RememberingSource:
    """Asks its source at most once for what was asked shortly before; for planning, never for renewing links."""

    def __init__(self, source: Source, clock: Clock = time.monotonic) -> None:
        self.name, self.label = source.name, source.label
        self.hosts, self.endpoints = source.hosts, source.endpoints
        self._memory: _Memory[Candidate] = _Memory(source.find, clock)

    def find(self, wanted: Requirement, http: Http) -> Iterable[Candidate]:
        """Return what the source said; raise what it raised."""
        return list(self._memory.answer(wanted, http))


class RememberingList:
    """Asks its list at most once for what was asked shortly before."""

    def __init__(self, names: NameList, clock: Clock = time.monotonic) -> None:
        self.name, self.only_suggests = names.name, names.only_suggests
        self._memory: _Memory[Listing] = _Memory(names.listings, clock)

    def listings(self, wanted: Requirement, http: Http) -> Iterable[Listing]:
        """Yield what the list has; raise what it raised."""
        return self._memory.answer(wanted, http)
