"""Dropbox: files shared by a link.

Dropbox publishes no digest to strangers, and its links are mutable: only a digest in the workflow proves a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, quote, unquote, urlencode

from ..errors import HostNotAllowed, SourceUnavailable
from ..http import Http
from ..settings import Settings
from ..types import Barrier, Candidate, Evidence, Requirement
from .shared.file_host import FileHost
from .shared.look import ELSEWHERE, Look, is_plain, leads_off, look, read_link

_ENDPOINT = "https://www.dropbox.com"
_PAGES = frozenset({"www.dropbox.com", "dropbox.com", "dl.dropbox.com", "dl.dropboxusercontent.com"})
_KEY = re.compile(r"[A-Za-z0-9_-]{5,100}")
_PATH = re.compile(r"/(?P<kind>s|scl/fi|sh|scl/fo)/(?P<key>[^/]+)(?:/(?P<name>[^/]+))?(?P<more>/.*)?")
_BANNED = re.compile(r"too much traffic|temporarily disabled", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DropboxItem:
    """A shared file or folder; ``access`` is the ``rlkey`` without which newer links do not open."""

    kind: str
    """``s`` or ``scl/fi`` for a file, ``sh`` or ``scl/fo`` for a folder."""
    key: str
    name: str
    access: str = ""

    @property
    def is_folder(self) -> bool:
        """Tell whether the link leads to a folder, which Dropbox hands out as a zip file."""
        return self.kind in ("sh", "scl/fo")

    def url(self, endpoint: str, download: int = 0) -> str:
        """Return the page about it, or with ``download=1`` where its bytes are."""
        access = {"rlkey": self.access} if self.access else {}
        place = "/".join(filter(None, (self.kind, self.key, quote(self.name))))
        return f"{endpoint}/{place}?{urlencode({**access, 'dl': download})}"


class Dropbox(FileHost[DropboxItem]):
    """dropbox.com; its bytes come from hosts below dropboxusercontent.com."""

    name = "dropbox"
    label = "Dropbox"
    hosts = frozenset({*_PAGES, "*.dropboxusercontent.com"})

    def _read(self, text: str) -> DropboxItem | None:
        return parse_reference(text)

    def _refuse_folder(self, item: DropboxItem) -> Barrier:
        return Barrier(
            "by-hand",
            "the link leads to a folder of Dropbox, which comes as a zip file and does not say which file is meant",
            f"Open {item.url(_ENDPOINT)}, copy the link of the file itself, and pass --choose NAME=LINK.",
        )

    def _look_up(self, item: DropboxItem, candidate: Candidate, http: Http) -> Iterator[Candidate]:
        try:
            seen = look(candidate.url, http)
        except HostNotAllowed as error:
            yield replace(candidate, barrier=leads_off(candidate.id, error))
            return
        if seen.is_file:
            yield replace(candidate, size=seen.size, name=seen.name or candidate.name)
        elif _BANNED.search(seen.page or ""):
            raise _banned(seen)
        elif barrier := _barrier(item, seen):
            yield replace(candidate, barrier=barrier)
        elif seen.status not in (404, 410):
            raise seen.failure("Dropbox")

    def _candidate(self, item: DropboxItem, wanted: Requirement) -> Candidate:
        name = (item.name if not item.is_folder else "") or wanted.name.rpartition("/")[2] or item.key
        url = item.url(self._endpoint, download=1)
        return Candidate(self.name, item.url(_ENDPOINT), url, name, Evidence.DECLARED_URL)


def source(settings: Settings) -> Dropbox:
    """Make the source."""
    return Dropbox(settings.endpoints.get("dropbox", _ENDPOINT))


def parse_reference(text: str) -> DropboxItem | None:
    """Read a link to a shared file or folder; None for anything else.

    Of a folder's link only what names the folder is kept, whatever it points at inside.
    """
    link = read_link(text, _PAGES)
    found = _PATH.fullmatch(link.path) if link else None
    if link is None or found is None or not _KEY.fullmatch(found["key"]):
        return None
    name = unquote(found["name"] or "")
    access = parse_qs(link.query).get("rlkey", [""])[0]
    if (access and not _KEY.fullmatch(access)) or (name and not is_plain(name)):
        return None
    item = DropboxItem(found["kind"], found["key"], name, access)
    is_odd = not item.is_folder and (not name or found["more"] not in (None, "/"))
    return None if is_odd else item


def _banned(seen: Look) -> SourceUnavailable:
    """Say what https://help.dropbox.com/share/banned-links says: it takes a day, or its owner."""
    message = "Dropbox has stopped this link for a day or longer, because too many people used it"
    return SourceUnavailable(message, "rate-limited", seen.retry_after, seen.status)


def _barrier(item: DropboxItem, seen: Look) -> Barrier | None:
    open_it = f"Open {item.url(_ENDPOINT)} in a browser and download it there. Else: {ELSEWHERE}"
    if seen.status == 200:
        return Barrier(
            "login", "Dropbox shows a page instead, which may ask for a password or a login", open_it
        )
    if seen.status in (401, 403):
        return Barrier("login", "its owner shares it with certain people only", open_it)
    if seen.status == 451:
        return Barrier("removed", "Dropbox took it down after a legal complaint", ELSEWHERE)
    return None
