"""The Hugging Face Hub's file URLs: ``/resolve/`` and its look-alikes ``/raw/`` and ``/blob/``."""

from __future__ import annotations

import re
from urllib.parse import unquote

from .content import Content, pointer_of
from .messages import Answer, Request, html_answer
from .repositories import Repositories, Repository, is_lfs, refuse
from .storage import Storage, disposition_of

_FILE = re.compile(
    r"/(?:(?P<kind>datasets|spaces)/)?(?P<repo>[^/]+(?:/[^/]+)?)"
    r"/(?P<action>resolve|raw|blob)/(?P<revision>[^/]+)/(?P<path>.+)"
)


class HubFiles:
    """Answers for single files."""

    def __init__(self, repositories: Repositories, storage: Storage) -> None:
        self._repositories, self._storage = repositories, storage

    def answer(self, request: Request) -> Answer | None:
        """Answer a request for a file; None when the path is not one."""
        match = _FILE.fullmatch(request.path)
        if match is None or request.method not in {"GET", "HEAD"}:
            return None
        kind, repo, action, revision, path = (unquote(part or "") for part in match.groups())
        repository = Repository(kind or "models", repo, revision)
        refusal = self._repositories.refusal(repository, request, "resolvers")
        refusal = refusal or self._repositories.gate(repository, request)
        if refusal is not None:
            return refusal
        content = self._repositories.find(repository, path)
        if content is None:
            return refuse(404, "EntryNotFound", "Entry not found", repository.commit)
        if action == "blob":
            return html_answer(200, "The page about a file")
        if is_lfs(path, content):
            return self._pointed(repository, path, content, action)
        return self._small(repository, path, content)

    def _pointed(self, repository: Repository, path: str, content: Content, action: str) -> Answer:
        commit = {"X-Repo-Commit": repository.commit}
        if action == "raw":
            return Answer(200, {**commit, "Content-Type": "text/plain; charset=utf-8"}, pointer_of(content))
        url = self._storage.signed_url(repository.file(path), disposition_of(path.rsplit("/", 1)[-1]))
        headers = {
            **commit,
            "Accept-Ranges": "bytes",
            "Content-Type": "text/plain; charset=utf-8",
            "ETag": self._repositories.etag(repository, content.sha256),
            "Location": url,
            "X-Linked-Etag": self._repositories.etag(repository, content.sha256),
            "X-Linked-Size": str(content.size),
        }
        return Answer(302, headers, b"Found. Redirecting to storage\n")

    def _small(self, repository: Repository, path: str, content: Content) -> Answer:
        headers = {
            "Content-Type": "application/json" if path.endswith(".json") else "text/plain; charset=utf-8",
            "ETag": self._repositories.etag(repository, content.git_sha1),
            "X-Repo-Commit": repository.commit,
        }
        return Answer(200, headers, content)
