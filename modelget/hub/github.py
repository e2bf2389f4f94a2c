"""GitHub as an Enterprise Server has it on one host: releases, ``/raw/``, ``/media/`` and the API below ``/api/v3``."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlencode

from .content import Content, Contents, pointer_of
from .messages import Answer, Request, json_answer
from .storage import Storage, disposition_of

_REPO = r"/(?P<repo>[^/]+/[^/]+)"
_API = re.compile(
    rf"/api/v3/repos{_REPO}/(?P<what>releases/tags|releases/latest|releases/assets|commits|contents)(?:/(?P<name>.+))?"
)
_ASSET = re.compile(rf"{_REPO}/releases/download/(?P<tag>[^/]+)/(?P<name>[^/]+)")
_FILE = re.compile(rf"/(?P<host>raw|media){_REPO}/(?P<commit>[0-9a-f]{{40}})/(?P<path>.+)")
_LARGEST_INLINE = 2**20


@dataclass(frozen=True, slots=True)
class GitHubRules:
    """What is special: repositories are ``owner/repo``, references ``owner/repo@name``, files ``owner/repo/path``.

    Any file exists at any reference; its bytes have the key ``github/owner/repo/path``, an asset's
    ``github/owner/repo@tag/name``. Releases are only those listed.
    """

    releases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Names of the assets by ``owner/repo@tag``; a repository's last one is its latest."""
    without_digest: frozenset[str] = frozenset()
    """Releases from before June 2025."""
    lfs: frozenset[str] = frozenset()
    """Files that are kept in LFS."""
    lfs_spent: frozenset[str] = frozenset()
    """Repositories whose traffic for LFS is used up: pointers are served instead."""
    missing: frozenset[str] = frozenset()
    """Repositories, references and files."""
    private: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)
    """New names by old ones: the API and the web redirect to them."""
    taken_down: Mapping[str, int] = field(default_factory=dict)
    """Status of the refusal by repository: 403 for breaking the rules, 451 for a legal complaint."""
    tokens: frozenset[str] = frozenset()
    """Tokens, which see private repositories and get their files in the API; no token opens their links on the web."""
    narrow_tokens: frozenset[str] = frozenset()
    """Those of them that see which files there are, and may not read them."""
    spent: bool = False
    """Whether the API has answered often enough for this hour, to callers without a token."""


