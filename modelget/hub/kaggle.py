"""Kaggle Models: its API below ``/api/v1/models``, TensorFlow Hub's redirects below ``/tfhub``."""

from __future__ import annotations

import io
import re
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from .content import Contents
from .messages import Answer, Request, html_answer, json_answer
from .storage import Storage, disposition_of

_API = re.compile(
    r"/api/v1/models/(?P<handle>(?:[^/]+/){3}[^/]+)(?:/(?P<version>[0-9]+))?/(?P<what>get|files|download)(?:/(?P<path>.+))?"
)
_PAGE = re.compile(r"/models/[^/]+/[^/]+/frameworks/[^/]+/variations/[^/]+(?:/versions/[0-9]+)?")


@dataclass(frozen=True, slots=True)
class KaggleRules:
    """What there is: handles are ``owner/model/framework/variation``, a file's bytes ``kaggle/HANDLE/VERSION/path``."""

    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Paths by handle; no other model exists."""
    versions: Mapping[str, int] = field(default_factory=dict)
    """The newest version by handle, 1 where not named; all versions have files of the same paths."""
    private: frozenset[str] = frozenset()
    """Handles that strangers are refused (403)."""
    logins: frozenset[str] = frozenset()
    """``Authorization`` headers of those who may have the private ones."""
    zipped: frozenset[str] = frozenset()
    """Paths of files that are sent as ``<file>.zip``."""
    tfhub: Mapping[str, str] = field(default_factory=dict)
    """Pages of Kaggle (``/models/…``) by the path at TensorFlow Hub."""
    page_size: int = 200


class Kaggle:
    """Answers about models, and for their files."""

    def __init__(self, rules: KaggleRules, contents: Contents, storage: Storage) -> None:
        self._rules, self._contents, self._storage = rules, contents, storage

    def answer(self, request: Request) -> Answer | None:
        """Answer a request; None when the path is not Kaggle's."""
        if request.path.startswith("/tfhub/"):
            page = self._rules.tfhub.get(request.path.removeprefix("/tfhub/"))
            return (
                Answer(302, {"Location": request.base_url + page}) if page else html_answer(404, "Not found")
            )
        if _PAGE.fullmatch(request.path):
            return html_answer(200, "Kaggle - a page about a model")
        match = _API.fullmatch(request.path)
        if match is None or request.method not in {"GET", "HEAD"}:
            return None
        handle = unquote(match["handle"])
        newest = self._rules.versions.get(handle, 1)
        version = int(match["version"] or newest)
        if handle not in self._rules.files or not 1 <= version <= newest:
            return _error(404, "Not found")
        if handle in self._rules.private and request.headers.get("Authorization") not in self._rules.logins:
            return _error(403, "Permission 'models.get' was denied")
        if match["what"] == "get":
            return json_answer(200, {"versionNumber": newest, "licenseName": "Apache 2.0", "overview": ""})
        if match["what"] == "files":
            return self._list(f"{handle}/{version}", self._rules.files[handle], request)
        return self._download(f"{handle}/{version}", self._rules.files[handle], unquote(match["path"] or ""))

    def _list(self, version: str, paths: tuple[str, ...], request: Request) -> Answer:
        start = int(request.first("pageToken") or 0)
        stop = start + min(int(request.first("pageSize") or 20), self._rules.page_size)
        files = [
            {"name": path, "size": self._contents.of(f"kaggle/{version}/{path}").size}
            for path in paths[start:stop]
        ]
        more = str(stop) if stop < len(paths) else ""
        return json_answer(200, {"files": files, "nextPageToken": more})

    def _download(self, version: str, paths: tuple[str, ...], path: str) -> Answer:
        if path and path not in paths:
            return _error(404, "Not found")
        key = f"kaggle/{version}/{path}" if path else f"kaggle/{version}.tar.gz"
        if not path:
            self._contents.add(key, self._bundle(version, paths))
        elif path in self._rules.zipped:
            key += ".zip"
            self._contents.add(key, self._zipped(version, path))
        return Answer(
            302, {"Location": self._storage.signed_url(key, disposition_of(key.rpartition("/")[2]))}
        )

    def _bundle(self, version: str, paths: tuple[str, ...]) -> bytes:
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as archive:
            for path in paths:
                content = self._contents.of(f"kaggle/{version}/{path}")
                info = tarfile.TarInfo(path)
                info.size = content.size
                archive.addfile(info, io.BytesIO(content.read()))
        return file.getvalue()

    def _zipped(self, version: str, path: str) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(path.rpartition("/")[2], self._contents.of(f"kaggle/{version}/{path}").read())
        return file.getvalue()


def _error(status: int, message: str) -> Answer:
    return json_answer(status, {"code": status, "message": message})
