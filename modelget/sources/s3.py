"""S3: ``s3://bucket/key`` links to files in public buckets, of Amazon or of whoever speaks the same protocol."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

from ..hosts import origin_of
from ..http import Http
from ..settings import Settings
from ..types import Barrier, Candidate, Evidence, Requirement
from .shared.buckets import read_address, web_address
from .shared.look import ELSEWHERE, LONGEST_LINK, is_plain, looked_at

_HINT = f"Only public buckets can be read. {ELSEWHERE}"
_BARRIERS = {
    401: Barrier("login", "S3 asks for a login", _HINT),
    # A public bucket answers so for a key that is not there, unless everybody may list it.
    403: Barrier("login", "S3 refuses it (HTTP 403): it is private, or not there", _HINT),
    451: Barrier("region", "S3 does not serve it in this region", _HINT),
}


class S3:
    """The endpoint that the owner set; without one, buckets of Amazon whose hosts the owner listed."""

    name = "s3"
    label = "S3"
    hosts: frozenset[str] = frozenset()

    def __init__(self, endpoint: str | None) -> None:
        self._endpoint = endpoint
        self.endpoints = (endpoint,) if endpoint else ()

    def find(self, wanted: Requirement, http: Http) -> Iterator[Candidate]:
        """Look at each declared key; one in a bucket on an unlisted host is returned with a barrier."""
        for text in wanted.urls:
            place = _read_key(text)
            if place is None:
                continue
            bucket, key = place
            url = web_address(bucket, key, self._endpoint)
            name = key.rpartition("/")[2]
            candidate = Candidate(self.name, f"s3://{bucket}/{quote(key)}", url, name, Evidence.DECLARED_URL)
            if not http.policy.allows(url):
                yield replace(candidate, barrier=_unlisted(origin_of(url)))
            elif http.offline:
                yield candidate
            else:
                yield from looked_at(candidate, http, self.label, _BARRIERS)


def source(settings: Settings) -> S3:
    """Make the source."""
    return S3(settings.endpoints.get("s3"))


def _read_key(text: str) -> tuple[str, str] | None:
    place = read_address(text) if len(text) <= LONGEST_LINK else None
    return place if place and all(map(is_plain, place[1].split("/"))) else None


def _unlisted(origin: str) -> Barrier:
    return Barrier(
        "host",
        f"{origin} is somebody's bucket, and the owner has not listed it",
        f"If you trust it, add {origin} to MODELGET_ALLOW_HOSTS; else find the file elsewhere: --choose NAME=ID.",
    )
