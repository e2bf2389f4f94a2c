"""A plain web server with copies of files, as owners set one up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from .content import Contents
from .messages import Answer, Request, html_answer

MIRROR = "/mirror"


@dataclass(frozen=True, slots=True)
class MirrorRules:
    """What lies on the mirror."""

    files: Mapping[str, str] = field(default_factory=dict)
    """By path below the mirror, ``vae/ae.safetensors``: the key of the file whose bytes these are."""
    status: int = 200
    """Another one is what the mirror answers to everything."""


class Mirror:
    """Answers for the files below ``/mirror``."""

    def __init__(self, rules: MirrorRules, contents: Contents) -> None:
        self._rules, self._contents = rules, contents

    def answer(self, request: Request) -> Answer | None:
        """Answer a request for a file; None when the path is not below the mirror."""
        path = unquote(request.path)
        if not path.startswith(f"{MIRROR}/") or request.method not in {"GET", "HEAD"}:
            return None
        key = self._rules.files.get(path[len(MIRROR) + 1 :])
        if self._rules.status != 200 or key is None:
            return html_answer(404 if self._rules.status == 200 else self._rules.status, "Sorry")
        headers = {"Content-Type": "application/octet-stream", "ETag": '"of-this-server"'}
        return Answer(200, headers, self._contents.of(key))
