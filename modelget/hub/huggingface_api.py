"""The Hugging Face Hub's JSON API about repositories, paths and tokens."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any
from urllib.parse import parse_qs, unquote

from .content import Content, pointer_of
from .messages import Answer, Request, json_answer
from .repositories import Repositories, Repository, is_lfs, refuse

_API = re.compile(
    r"/api/(?P<kind>models|datasets|spaces)"
    r"/(?P<repo>[^/]+(?:/(?!(?:revision|paths-info|tree)/)[^/]+)?)"
    r"(?:/(?P<action>revision|paths-info|tree)/(?P<revision>[^/]+)(?:/(?P<folder>.*))?)?"
)


class HubApi:
    """Answers about repositories without sending their files."""

    def __init__(self, repositories: Repositories) -> None:
        self._repositories = repositories

    def answer(self, request: Request) -> Answer | None:
        """Answer an API request; None when there is no such route."""
        if request.path == "/api/whoami-v2":
            return self._whoami(request)
        match = _API.fullmatch(request.path)
        if match is None:
            return None
        kind, repo, action, revision, folder = (unquote(part or "") for part in match.groups())
        if (request.method == "POST") != (action == "paths-info"):
            return None
        repository = Repository(kind, repo, revision or "main")
        refusal = self._repositories.refusal(repository, request, "api")
        if refusal is not None:
            return refusal
        if action == "paths-info":
            return self._paths_info(repository, request)
        if action == "tree":
            return self._tree(repository, folder.strip("/"), request.first("recursive"))
        return json_answer(200, self.info_of(repository, request.first("blobs")))

    def _whoami(self, request: Request) -> Answer:
        if request.token is None or not self._repositories.knows(request.token):
            return refuse(401, "", "Invalid username or password.")
        token = {"displayName": "embedded", "role": "read"}
        return json_answer(200, {"type": "user", "name": "embedded-user", "auth": {"accessToken": token}})

    def info_of(self, repository: Repository, blobs: str | None = None) -> dict[str, Any]:
        """Describe a repository, with its files and, where asked for, their digests."""
        repositories, licence = self._repositories, self._repositories.licence(repository)
        return {
            "_id": repository.commit[:24],
            "id": repository.id,
            "author": repository.id.partition("/")[0],
            "sha": repository.commit,
            "private": repositories.is_private(repository),
            "gated": "auto" if repositories.is_gated(repository) else False,
            "disabled": False,
            "downloads": 0,
            "likes": 0,
            "lastModified": "2025-01-01T00:00:00.000Z",
            "tags": [f"license:{licence}"] if licence else [],
            "cardData": {"license": licence} if licence else {},
            "siblings": [self._sibling(repository, path, blobs) for path in repositories.paths(repository)],
        }

    def _sibling(self, repository: Repository, path: str, blobs: str | None) -> dict[str, Any]:
        entry = self._entry(repository, path)
        if blobs not in {"true", "True", "1"} or entry is None:
            return {"rfilename": path}
        sibling = {"rfilename": path, "size": entry["size"], "blobId": entry["oid"]}
        if lfs := entry.get("lfs"):
            sibling["lfs"] = {"sha256": lfs["oid"], "size": lfs["size"], "pointerSize": lfs["pointerSize"]}
        return sibling

    def _paths_info(self, repository: Repository, request: Request) -> Answer:
        entries = [self._entry(repository, path) for path in _asked_paths(request)]
        return json_answer(200, [entry for entry in entries if entry is not None])

    def _tree(self, repository: Repository, folder: str, recursive: str | None) -> Answer:
        start = f"{folder}/" if folder else ""
        below = [path for path in self._repositories.paths(repository) if path.startswith(start)]
        if folder and not below:
            return refuse(404, "EntryNotFound", "The folder does not exist", repository.commit)
        entries: dict[str, dict[str, Any] | None] = {}
        for path in below:
            child, slash, _ = path.removeprefix(start).partition("/")
            if slash:
                entries.setdefault(start + child, _folder_entry(start + child))
            if not slash or recursive in {"true", "True", "1"}:
                entries[path] = self._entry(repository, path)
        return json_answer(200, [entry for entry in entries.values() if entry is not None])

    def _entry(self, repository: Repository, path: str) -> dict[str, Any] | None:
        content = self._repositories.find(repository, path)
        return None if content is None else _file_entry(path, content)


def _file_entry(path: str, content: Content) -> dict[str, Any]:
    if not is_lfs(path, content):
        return {"type": "file", "path": path, "size": content.size, "oid": content.git_sha1}
    pointer = pointer_of(content)
    blob = hashlib.sha1(b"blob %d\0" % len(pointer) + pointer, usedforsecurity=False).hexdigest()
    lfs = {"oid": content.sha256, "size": content.size, "pointerSize": len(pointer)}
    return {"type": "file", "path": path, "size": content.size, "oid": blob, "lfs": lfs}


def _folder_entry(path: str) -> dict[str, Any]:
    oid = hashlib.sha1(path.encode(), usedforsecurity=False).hexdigest()
    return {"type": "directory", "path": path, "size": 0, "oid": oid}


def _asked_paths(request: Request) -> list[str]:
    text = request.body.decode(errors="replace")
    if "json" not in request.headers.get("Content-Type", ""):
        return parse_qs(text).get("paths", [])
    try:
        document = json.loads(text)
    except ValueError:
        return []
    paths = document.get("paths", []) if isinstance(document, dict) else []
    return [str(path) for path in paths] if isinstance(paths, list) else [str(paths)]
