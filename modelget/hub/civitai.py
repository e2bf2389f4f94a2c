"""Civitai's download URL: a signed redirect, or one of many ways to refuse."""

from __future__ import annotations

import re
from threading import Lock
from urllib.parse import urlencode

from .civitai_api import token_of
from .civitai_catalogue import Catalogue, key_of, primary_of
from .limits import RateLimiter
from .messages import Answer, Request, html_answer, json_answer
from .rules import CivitaiBarrier, CivitaiFile, CivitaiVersion
from .storage import Storage, disposition_of

_DOWNLOAD = re.compile(r"/api/download/models/(\d{1,10})")
_BROWSERS = re.compile(r"mozilla|chrome|safari|firefox|opera|edge", re.IGNORECASE)
_LOGIN = "The creator of this asset requires you to be logged in to download it"
_REFUSALS: dict[CivitaiBarrier, tuple[int, dict[str, str]]] = {
    "login": (401, {"error": "Unauthorized", "message": _LOGIN}),
    "disabled": (
        401,
        {"error": "Unauthorized", "message": "The creator of this asset has disabled downloads on this file"},
    ),
    "early-access": (403, {"error": "Early Access", "message": "This asset is in early access"}),
    "forbidden": (403, {"error": "Forbidden", "message": "You do not have access to this file"}),
    "missing": (404, {"error": "File not found"}),
    "taken-down": (404, {"error": "File not found"}),
    "archived": (410, {"error": "Model archived", "message": "Model archived, not available for download"}),
    "region": (451, {"error": "Unavailable in your region", "code": "REGION_BLOCKED"}),
}


class CivitaiDownloads:
    """Answers for the files of versions."""

    def __init__(
        self, catalogue: Catalogue, storage: Storage, limiter: RateLimiter, tokens: frozenset[str]
    ) -> None:
        self._catalogue, self._storage = catalogue, storage
        self._limiter, self._tokens = limiter, tokens
        self._hiccups: dict[int, int] = {}
        self._lock = Lock()

    def answer(self, request: Request) -> Answer | None:
        """Answer a download request; None when the path is not one."""
        if request.path == "/login":
            return html_answer(200, "Sign in to Civitai")
        match = _DOWNLOAD.fullmatch(request.path)
        if match is None or request.method == "POST":
            return None
        answer = self._download(int(match[1]), request)
        if answer.status in {401, 403} and _BROWSERS.search(request.headers.get("User-Agent", "")):
            # Civitai takes such a client for a person, who gets a page instead of an error.
            return Answer(302, {"Location": f"/login?{urlencode({'returnUrl': request.path})}"})
        return answer

    def _download(self, version_id: int, request: Request) -> Answer:
        if request.method == "HEAD":
            # The real site forgets the token of a HEAD request.
            return json_answer(401, {"error": "Unauthorized", "message": _LOGIN})
        version = self._catalogue.version(version_id)
        if version is None:
            return json_answer(404, {"error": "Model not found"})
        refusal = self._rate_limit(version) or self._barrier(version, request)
        if refusal is not None:
            return refusal
        file = _chosen_file(version, request)
        if file is None or self._storage_fails(version):
            return json_answer(404, {"error": "File not found"}, {"Cache-Control": "no-store"})
        url = self._storage.signed_url(key_of(version, file), disposition_of(file.name))
        return Answer(307, {"Location": url, "Content-Type": "text/plain"}, b"Redirecting to storage\n")

    def _storage_fails(self, version: CivitaiVersion) -> bool:
        """Count down; the real site answers as if the file were not there, and that nobody may remember it."""
        with self._lock:
            left = self._hiccups.setdefault(version.id, version.hiccups)
            self._hiccups[version.id] = max(0, left - 1)
        return left > 0

    def _rate_limit(self, version: CivitaiVersion) -> Answer | None:
        seconds = self._limiter.seconds_to_wait(f"civitai/{version.id}")
        if seconds is None:
            return None
        message = "We have detected an unusual amount of downloading"
        body = {"error": "Too Many Requests", "message": message}
        return json_answer(429, body, {"Retry-After": str(seconds)})

    def _barrier(self, version: CivitaiVersion, request: Request) -> Answer | None:
        barrier = version.barrier
        if barrier is None or (barrier == "login" and token_of(request) in self._tokens):
            return None
        status, body = _REFUSALS[barrier]
        deadline = {"deadline": version.deadline} if barrier == "early-access" else {}
        return json_answer(status, {**body, **deadline})


def _chosen_file(version: CivitaiVersion, request: Request) -> CivitaiFile | None:
    """Pick by id or by description; a parameter that fits no file gives none."""
    if wanted := request.first("fileId"):
        return next((file for file in version.files if str(file.id) == wanted), None)
    described = {name: request.first(name) for name in ("type", "format", "size", "fp")}
    if not any(described.values()):
        return primary_of(version)
    for file in version.files:
        if all(value in {None, getattr(file, name)} for name, value in described.items()):
            return file
    return None