class GitHub:
    """Answers for assets, files and questions about both."""

    def __init__(self, rules: GitHubRules, contents: Contents, storage: Storage) -> None:
        self._rules, self._contents, self._storage = rules, contents, storage

    def answer(self, request: Request) -> Answer | None:
        """Answer a request; None when the path is not GitHub's."""
        if request.method not in {"GET", "HEAD"}:
            return None
        if moved := self._moved(request):
            return moved
        if match := _API.fullmatch(request.path):
            name = unquote(match["name"] or "")
            return self._refusal(match["repo"], request) or self._api(
                match["repo"], match["what"], name, request
            )
        if match := _ASSET.fullmatch(request.path):
            return self._asset(match["repo"], unquote(match["tag"]), unquote(match["name"]))
        if match := _FILE.fullmatch(request.path):
            return self._file(match["host"], match["repo"], unquote(match["path"]))
        return None

    def _moved(self, request: Request) -> Answer | None:
        for old, new in self._rules.renamed.items():
            if f"{request.path}/".partition(f"/{old}/")[1]:
                # The real API names the repository by its number instead.
                return Answer(
                    301, {"Location": request.path.replace(f"/{old}", f"/{new}", 1) + _query(request)}
                )
        return None

    def _refusal(self, repo: str, request: Request) -> Answer | None:
        if request.token is not None and request.token not in self._rules.tokens:
            return json_answer(401, {"message": "Bad credentials", "status": "401"})
        if self._rules.spent and request.token is None:
            limit = {
                "X-RateLimit-Limit": "60",
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": "4000000000",
            }
            return json_answer(403, {"message": "API rate limit exceeded for 127.0.0.1."}, limit)
        if status := self._rules.taken_down.get(repo):
            return json_answer(status, {"message": "Repository access blocked", "block": {"reason": "tos"}})
        if repo in self._rules.missing or (repo in self._rules.private and request.token is None):
            return _not_found()
        return None

    def _api(self, repo: str, what: str, name: str, request: Request) -> Answer:
        if what == "commits":
            if f"{repo}@{name}" in self._rules.missing:
                return json_answer(422, {"message": f"No commit found for SHA: {name}"})
            return json_answer(200, {"sha": commit_of(repo, name), "files": []})
        if what == "contents":
            return self._contents_of(repo, name, request)
        if what == "releases/assets":
            return self._asset_itself(repo, name, request)
        tags = [key.partition("@")[2] for key in self._rules.releases if key.startswith(f"{repo}@")]
        tag = name if what == "releases/tags" else (tags or [""])[-1]
        return json_answer(200, self._release(repo, tag, request)) if tag in tags else _not_found()

    def _release(self, repo: str, tag: str, request: Request) -> dict[str, Any]:
        release = f"{repo}@{tag}"
        assets = []
        for number, name in enumerate(self._rules.releases[release]):
            content = self._contents.of(f"github/{release}/{name}")
            known = release not in self._rules.without_digest
            assets.append(
                {
                    "id": _number_of(release, number),
                    "name": name,
                    "state": "uploaded",
                    "content_type": "application/octet-stream",
                    "size": content.size,
                    "digest": f"sha256:{content.sha256}" if known else None,
                    "browser_download_url": f"{request.base_url}/{repo}/releases/download/{tag}/{name}",
                }
            )
        return {"tag_name": tag, "name": tag, "draft": False, "prerelease": False, "assets": assets}

    def _asset_itself(self, repo: str, number: str, request: Request) -> Answer:
        known = {
            str(_number_of(release, place)): (release, name)
            for release, names in self._rules.releases.items()
            for place, name in enumerate(names)
            if release.startswith(f"{repo}@")
        }
        if number not in known or request.token in self._rules.narrow_tokens:
            return _not_found()
        release, name = known[number]
        if request.headers.get("Accept") != "application/octet-stream":
            return json_answer(200, {"id": int(number), "name": name})
        return Answer(
            302, {"Location": self._storage.signed_url(f"github/{release}/{name}", disposition_of(name))}
        )

    def _contents_of(self, repo: str, path: str, request: Request) -> Answer:
        key = f"{repo}/{path}"
        if key in self._rules.missing:
            return _not_found()
        if "." not in path.rpartition("/")[2]:
            return json_answer(200, [{"type": "file", "name": "x.pth", "path": f"{path}/x.pth"}])
        stored = self._stored(key)
        if request.headers.get("Accept") == "application/vnd.github.raw+json":
            if request.token in self._rules.narrow_tokens:
                return json_answer(403, {"message": "Resource not accessible by personal access token"})
            return Answer(200, {"Content-Type": "application/vnd.github.raw+json; charset=utf-8"}, stored)
        inline = stored.read() if stored.size <= _LARGEST_INLINE else b""
        entry = {
            "type": "file",
            "name": path.rpartition("/")[2],
            "path": path,
            "size": stored.size,
            "sha": stored.git_sha1,
            "encoding": "base64" if inline else "none",
            "content": base64.encodebytes(inline).decode(),
        }
        return json_answer(200, entry)

    def _asset(self, repo: str, tag: str, name: str) -> Answer | None:
        release = f"{repo}@{tag}"
        if name not in self._rules.releases.get(release, ()) or not self._is_public(repo):
            return _not_found()
        url = self._storage.signed_url(f"github/{release}/{name}", disposition_of(name))
        return Answer(302, {"Location": url, "Content-Type": "text/html; charset=utf-8"})

    def _file(self, host: str, repo: str, path: str) -> Answer:
        key = f"{repo}/{path}"
        if (
            key in self._rules.missing
            or not self._is_public(repo)
            or (host == "media" and key not in self._rules.lfs)
        ):
            return Answer(404, {"Content-Type": "text/plain; charset=utf-8"}, b"404: Not Found")
        spent = repo in self._rules.lfs_spent
        content = self._stored(key) if host == "raw" or spent else self._contents.of(f"github/{key}")
        return Answer(
            200, {"Content-Type": "application/octet-stream", "ETag": f'"{content.sha256}"'}, content
        )

    def _stored(self, key: str) -> Content:
        """Return what Git itself holds: of an LFS file only the pointer."""
        content = self._contents.of(f"github/{key}")
        if key not in self._rules.lfs:
            return content
        pointer = pointer_of(content)
        return Content(len(pointer), pointer, bytes)

    def _is_public(self, repo: str) -> bool:
        rules = self._rules
        return not (repo in rules.private or repo in rules.taken_down or repo in rules.missing)


def commit_of(repo: str, reference: str) -> str:
    """Return the commit that a reference names."""
    return hashlib.sha1(f"github/{repo}@{reference}".encode(), usedforsecurity=False).hexdigest()


def _number_of(release: str, place: int) -> int:
    return int(hashlib.sha1(release.encode(), usedforsecurity=False).hexdigest()[:6], 16) * 100 + place


def _query(request: Request) -> str:
    return "?" + urlencode(request.query, doseq=True) if request.query else ""


def _not_found() -> Answer:
    return json_answer(404, {"message": "Not Found", "status": "404"})
