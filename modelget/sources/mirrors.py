"""Mirrors that the owner lists: copies of files, right only because their sha256 is known from elsewhere.

A mirror is a folder on a web server or in a bucket, and a file in it lies at one of
``<model folder>/<name>``, ``<name>`` and ``sha256/<64 digits>``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote, unquote

from ..errors import HostNotAllowed
from ..http import Http
from ..settings import Settings
from ..types import Barrier, Candidate, Evidence, Requirement
from .shared.buckets import read_address, web_address
from .shared.look import ELSEWHERE, LONGEST_LINK, is_plain, leads_off, look

_NOT_THERE = frozenset({403, 404, 410})
"""A public bucket answers 403 for what is not there, unless everybody may list it."""
_BARRIERS = {401: "login", 403: "login", 451: "region"}


class Mirrors:
    """Any number of mirrors; a link to a file on one is a link to a host that the owner listed."""

    name = "mirrors"
    label = "Your mirrors"
    hosts: frozenset[str] = frozenset()
    is_last_resort = False
    caution: str | None = None
    advice: str | None = None

    def __init__(self, roots: tuple[str, ...]) -> None:
        self.endpoints = roots

    def find(self, wanted: Requirement, http: Http) -> Iterator[Candidate]:
        """Look at each declared file on a mirror; of a mirror itself, look for the file with the digest."""
        for url in wanted.urls:
            if url in self.endpoints:
                yield from self._search(url, wanted, http)
            elif self._is_file(url):
                yield from self._declared(url, http)

    def copies(self, wanted: Requirement, http: Http) -> tuple[str, ...]:
        """Return the mirrors, each of which may have a copy of the file with the wanted digest."""
        return self.endpoints

    def _is_file(self, url: str) -> bool:
        root = next((root for root in self.endpoints if url.startswith(f"{root}/")), None)
        if (
            root is None
            or len(url) > LONGEST_LINK
            or not url.isprintable()
            or {"?", "#", "\\", " "} & set(url)
        ):
            return False
        return all(is_plain(unquote(part)) for part in url[len(root) + 1 :].split("/"))

    def _search(self, root: str, wanted: Requirement, http: Http) -> Iterator[Candidate]:
        """Take the first layout under which there is a file: whether it is the right one, the fetch will tell."""
        if wanted.digest is None or wanted.digest.algorithm != "sha256" or http.offline:
            return
        for path in _layouts(wanted):
            candidate = self._candidate(f"{root}/{quote(path)}")
            try:
                seen = look(candidate.url, http)
            except HostNotAllowed:
                continue  # it leads to where nobody may go, so there is no copy
            if seen.is_file:
                yield replace(candidate, size=seen.size)
                return
            if seen.status not in _NOT_THERE:
                raise seen.failure("the mirror")

    def _declared(self, url: str, http: Http) -> Iterator[Candidate]:
        candidate = self._candidate(url)
        if http.offline:
            yield candidate
            return
        try:
            seen = look(url, http)
        except HostNotAllowed as error:
            yield replace(candidate, barrier=leads_off(url, error))
            return
        if seen.is_file:
            yield replace(candidate, size=seen.size)
        elif seen.status in _BARRIERS:
            message = f"the mirror answers HTTP {seen.status}"
            hint = f"Only public mirrors can be read. {ELSEWHERE}"
            yield replace(candidate, barrier=Barrier(_BARRIERS[seen.status], message, hint))
        elif seen.status not in (404, 410):
            raise seen.failure("the mirror")

    def _candidate(self, url: str) -> Candidate:
        name = unquote(url.rpartition("/")[2])
        return Candidate(self.name, url, url, name, Evidence.DECLARED_URL)


def source(settings: Settings) -> Mirrors:
    """Make the source."""
    return Mirrors(mirror_roots(settings))


def mirror_roots(settings: Settings) -> tuple[str, ...]:
    """Return the web addresses of the owner's mirrors, buckets included."""
    return tuple(_root(mirror, settings.endpoints.get("s3")) for mirror in settings.mirrors)


def _root(mirror: str, s3_endpoint: str | None) -> str:
    place = read_address(mirror)
    return web_address(*place, s3_endpoint) if place else mirror


def _layouts(wanted: Requirement) -> Iterator[str]:
    """Yield where on a mirror the file may lie."""
    assert wanted.digest is not None  # noqa: S101 - the caller looked
    parts = wanted.name.split("/")
    if all(map(is_plain, parts)):
        if wanted.folder is not None and is_plain(wanted.folder):
            yield f"{wanted.folder}/{wanted.name}"
        yield parts[-1]
    yield f"sha256/{wanted.digest.hex}"
