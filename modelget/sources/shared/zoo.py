"""What model zoos share: plain files on one public host, whose names may hold the first digits of a digest.

A few digits show that the bytes are not those that were put there, by accident. They do not make a file surer:
that is what the declared link on a known host is for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote

from ...hosts import host_of
from ...http import Http
from ...types import Barrier, Candidate, Digest, Evidence, Requirement
from .look import ELSEWHERE, LONGEST_LINK, is_plain, looked_at, read_link

_REFUSALS = {
    401: ("login", "asks for a login"),
    # Their storage does not tell strangers which files it has.
    403: ("removed", "refuses it (HTTP 403), as it does with files that are not there"),
    451: ("region", "does not serve it in this region"),
}


@dataclass(frozen=True, slots=True)
class Promise:
    """What a file's name says of its bytes."""

    digest: Digest | None = None
    """It must hold."""
    claimed: Digest | None = None
    """It need not hold: not all names of this zoo are right."""


@dataclass(slots=True)
class Zoo:
    """A source made of one public host; a mirror has the same files at the same paths."""

    name: str
    label: str
    home: str
    """The origin of the zoo itself, which ids name whoever is asked."""
    endpoint: str
    """Where to ask."""
    path_of: Callable[[str], str | None]
    """Reads a reference: the decoded path of a file, None for anything else."""
    promise_of: Callable[[str], Promise]
    """Reads the path of a file."""

    @property
    def hosts(self) -> frozenset[str]:
        """The one host."""
        return frozenset({host_of(self.home)})

    @property
    def endpoints(self) -> tuple[str, ...]:
        """The one place to ask."""
        return (self.endpoint,)

    def find(self, wanted: Requirement, http: Http) -> Iterator[Candidate]:
        """Look at each declared file of this zoo."""
        for text in wanted.urls:
            path = self.path_of(text)
            if path is None:
                continue
            promise = self.promise_of(path)
            candidate = Candidate(
                source=self.name,
                id=self.home + quote(path),
                url=self.endpoint + quote(path),
                name=path.rpartition("/")[2],
                evidence=Evidence.DECLARED_URL,
                digest=promise.digest,
                claimed=promise.claimed,
            )
            if http.offline:
                yield candidate
            else:
                yield from looked_at(candidate, http, self.label, self._barriers)

    @property
    def _barriers(self) -> dict[int, Barrier]:
        hint = f"Check the link. {ELSEWHERE}"
        return {
            status: Barrier(kind, f"{self.label} {says}", hint) for status, (kind, says) in _REFUSALS.items()
        }


def path_at(text: str, hosts: Collection[str]) -> str | None:
    """Return the decoded path of a link to a file on one of these hosts; None for anything else."""
    link = read_link(text, frozenset(hosts))
    return checked_path(unquote(link.path)) if link else None


def checked_path(path: str) -> str | None:
    """Return an absolute path that stays what it is inside a URL and ends in a file name; None for another one."""
    root, *parts = path.split("/")
    is_file = not root and parts and all(map(is_plain, parts)) and "." in parts[-1]
    return path if is_file and len(path) <= LONGEST_LINK else None
