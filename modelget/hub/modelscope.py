"""ModelScope: cards and lists of files below ``/api/v1/models``, downloads there and below ``/models``."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import unquote

from .content import Contents
from .messages import Answer, Request, json_answer
from .storage import Storage, disposition_of

_API = re.compile(r"/api/v1/models/(?P<repo>[^/]+/[^/]+?)(?P<what>/repo/files|/repo|)")
_RESOLVE = re.compile(r"/models/(?P<repo>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<path>.+)")


@dataclass(frozen=True, slots=True)
class ModelScopeRules:
    """What there is: repositories are ``owner/repo``; a file's bytes have the key ``modelscope/owner/repo/path``."""

    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Paths by repository; no other repository exists."""
    private: frozenset[str] = frozenset()
    """Repositories that strangers cannot tell from missing ones."""
    gated: frozenset[str] = frozenset()
    """Repositories whose card everybody sees and whose files are handed out on application."""
    unknown_revisions: frozenset[str] = frozenset()
    licences: Mapping[str, str] = field(default_factory=dict)
    tokens: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Tokens, each with the private and gated repositories that it may read."""
    longest_list: int = 3000
    """Where a list of files is cut short, without a word."""
    refuses_strangers: bool = False
    """Whether a token that is none of these is refused, and not only of no use."""


class ModelScope:
    """Answers about repositories, and for their files."""

    def __init__(self, rules: ModelScopeRules, contents: Contents, storage: Storage) -> None:
        self._rules, self._contents, self._storage = rules, contents, storage

    def answer(self, request: Request) -> Answer | None:
        """Answer a request; None when the path is not ModelScope's."""
        if request.method not in {"GET", "HEAD"}:
            return None
        if match := _RESOLVE.fullmatch(request.path):
            return self._file(match["repo"], unquote(match["path"]), request)
        match = _API.fullmatch(request.path)
        if match is None:
            return None
        if self._rules.refuses_strangers and request.token not in (None, *self._rules.tokens):
            return _failure(401, "token is invalid")
        repo, what = match["repo"], match["what"]
        if what == "/repo":
            return self._file(repo, request.first("FilePath") or "", request)
        return self._list(repo, request) if what else self._card(repo, request)

    def _card(self, repo: str, request: Request) -> Answer:
        if refusal := self._hidden(repo, request):
            return refusal
        gated = repo in self._rules.gated
        card = {
            "Path": repo.partition("/")[0],
            "Name": repo.partition("/")[2],
            "License": self._rules.licences.get(repo, "Apache License 2.0"),
            "Visibility": 1 if gated or repo in self._rules.private else 5,
            "ProtectedMode": gated,
            "Revision": "master",
        }
        return _data(card)

    def _list(self, repo: str, request: Request) -> Answer:
        if refusal := self._hidden(repo, request) or self._closed(repo, request):
            return refusal
        if (request.first("Revision") or "master") in self._rules.unknown_revisions:
            return _data({"Files": None, "IsVisual": 0, "LatestCommitter": None})
        root = request.first("Root") or ""
        recursive = (request.first("Recursive") or "").lower() == "true"
        below = [path for path in self._rules.files[repo] if not root or path.startswith(f"{root}/")]
        inside = [path for path in below if recursive or path.rpartition("/")[0] == root]
        inside = inside[: self._rules.longest_list]
        entries = [self._entry(repo, path) for path in inside]
        return _data({"Files": entries, "IsVisual": 0, "LatestCommitter": {"Id": "", "ShortId": "0" * 8}})

    def _entry(self, repo: str, path: str) -> dict[str, object]:
        content = self._contents.of(_key(repo, path))
        return {
            "Path": path,
            "Name": path.rpartition("/")[2],
            "Type": "blob",
            "Size": content.size,
            "Sha256": content.sha256,
            "IsLFS": True,
            "Revision": commit_of(repo, path),
        }

    def _file(self, repo: str, path: str, request: Request) -> Answer:
        if refusal := self._hidden(repo, request) or self._closed(repo, request):
            return refusal
        if path not in self._rules.files[repo]:
            return _failure(404, "file not found")
        key = _key(repo, path)
        url = self._storage.signed_url(key, disposition_of(path.rpartition("/")[2]))
        return Answer(302, {"Location": url, "X-Linked-Etag": self._contents.of(key).sha256})

    def _hidden(self, repo: str, request: Request) -> Answer | None:
        hidden = repo in self._rules.private and not self._may_read(repo, request)
        return _failure(404, "record not found") if hidden or repo not in self._rules.files else None

    def _closed(self, repo: str, request: Request) -> Answer | None:
        closed = repo in self._rules.gated and not self._may_read(repo, request)
        return _failure(403, "access denied") if closed else None

    def _may_read(self, repo: str, request: Request) -> bool:
        """Tell whether the cookie is one of a reader: downloads of the real site know no other credential."""
        try:
            cookie = SimpleCookie(request.headers.get("Cookie", "")).get("m_session_id")
        except CookieError:
            return False
        return cookie is not None and repo in self._rules.tokens.get(cookie.value, ())


def commit_of(repo: str, path: str) -> str:
    """Return the commit that last changed a file."""
    return hashlib.sha1(_key(repo, path).encode(), usedforsecurity=False).hexdigest()


def _key(repo: str, path: str) -> str:
    return f"modelscope/{repo}/{path}"


def _data(value: object) -> Answer:
    return json_answer(200, {"Code": 200, "Data": value, "Message": "success", "Success": True})


def _failure(status: int, message: str) -> Answer:
    return json_answer(status, {"Code": status, "Message": message, "Success": False})
