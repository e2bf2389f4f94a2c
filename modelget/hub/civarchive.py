"""CivArchive's answers about who has copies of a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from .content import Contents
from .messages import Answer, Request, json_answer

_BY_SHA256 = re.compile(r"/api/sha256/([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class ArchivedCopy:
    """One copy that CivArchive knows; ``HUB`` at the start of its link stands for the hub that answers."""

    url: str
    deleted_at: str | None = None


@dataclass(frozen=True, slots=True)
class CivArchiveRules:
    """What CivArchive knows."""

    copies: Mapping[str, tuple[ArchivedCopy, ...]] = field(default_factory=dict)
    """By the key of the file whose bytes are meant."""
    status: int = 200
    """Another one is what it answers to everything."""


class CivArchive:
    """Answers by a lower-case sha256."""

    def __init__(self, rules: CivArchiveRules, contents: Contents) -> None:
        self._rules, self._contents = rules, contents

    def answer(self, request: Request) -> Answer | None:
        """Answer a question for a digest; None for any other request."""
        found = _BY_SHA256.fullmatch(request.path)
        if found is None or request.method != "GET":
            return None
        if self._rules.status != 200:
            return json_answer(self._rules.status, {"error": "Sorry"})
        for key, copies in self._rules.copies.items():
            content = self._contents.of(key)
            if content.sha256 == found[1]:
                name = key.rpartition("/")[2]
                mirrors = [
                    {
                        "url": _at(copy.url, request.base_url),
                        "filename": name,
                        "deletedAt": copy.deleted_at,
                    }
                    for copy in copies
                ]
                file = {
                    "sha256": content.sha256,
                    "sizeKB": content.size / 1024,
                    "name": name,
                    "downloadUrl": f"https://civitai.com/api/download/models/1?name={name}",
                    "mirrors": mirrors,
                }
                return json_answer(200, {"files": [file]})
        return json_answer(404, {"error": "Not found"})


def _at(url: str, hub: str) -> str:
    return hub + url.removeprefix("HUB") if url.startswith("HUB") else url
