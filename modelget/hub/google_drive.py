"""Google Drive's host for downloads: the file, or one of the pages that stand before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import uuid4

from .content import Content, Contents
from .messages import Answer, Request, html_answer
from .storage import disposition_of

DriveState = Literal[
    "unscanned", "unscanned-uuid", "unscanned-quota", "infected", "quota", "private", "forbidden", "unknown"
]
"""``unscanned`` asks for confirmation, ``unscanned-uuid`` for the one on the page just shown, ``unscanned-quota``
for one that does not help; the rest refuse."""

_PAGES: dict[DriveState, tuple[int, str]] = {
    "infected": (
        200,
        "Sorry, this file is infected with a virus</p><p class='uc-error-subcaption'>"
        "Only the owner is allowed to download infected files.",
    ),
    "quota": (
        200,
        "Sorry, you can&#39;t view or download this file at this time.</p><p class='uc-error-subcaption'>"
        "Too many users have viewed or downloaded this file recently. Please try accessing the file again later. "
        "If the file you are trying to access is particularly large or is shared with many people, it may take up "
        "to 24 hours to be able to view or download the file.",
    ),
    "forbidden": (403, "We&#39;re sorry. You do not have permission to access this file."),
    "unknown": (200, "Something that nobody has seen before"),
}


@dataclass(frozen=True, slots=True)
class DriveRules:
    """What is special; a file that is not named is absent. The bytes of one have the key ``drive/<name>``."""

    files: Mapping[str, str] = field(default_factory=dict)
    """Names by id."""
    states: Mapping[str, DriveState] = field(default_factory=dict)
    """By id; files that are not named are given to everybody at once."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Resource keys by id, without which a file is private."""


class GoogleDrive:
    """Answers for downloads."""

    def __init__(self, rules: DriveRules, contents: Contents) -> None:
        self._rules, self._contents = rules, contents
        self._uuid = str(uuid4())

    def expire(self) -> None:
        """Have every confirm page shown so far lead nowhere."""
        self._uuid = str(uuid4())

    def answer(self, request: Request) -> Answer | None:
        """Answer a request; None when the path is not Drive's."""
        number = request.first("id")
        if request.path != "/download" or number is None or request.method not in {"GET", "HEAD"}:
            return None
        if number not in self._rules.files:
            return html_answer(404, "Sorry, the file you have requested does not exist.")
        state = self._rules.states.get(number)
        if state == "private" or self._rules.keys.get(number) not in (None, request.first("resourcekey")):
            return Answer(
                302, {"Location": f"https://accounts.google.com/v3/signin/identifier?continue={number}"}
            )
        if state in _PAGES:
            status, text = _PAGES[state]
            return html_answer(status, text)
        name = self._rules.files[number]
        content = self._contents.of(f"drive/{name}")
        is_confirmed = request.first("confirm") == "t"
        if state == "unscanned-uuid":
            is_confirmed = is_confirmed and request.first("uuid") == self._uuid
        if state in ("unscanned", "unscanned-uuid", "unscanned-quota") and not is_confirmed:
            return _confirm_page(number, name, content, self._uuid)
        if state == "unscanned-quota":
            return html_answer(*_PAGES["quota"])
        headers = {"Content-Type": "application/octet-stream", "Content-Disposition": disposition_of(name)}
        return Answer(200, {**headers, "X-Goog-Hash": "crc32c=AAAAAA=="}, content)


def _confirm_page(number: str, name: str, content: Content, uuid: str) -> Answer:
    """Return the page about files too large for the virus scanner, with the form that goes on."""
    inputs = {"id": number, "export": "download", "confirm": "t", "uuid": uuid}
    fields = "".join(f'<input type="hidden" name="{key}" value="{value}">' for key, value in inputs.items())
    page = (
        "<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title></head><body>"
        '<form action="/search" id="other"><input name="confirm" value="no"></form>'
        '<p class="uc-warning-caption">Google Drive can\'t scan this file for viruses.</p>'
        f'<p class="uc-warning-subcaption"><span class="uc-name-size"><a href="/open?id={number}">{name}</a> '
        f"({content.size / 2**20:.0f}M)</span> is too large for Google to scan for viruses.</p>"
        '<form id="download-form" action="https://drive.usercontent.google.com/download" method="get">'
        f'<input type="submit" id="uc-download-link" value="Download anyway"/>{fields}</form></body></html>'
    )
    return Answer(200, {"Content-Type": "text/html; charset=utf-8"}, page.encode())
