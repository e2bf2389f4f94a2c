"""Dropbox: shared links, which lead to storage when asked to download."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote

from .messages import Answer, Request, html_answer
from .storage import Storage, disposition_of

DropboxState = Literal["banned", "password", "unknown"]

_FILE = re.compile(r"/(?:s|scl/fi)/(?P<key>[^/]+)/(?P<name>[^/]+)")
_PAGES: dict[DropboxState, tuple[int, str]] = {
    "banned": (
        429,
        "Error (429)</h1><p>This account&#39;s links are generating too much traffic and have been temporarily "
        "disabled!",
    ),
    "password": (200, "This link is password protected"),
    "unknown": (200, "Something that nobody has seen before"),
}


@dataclass(frozen=True, slots=True)
class DropboxRules:
    """What is special; any link leads to a file, whose bytes have the key ``dropbox/<key>/<name>``."""

    access: Mapping[str, str] = field(default_factory=dict)
    """The ``rlkey`` by key; links of the older form have none."""
    states: Mapping[str, DropboxState] = field(default_factory=dict)
    """By key."""
    missing: frozenset[str] = frozenset()
    """Keys."""


class Dropbox:
    """Answers for shared links."""

    def __init__(self, rules: DropboxRules, storage: Storage) -> None:
        self._rules, self._storage = rules, storage

    def answer(self, request: Request) -> Answer | None:
        """Answer a request; None when the path is not Dropbox's."""
        match = _FILE.fullmatch(request.path)
        if match is None or request.method not in {"GET", "HEAD"}:
            return None
        key, name = match["key"], unquote(match["name"])
        if key in self._rules.missing or self._rules.access.get(key) != request.first("rlkey"):
            return html_answer(404, "Dropbox - 404")
        if state := self._rules.states.get(key):
            return html_answer(*_PAGES[state])
        if request.first("dl") != "1":
            return html_answer(200, "Dropbox - a page about a file")
        url = self._storage.signed_url(f"dropbox/{key}/{name}", disposition_of(name))
        return Answer(302, {"Location": url, "Content-Type": "text/html; charset=utf-8"})
