"""A source that remembers its answers for a while, so that the same workflow can be planned again and again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from ..errors import SourceUnavailable
from ..http import Http
from ..sources import Source
from ..types import Candidate, Requirement

ANSWER_SECONDS = 300.0
FAILURE_SECONDS = 20.0
"""Soon enough for a person who tries again, and no new wait for every look at the same plan."""

_MOST = 5_000


class Remembering:
    """Asks its source at most once for what was asked shortly before; for planning, never for renewing links."""

    def __init__(self, source: Source, clock: Callable[[], float] = time.monotonic) -> None:
        self.name, self.label = source.name, source.label
        self.hosts, self.endpoints = source.hosts, source.endpoints
        self._source, self._clock = source, clock
        self._answers: dict[Requirement, tuple[float, tuple[Candidate, ...] | SourceUnavailable]] = {}

    def find(self, wanted: Requirement, http: Http) -> Iterable[Candidate]:
        """Return what the source said, now or before; raise what it raised."""
        until, answer = self._answers.get(wanted, (0.0, ()))
        if self._clock() >= until:
            answer = self._ask(wanted, http)
        if isinstance(answer, SourceUnavailable):
            raise answer
        return answer

    def _ask(self, wanted: Requirement, http: Http) -> tuple[Candidate, ...] | SourceUnavailable:
        answer: tuple[Candidate, ...] | SourceUnavailable
        try:
            answer, seconds = tuple(self._source.find(wanted, http)), ANSWER_SECONDS
        except SourceUnavailable as error:
            answer, seconds = error, FAILURE_SECONDS
        if len(self._answers) >= _MOST:
            self._answers.clear()
        self._answers[wanted] = self._clock() + seconds, answer
        return answer
