"""What model zoos share: plain files on one public host, whose names may hold the first digits of a digest.

A few digits show that the bytes are not those that were put there, by accident. They do not make a file surer:
that is what the declared link on a known host is for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote, urlsplit

from ..errors import HostNotAllowed, InvalidSetting, SourceUnavailable
from ..hosts import origin_of
from ..http import Http, Reply, retry_after
from ..types import Barrier, Candidate, Digest, Evidence, Requirement

_LONGEST = 2000
"""Characters of a link; beyond it HTTP libraries and servers each refuse in their own way."""

_ELSEWHERE = "Check the link, or find the file elsewhere: --choose NAME=ID."
_BARRIERS = {
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
        return frozenset({_host_of(self.home)})

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
                yield from self._look(candidate, http)

    def _look(self, candidate: Candidate, http: Http) -> Iterator[Candidate]:
        """Ask for the first byte, which tells the size as well."""
        try:
            opened = http.open(candidate.url, headers={"Range": "bytes=0-0"})
        except HostNotAllowed as error:
            message = f"{self.label} sends this file from somewhere else: {error}"
            yield replace(candidate, barrier=Barrier("host", message, error.hint))
            return
        with opened as reply:
            if reply.status in (200, 206):
                yield replace(candidate, size=_size(reply))
            elif reply.status in _BARRIERS:
                kind, says = _BARRIERS[reply.status]
                yield replace(candidate, barrier=Barrier(kind, f"{self.label} {says}", _ELSEWHERE))
            elif reply.status not in (404, 410):
                kind = "rate-limited" if reply.status == 429 else "unavailable"
                wait = retry_after(reply.headers, http.clock.wall())
                raise SourceUnavailable(f"{candidate.id}: HTTP {reply.status}", kind, wait)


def path_at(text: str, hosts: Collection[str]) -> str | None:
    """Return the decoded path of a link to a file on one of these hosts; None for anything else."""
    if len(text) > _LONGEST:
        return None
    try:
        host = _host_of(text)
    except InvalidSetting:
        return None
    return checked_path(unquote(urlsplit(text).path)) if host in hosts else None


def checked_path(path: str) -> str | None:
    """Return an absolute path that stays what it is inside a URL and ends in a file name; None for another one."""
    if len(path) > _LONGEST:
        return None
    parts = path.split("/")
    odd = any(part in ("", ".", "..") or not part.isprintable() or "\\" in part for part in parts[1:])
    return None if odd or parts[0] or "." not in parts[-1] else path


def _host_of(url: str) -> str:
    """Return host and port as written in an origin: lower case, no default port."""
    return origin_of(url).partition("://")[2]


def _size(reply: Reply) -> int | None:
    """Return the length of the whole file behind an answer to a question for its first byte."""
    total = reply.headers.get("Content-Range", "").rpartition("bytes 0-0/")[2]
    if reply.status == 206:
        return int(total) if total.isascii() and total.isdecimal() and len(total) <= 18 else None
    return reply.length
