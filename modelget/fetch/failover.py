"""One place after another, until one gives the file; the next goes on where the last one stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ..errors import (
    AccessDenied,
    BadAnswer,
    DigestMismatch,
    EveryPlaceFailed,
    HostNotAllowed,
    ModelgetError,
    Quarantined,
    SourceUnavailable,
    UnsafeFile,
    WebPage,
)
from ..types import Candidate, Digest, Download
from .part import Part

Renew = Callable[[Candidate], "Candidate | None"]
"""Asks a candidate's place for the link that it gives now; None when it has no other one."""

_ANOTHER_MAY_GIVE_IT = (
    AccessDenied,
    BadAnswer,
    DigestMismatch,
    HostNotAllowed,
    SourceUnavailable,
    UnsafeFile,
)


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes that are proven, as far as anything can prove them."""

    digest: Digest
    is_anew: bool = False
    """What was here at first did not belong together: all of it came once more."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Proven bytes, and where they came from."""

    digest: Digest
    candidate: Candidate
    warning: str | None
    """Which places sent other bytes than they promised."""


class Failover:
    """The places of one download, each tried in turn with the same part."""

    def __init__(
        self, download: Download, part: Part, receive: Callable[[Download], Received], renew: Renew
    ) -> None:
        """Prepare; ``receive`` fills the part from one place, as patiently as having no alternates asks for."""
        self._download, self._part, self._receive, self._renew = download, part, receive, renew
        self._failures: dict[str, ModelgetError] = {}
        self._helpers: list[str] = []
        """Places that failed, and whose bytes are in the part."""

    def run(self) -> Arrival:
        """Return as soon as one place gave what was missing.

        Raises:
            EveryPlaceFailed: there are several places, and none gave it.
            AccessDenied, BadAnswer, DigestMismatch, HostNotAllowed, SourceUnavailable, UnsafeFile: the
                only place did not give it, or these very bytes are unsafe.
        """
        for place in self._in_turn():
            before = self._part.received
            try:
                self._part.turn_to(place)
                received = self._receive_or_renew(place)
            except Quarantined:
                raise  # a person decides about these bytes
            except _ANOTHER_MAY_GIVE_IT as error:
                is_all_here = self._part.is_complete
                self._take_note(place.candidate, error, self._part.received > before)
                if isinstance(error, UnsafeFile) and is_all_here:
                    raise  # they have the right digest, so no other place has better ones
            else:
                return Arrival(received.digest, place.candidate, self._warning(place.candidate, received))
        if self._download.alternates:
            raise EveryPlaceFailed(self._download.label, self._failures)
        raise next(iter(self._failures.values()))

    def _in_turn(self) -> Iterator[Download]:
        """Yield each place without much patience, then those again that may only be busy."""
        places = (self._download.candidate, *self._download.alternates)
        if self._download.alternates:
            for place in places:
                others = tuple(other for other in places if other is not place)
                yield replace(self._download, candidate=place, alternates=others)
        for place in places:
            if isinstance(self._failures.get(place.id, SourceUnavailable("")), SourceUnavailable):
                yield replace(self._download, candidate=place, alternates=())

    def _receive_or_renew(self, place: Download) -> Received:
        try:
            return self._receive(place)
        except (AccessDenied, WebPage):
            fresh = self._renew(place.candidate)
            if fresh is None:
                raise
        return self._receive(replace(place, candidate=fresh))

    def _take_note(self, place: Candidate, error: ModelgetError, has_helped: bool) -> None:
        self._failures[place.id] = error
        if isinstance(error, (DigestMismatch, UnsafeFile)) and not isinstance(error, WebPage):
            self._part.restart()
            self._helpers.clear()
        elif has_helped:
            self._helpers.append(place.id)

    def _warning(self, place: Candidate, received: Received) -> str | None:
        wrong = [at for at, error in self._failures.items() if isinstance(error, DigestMismatch)]
        said = [f"{at} sent other bytes than its digest promises" for at in wrong if at != place.id]
        helpers = [at for at in dict.fromkeys(self._helpers) if at != place.id]
        if received.is_anew and helpers:
            said.append(
                f"together with what {' and '.join(helpers)} sent it was not the file: all of it came anew"
            )
        return f"{'; '.join(said)}; the right ones came from {place.id}" if said else None
