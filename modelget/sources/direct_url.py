"""Plain links to a file on a host that the owner listed in MODELGET_ALLOW_HOSTS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from ..errors import InvalidSetting, SourceUnavailable
from ..hosts import origin_of, redact
from ..http import Http, Reply
from ..settings import Settings
from ..types import Barrier, Candidate, Evidence, Requirement

_TOTAL = re.compile(r"bytes 0-0/(\d+)")
_FILE_NAME = re.compile(r'filename="?([^";]+)"?')
_BARRIERS = {401: "login", 403: "login", 451: "region"}


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
            if not url.startswith(("http://", "https://")):
                continue
            try:
                origin = origin_of(url)
            except InvalidSetting as error:
                yield _candidate(url, wanted, barrier=Barrier("host", str(error), "Correct the link."))
                continue
            if origin in http.policy.origins - self._others:
                yield from _look(url, wanted, http)
            elif not http.policy.allows(url):
                yield _candidate(url, wanted, barrier=_unlisted(origin))


def source(settings: Settings) -> DirectUrl:
    """Make the source."""
    return DirectUrl(frozenset(map(origin_of, (settings.hub_endpoint, *settings.civitai_endpoints))))


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
    with http.open(url, headers={"Range": "bytes=0-0"}) as reply:
        if reply.status in (404, 410):
            return
        if reply.status in _BARRIERS:
            message = f"{redact(url)} answers HTTP {reply.status}"
            hint = "Open the link in a browser to see what it asks for, or find the file elsewhere."
            yield _candidate(url, wanted, barrier=Barrier(_BARRIERS[reply.status], message, hint))
        elif reply.status in (200, 206):
            yield _candidate(url, wanted, size=_size(reply), name=_name(reply))
        else:
            raise SourceUnavailable(f"{redact(url)}: HTTP {reply.status}")


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
    return int(found[1]) if found else reply.length


def _name(reply: Reply) -> str:
    found = _FILE_NAME.search(reply.headers.get("Content-Disposition", ""))
    return found[1].strip() if found else ""
