"""Civitai's JSON API about models, versions and hashes."""

from __future__ import annotations

import json
import re
from typing import Any

from .civitai_catalogue import Catalogue, air_of, download_url, primary_of
from .messages import Answer, Request, json_answer
from .rules import CivitaiVersion

_BY_ID = re.compile(r"/api/v1/(models|model-versions|model-versions/mini)/(\d{1,10})")
_BY_HASH = re.compile(r"/api/v1/model-versions/by-hash(?:/([0-9A-Za-z]+))?")
_SHA256 = re.compile(r"[0-9A-Fa-f]{64}")
_MOST_HASHES = 100


class CivitaiApi:
    """Answers about models and versions; a token it does not know is as good as none."""

    def __init__(self, catalogue: Catalogue, tokens: frozenset[str]) -> None:
        self._catalogue, self._tokens = catalogue, tokens

    def answer(self, request: Request) -> Answer | None:
        """Answer an API request; None when there is no such route."""
        if request.path == "/api/v1/me":
            return self._me(request)
        if match := _BY_HASH.fullmatch(request.path):
            return self._by_hash(match[1], request)
        match = _BY_ID.fullmatch(request.path)
        if match is None or request.method == "POST":
            return None
        route, number = match[1], int(match[2])
        if route == "models":
            return self._model(number, request)
        version = self._catalogue.version(number)
        if version is None:
            return _not_found("Model not found")
        if route == "model-versions":
            return json_answer(200, self._catalogue.version_json(version, request.base_url))
        return self._mini(version, request)

    def _me(self, request: Request) -> Answer:
        if token_of(request) not in self._tokens:
            return json_answer(401, {"error": "Unauthorized"})
        return json_answer(200, {"id": 1, "username": "embedded-user", "tier": "free", "status": "active"})

    def _by_hash(self, digest: str | None, request: Request) -> Answer | None:
        if (request.method == "POST") != (digest is None):
            return None
        if digest is None:
            return self._by_hashes(request)
        version = self._catalogue.with_hash(digest)
        if version is None:
            return _not_found("Model not found")
        return json_answer(200, self._catalogue.version_json(version, request.base_url))

    def _by_hashes(self, request: Request) -> Answer:
        try:
            wanted = json.loads(request.body)
        except ValueError:
            wanted = None
        if not isinstance(wanted, list) or not all(_is_sha256(digest) for digest in wanted):
            return json_answer(400, {"error": "Expected a JSON array of SHA256 hashes"})
        if len(wanted) > _MOST_HASHES:
            return json_answer(400, {"error": f"No more than {_MOST_HASHES} hashes at once"})
        found = {version.id: version for digest in wanted if (version := self._catalogue.with_hash(digest))}
        versions = [self._catalogue.version_json(version, request.base_url) for version in found.values()]
        return json_answer(200, versions)

    def _mini(self, version: CivitaiVersion, request: Request) -> Answer:
        wanted = request.first("modelFileId")
        file = primary_of(version)
        if wanted is not None:
            named = [file for file in version.files if str(file.id) == wanted]
            if not named:
                return _not_found(f"Model file {wanted} not found in version {version.id}")
            file = named[0]
        url = download_url(request.base_url, version)
        early = version.barrier == "early-access"
        mini: dict[str, Any] = {
            "air": air_of(version) + (f"+{file.id}" if wanted else ""),
            "versionName": version.name,
            "modelName": version.model_name,
            "baseModel": version.base_model,
            "availability": "EarlyAccess" if early else "Public",
            "size": self._catalogue.content(version, file).size / 1024,
            "fileType": file.type,
            "fileName": file.name,
            "hashes": self._catalogue.hashes(version, file),
            "downloadUrls": [f"{url}?fileId={file.id}" if wanted else url],
            "format": file.format,
            "requireAuth": version.barrier == "login",
            "checkPermission": early,
            "minor": False,
            "sfwOnly": False,
        }
        if early:
            mini["earlyAccessEndsAt"] = version.deadline
        return json_answer(200, mini)

    def _model(self, model_id: int, request: Request) -> Answer:
        versions = self._catalogue.versions_of(model_id)
        if not versions:
            return _not_found(f"No model with id {model_id}")
        return json_answer(200, self._catalogue.model_json(versions, request.base_url))


def token_of(request: Request) -> str | None:
    """Return the token from the header, else from the query."""
    return request.token or request.first("token")


def _is_sha256(value: object) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def _not_found(message: str) -> Answer:
    return json_answer(404, {"error": message})
