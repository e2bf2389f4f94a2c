"""Plain links to a file on a host that the owner listed in MODELGET_ALLOW_HOSTS."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from ..errors import HostNotAllowed, InvalidSetting, SourceUnavailable
from ..hosts import origin_of, redact
from ..http import Http, retry_after
from ..settings import Settings
from ..types import Barrier, Candidate, Evidence, Requirement
from .mirrors import mirror_roots
from .shared.look import leads_off, name_of, size_of

_BARRIERS = {401: "login", 403: "login", 451: "region"}
_MIRRORS = ("https://hf-mirror.com",)
"""Not contacted: the Hub's own source reads their links and asks the Hub."""
_OLD_PLACES = ("https://s3.amazonaws.com/pytorch/",)
"""Parts of hosts that are not contacted, for the same reason."""


_SHARED_STORAGE = ("https://storage.googleapis.com",)
"""Hosts that other places redirect to, and that keep everybody's files: a link to one is not a known place."""


class DirectUrl:
    """Links that no other source understands."""

    name = "direct_url"
    label = "Direct links"
    hosts: frozenset[str] = frozenset()
    endpoints: tuple[str, ...] = ()

    def __init__(
        self, listed: frozenset[str], others: frozenset[str], places: tuple[str, ...] = _OLD_PLACES
    ) -> None:
        self._listed = listed
        """Origins that the owner listed."""
        self._others = others
        """Origins whose links another source understands."""
        self._places = places
        """What links begin with that another source understands, whatever else is on their host."""

    def find(self, wanted: Requirement, http: Http) -> Iterator[Candidate]:
        """Look at each declared link; one on an unlisted host is returned with a barrier."""
        for url in wanted.urls:
            if not url[:8].lower().startswith(("http://", "https://")) or url.startswith(self._places):
                continue
            try:
                origin = origin_of(url)
            except InvalidSetting as error:
                barrier = Barrier("host", str(error), "Correct the link.")
                yield _candidate(url, wanted, name=wanted.name or "?", barrier=barrier)
                continue
            by_https = "https://" + origin.partition("://")[2]
            if origin in self._listed - self._others:
                yield from _look(url, wanted, http)
            elif by_https in _SHARED_STORAGE or self._is_unlisted(origin, by_https, http):
                yield _candidate(url, wanted, barrier=_unlisted(origin))

    def _is_unlisted(self, origin: str, by_https: str, http: Http) -> bool:
        return self._others.isdisjoint((origin, by_https)) and not self._is_known(by_https, http)

    def _is_known(self, origin: str, http: Http) -> bool:
        """Tell whether other links to this host are another source's: not so of what an owner's mirror is on."""
        return http.policy.allows(origin) and origin not in map(origin_of, self._places)


def source(settings: Settings) -> DirectUrl:
    """Make the source."""
    endpoints = settings.endpoints.values()
    others = (settings.hub_endpoint, *settings.civitai_endpoints, *endpoints, *_MIRRORS)
    mirrors = tuple(f"{root}/" for root in mirror_roots(settings))
    listed = frozenset(map(origin_of, settings.allow_hosts))
    return DirectUrl(listed, frozenset(map(origin_of, others)), (*_OLD_PLACES, *mirrors))


def _unlisted(origin: str) -> Barrier:
    return Barrier(
        "host",
        f"{origin} is not a place Modelget knows, and the owner has not listed it",
        f"If you trust it, add {origin} to MODELGET_ALLOW_HOSTS; else find the file elsewhere: --choose NAME=ID.",
    )


def _look(url: str, wanted: Requirement, http: Http) -> Iterator[Candidate]:
    """Ask for the first byte: unlike HEAD, every server and every signed link answers that."""
    if http.offline:
        yield _candidate(url, wanted)
        return
    try:
        opened = http.open(url, headers={"Range": "bytes=0-0"})
    except HostNotAllowed as error:
        yield _candidate(url, wanted, barrier=leads_off(url, error))
        return
    with opened as reply:
        if reply.status in (404, 410):
            return
        if reply.status in _BARRIERS:
            message = f"{redact(url)} answers HTTP {reply.status}"
            hint = "Open the link in a browser to see what it asks for, or find the file elsewhere."
            yield _candidate(url, wanted, barrier=Barrier(_BARRIERS[reply.status], message, hint))
        elif reply.status in (200, 206):
            yield _candidate(url, wanted, size=size_of(reply), name=name_of(reply))
        else:
            kind = "rate-limited" if reply.status == 429 else "unavailable"
            wait = retry_after(reply.headers, http.clock.wall())
            raise SourceUnavailable(f"{redact(url)}: HTTP {reply.status}", kind, wait)


def _candidate(
    url: str, wanted: Requirement, *, size: int | None = None, name: str = "", barrier: Barrier | None = None
) -> Candidate:
    shown = name or unquote(urlsplit(url).path.rpartition("/")[2]) or wanted.name
    return Candidate(
        source=DirectUrl.name,
        id=url,
        url=url,
        name=shown,
        evidence=Evidence.DECLARED_URL,
        size=size,
        barrier=barrier,
    )
