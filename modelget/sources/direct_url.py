"""Plain links to a file on a host that the owner listed in MODELGET_ALLOW_HOSTS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from urllib.parse import unquote, urlsplit

from ..errors import HostNotAllowed, InvalidSetting, SourceUnavailable
from ..hosts import origin_of, redact
from ..http import Http, Reply, retry_after
from ..settings import Settings
from ..types import Barrier, Candidate, Evidence, Requirement

_TOTAL = re.compile(r"bytes 0-0/(\d+)")
_BARRIERS = {401: "login", 403: "login", 451: "region"}
_MIRRORS = ("https://hf-mirror.com",)
"""Not contacted: the Hub's own source reads their links and asks the Hub."""
_OLD_PLACES = ("https://s3.amazonaws.com/pytorch/",)
"""Parts of hosts that are not contacted, for the same reason."""


class DirectUrl:
    """Links that no other source understands."""

    name = "direct_url"
    label = "Direct links"
    hosts: frozenset[str] = frozenset()
    endpoints: tuple[str, ...] = ()

    def __init__(self, others: frozenset[str]) -> None:
        self._others = others
        """Origins whose links another source understands."""

    def find(self, wanted: Requirement, http: Http) -> Iterator[Candidate]:
        """Look at each declared link; one on an unlisted host is returned with a barrier."""
        for url in wanted.urls:
            if not url[:8].lower().startswith(("http://", "https://")) or url.startswith(_OLD_PLACES):
                continue
            try:
                origin = origin_of(url)
            except InvalidSetting as error:
                barrier = Barrier("host", str(error), "Correct the link.")
                yield _candidate(url, wanted, name=wanted.name or "?", barrier=barrier)
                continue
            by_https = "https://" + origin.partition("://")[2]
            if origin in http.policy.origins - self._others:
                yield from _look(url, wanted, http)
            elif self._others.isdisjoint((origin, by_https)) and not http.policy.allows(by_https):
                yield _candidate(url, wanted, barrier=_unlisted(origin))


def source(settings: Settings) -> DirectUrl:
    """Make the source."""
    mirrors = settings.endpoints.values()
    others = (settings.hub_endpoint, *settings.civitai_endpoints, *mirrors, *_MIRRORS)
    return DirectUrl(frozenset(map(origin_of, others)))


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
        message = f"{redact(url)} leads to another place: {error}"
        yield _candidate(url, wanted, barrier=Barrier("host", message, error.hint))
        return
    with opened as reply:
        if reply.status in (404, 410):
            return
        if reply.status in _BARRIERS:
            message = f"{redact(url)} answers HTTP {reply.status}"
            hint = "Open the link in a browser to see what it asks for, or find the file elsewhere."
            yield _candidate(url, wanted, barrier=Barrier(_BARRIERS[reply.status], message, hint))
        elif reply.status in (200, 206):
            yield _candidate(url, wanted, size=_size(reply), name=_name(reply))
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


def _size(reply: Reply) -> int | None:
    found = _TOTAL.fullmatch(reply.headers.get("Content-Range", ""))
    if found:
        return int(found[1])
    return reply.length if reply.status == 200 else None  # the length of a part is not the file's


def _name(reply: Reply) -> str:
    header = Message()
    header["Content-Disposition"] = reply.headers.get("Content-Disposition", "")
    return re.split(r"[/\\]", header.get_filename(""))[-1].strip()
