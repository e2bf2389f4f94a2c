"""CivArchive: who has copies of models that were removed elsewhere, asked by a sha256 that somebody else published.

Its API is not official, and it is asked only if the owner says so: an author or the moderators may have had
reasons to remove a model. It has no files itself; its answers are links, which the other sources look at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import HostNotAllowed, SourceUnavailable
from ..http import Http
from ..settings import Settings
from ..types import Barrier, Candidate, Digest, Evidence, Requirement
from .shared import fields
from .shared.look import ELSEWHERE, read_link

_HOME = "https://civarchive.com"
_PAGES = frozenset({"civarchive.com", "www.civarchive.com", "civitaiarchive.com", "www.civitaiarchive.com"})
_DIGEST = re.compile(r"/sha256/([0-9A-Fa-f]{64})/?")
_ID = re.compile(r"civarchive:([0-9A-Fa-f]{64})")
_MODEL = re.compile(r"/models/[0-9]{1,18}(?:/[^/]*)?/?")
_MOST_COPIES = 8

_TURN_ON = "CivArchive may know a copy: set MODELGET_CIVARCHIVE=1 if you want it asked."
_CAUTION = (
    "it was removed from where it was published, perhaps by its author or by moderators; this is a copy"
)


@dataclass(frozen=True, slots=True)
class Page:
    """What a link names: the bytes themselves, or a model's page, which does not say which file is meant."""

    digest: Digest | None = None
    link: str = ""


class CivArchive:
    """civarchive.com, or the endpoint that the owner set."""

    name = "civarchive"
    label = "CivArchive"
    is_last_resort = True
    caution: str | None = _CAUTION

    def __init__(self, endpoint: str, *, is_on: bool) -> None:
        self._endpoint = endpoint
        self._is_on = is_on
        self.hosts = _PAGES
        self.endpoints = (endpoint,) if is_on else ()
        self.advice = None if is_on else _TURN_ON

    def find(self, wanted: Requirement, http: Http) -> Iterator[Candidate]:
        """Return each declared page with a barrier: it has no file, and copies must be found by the digest."""
        for text in wanted.urls:
            page = parse_reference(text)
            if page is None:
                continue
            if page.digest is None:
                yield _of_model(self.name, page.link, wanted)
            else:
                yield self._of_digest(page.digest, wanted, http)

    def copies(self, wanted: Requirement, http: Http) -> tuple[str, ...]:
        """Return links to copies of the file with the wanted sha256, those that were deleted left out."""
        if not self._is_on or wanted.digest is None or wanted.digest.algorithm != "sha256":
            return ()
        found = self._files(wanted.digest, http)
        mirrors = (mirror for file in found for mirror in fields.entries(file, "mirrors"))
        alive = (fields.text(mirror, "url") for mirror in mirrors if not mirror.get("deletedAt"))
        return tuple(dict.fromkeys(filter(None, alive)))[:_MOST_COPIES]

    def _of_digest(self, digest: Digest, wanted: Requirement, http: Http) -> Candidate:
        files = self._files(digest, http) if self._is_on and not http.offline else []
        name = next((name for file in files if (name := fields.text(file, "name"))), wanted.name)
        return Candidate(
            self.name,
            f"civarchive:{digest.hex}",
            f"{_HOME}/sha256/{digest.hex}",
            name or digest.hex,
            Evidence.DECLARED_URL,
            digest=digest,
            barrier=Barrier(
                "removed", "CivArchive keeps no files, and names no copy that can be had", ELSEWHERE
            ),
        )

    def _files(self, digest: Digest, http: Http) -> list[dict[str, Any]]:
        """Ask who has these bytes; what the answer lists of other bytes is left out."""
        try:
            document = http.get_json(f"{self._endpoint}/api/sha256/{digest.hex}")
        except HostNotAllowed as error:
            raise SourceUnavailable(f"CivArchive sends its answer from somewhere else: {error}") from error
        files = fields.entries(document, "files")
        return [file for file in files if fields.text(file, "sha256").lower() == digest.hex]


def source(settings: Settings) -> CivArchive:
    """Make the source."""
    return CivArchive(settings.endpoints.get("civarchive", _HOME), is_on=settings.civarchive)


def parse_reference(text: str) -> Page | None:
    """Read a page or a ``civarchive:SHA256`` id; None for anything else."""
    if found := _ID.fullmatch(text):
        return Page(Digest("sha256", found[1]))
    link = read_link(text, _PAGES)
    if link is None:
        return None
    if found := _DIGEST.fullmatch(link.path):
        return Page(Digest("sha256", found[1]))
    return Page(link=link._replace(scheme="https").geturl()) if _MODEL.fullmatch(link.path) else None


def _of_model(name: str, link: str, wanted: Requirement) -> Candidate:
    message = "CivArchive's page of a model does not prove which bytes are meant"
    hint = f"Open {link}, copy the link of the file's sha256 page, and pass --choose NAME=LINK."
    return Candidate(
        name,
        link,
        link,
        wanted.name or "a model",
        Evidence.DECLARED_URL,
        barrier=Barrier("by-hand", message, hint),
    )
