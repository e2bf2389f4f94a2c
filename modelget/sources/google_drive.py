"""Google Drive: files that are shared with everybody who has the link.

Drive publishes no digest without an account, and its links are mutable: only a digest in the workflow proves a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape
from urllib.parse import parse_qs, urlencode

from ..errors import HostNotAllowed, SourceUnavailable
from ..http import Http
from ..settings import Settings
from ..types import Barrier, Candidate, Evidence, Requirement
from .shared.file_host import FileHost
from .shared.look import ELSEWHERE, Look, leads_off, look, read_link

_ENDPOINT = "https://drive.usercontent.google.com"
_PAGES = frozenset({"drive.google.com", "docs.google.com", "drive.usercontent.google.com"})
_LOGIN = "https://accounts.google.com"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{10,100}")
_PATH = re.compile(
    r"/(?:a/[^/]+/)?(?:file/)?(?:u/\d{1,2}/)?"
    r"(?:d/(?P<id>[^/]+)(?:/(?:view|edit|preview))?/?|uc|open|download|drive/(?:u/\d{1,2}/)?folders/(?P<folder>[^/]+)/?"
    r"|(?P<listing>folderview|embeddedfolderview))"
)
_CONFIRMED = frozenset({"confirm", "uuid", "at"})
"""What the confirm page hands on beside the file's id, as gdown 6.5.1 sends it."""
_LONGEST_FORM = 20_000
_INPUT, _ATTRIBUTE = re.compile(r"<input\b([^>]*)>"), re.compile(r'\b(name|value)="([^"]*)"')
_PLAIN = re.compile(r"[\x21-\x7e]{1,200}")

_QUOTA = re.compile(r"quota exceeded|too many users have viewed or downloaded this file", re.IGNORECASE)
_INFECTED = re.compile(r"infected with a virus|only the owner is allowed to download infected", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DriveItem:
    """A file, or a folder of files, and the key that older links carry beside the id."""

    id: str
    key: str = ""
    is_folder: bool = False

    @property
    def link(self) -> str:
        """The link that people open."""
        place = f"drive/folders/{self.id}" if self.is_folder else f"file/d/{self.id}/view"
        query = f"?{urlencode({'resourcekey': self.key})}" if self.key else ""
        return f"https://drive.google.com/{place}{query}"


class GoogleDrive(FileHost[DriveItem]):
    """Drive's host for downloads; the pages of drive.google.com are only read as links."""

    name = "google_drive"
    label = "Google Drive"
    hosts = frozenset({*_PAGES, "*.googleusercontent.com"})

    def _read(self, text: str) -> DriveItem | None:
        return parse_reference(text)

    def _refuse_folder(self, item: DriveItem) -> Barrier:
        return Barrier(
            "by-hand",
            "the link leads to a folder of Google Drive, which does not say which file is meant",
            f"Open {item.link}, copy the link of the file itself, and pass --choose NAME=LINK.",
        )

    def _look_up(self, item: DriveItem, candidate: Candidate, http: Http) -> Iterator[Candidate]:
        try:
            seen = self._open(item, candidate.url, http)
        except HostNotAllowed as error:
            yield replace(candidate, barrier=_turned_away(item, error))
            return
        if seen.is_file:
            yield replace(candidate, url=seen.url, size=seen.size, name=seen.name or candidate.name)
        elif barrier := _barrier(item, seen):
            yield replace(candidate, barrier=barrier)
        elif seen.status not in (404, 410):
            raise _failure(item, seen)

    def _open(self, item: DriveItem, url: str, http: Http) -> Look:
        """Look at the file; where Drive asks for confirmation that it was not scanned for viruses, behind that.

        The page's own link is of unknown life. So the one that always holds is tried first.
        """
        seen = look(url, http)
        given = _confirmation(seen.page or "")
        for answers in ({"confirm": given.get("confirm", "t")}, given) if given else ():
            behind = look(self._url(item, answers), http)
            if not _confirmation(behind.page or ""):
                return behind
        return seen

    def _url(self, item: DriveItem, more: dict[str, str]) -> str:
        key = {"resourcekey": item.key} if item.key else {}
        return f"{self._endpoint}/download?{urlencode({'id': item.id, 'export': 'download', **key, **more})}"

    def _candidate(self, item: DriveItem, wanted: Requirement) -> Candidate:
        name = wanted.name.rpartition("/")[2] or item.id
        url = item.link if item.is_folder else self._url(item, {})
        return Candidate(self.name, item.link, url, name, Evidence.DECLARED_URL)


def source(settings: Settings) -> GoogleDrive:
    """Make the source."""
    return GoogleDrive(settings.endpoints.get("google_drive", _ENDPOINT))


def parse_reference(text: str) -> DriveItem | None:
    """Read a link to a file or a folder of Drive, in any of its forms; None for anything else."""
    link = read_link(text, _PAGES)
    found = _PATH.fullmatch(link.path) if link else None
    if link is None or found is None:
        return None
    query = parse_qs(link.query)
    asked = query.get("id", [""])[0]
    number, key = found["id"] or found["folder"] or asked, query.get("resourcekey", [""])[0]
    if not _TOKEN.fullmatch(number) or (key and not _TOKEN.fullmatch(key)):
        return None
    return DriveItem(number, key, bool(found["folder"] or found["listing"]))


def _confirmation(page: str) -> dict[str, str]:
    """Return what the confirm page wants to be told, nothing for another page.

    Only known names with plain values: where the answer is sent is ours to say, not the page's.
    """
    start = page.find('id="download-form"')
    form = page[start : start + _LONGEST_FORM].partition("</form>")[0] if start >= 0 else ""
    inputs = [dict(_ATTRIBUTE.findall(tag)) for tag in _INPUT.findall(form)]
    given = {one.get("name", ""): unescape(one.get("value", "")) for one in inputs}
    return {name: value for name, value in given.items() if name in _CONFIRMED and _PLAIN.fullmatch(value)}


def _turned_away(item: DriveItem, error: HostNotAllowed) -> Barrier:
    return _private(item) if error.origin == _LOGIN else leads_off(item.link, error)


def _private(item: DriveItem) -> Barrier:
    return Barrier(
        "login",
        "its owner shares it with certain people only",
        f"Open {item.link} with an account that may see it and download it there. Else: {ELSEWHERE}",
    )


def _barrier(item: DriveItem, seen: Look) -> Barrier | None:
    if _INFECTED.search(seen.page or ""):
        return Barrier("removed", "Google Drive has found a virus in it", ELSEWHERE)
    if _QUOTA.search(seen.page or "") or seen.is_rate_limit:
        return None
    if seen.status in (401, 403):
        return _private(item)
    if seen.status == 451:
        return Barrier("removed", "Google Drive took it down after a legal complaint", ELSEWHERE)
    return None


def _failure(item: DriveItem, seen: Look) -> SourceUnavailable:
    if not _QUOTA.search(seen.page or ""):
        return seen.failure("Google Drive")
    message = (
        "too many people fetched this file from Google Drive; it gives it out again within a day. "
        f"With an account of your own you can copy it to your Drive, and fetch the copy: {item.link}"
    )
    return SourceUnavailable(message, "rate-limited", seen.retry_after, seen.status)
