"""Model zoos: any file exists, and its bytes follow from its name without the digits of a digest in it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, unquote

from .content import Content, Contents
from .limits import RateLimiter
from .messages import Answer, Request
from .rules import HubRules


@dataclass(frozen=True, slots=True)
class Place:
    """How one zoo names its files, and what it says about those that are not there."""

    name: str
    home: str
    """The origin that links name."""
    files: re.Pattern[str]
    """Paths that are files of this zoo."""
    digits: re.Pattern[str]
    """The digits within a name, with what stands before them."""
    with_digits: Callable[[str, Content], str]
    """Put the right ones into a path, or none where this zoo writes none."""
    missing: Answer

    def key(self, path: str) -> str:
        """Return the name that rules and contents use: ``pytorch_hub/models/vgg16.pth``."""
        return self.name + self.digits.sub("", path)

    def link(self, content: Content, path: str) -> str:
        """Return the link under which the zoo publishes a file."""
        return self.home + quote(self.with_digits(path, content))


class ZooFiles:
    """Answers for the files of one zoo: whatever digits a name holds, the bytes are the same."""

    def __init__(self, place: Place, rules: HubRules, contents: Contents, limiter: RateLimiter) -> None:
        self._place, self._rules, self._contents, self._limiter = place, rules, contents, limiter

    def answer(self, request: Request) -> Answer | None:
        """Answer a request for a file; None when the path is not one."""
        path = unquote(request.path)
        if request.method not in {"GET", "HEAD"} or not self._place.files.fullmatch(path):
            return None
        key = self._place.key(path)
        if (seconds := self._limiter.seconds_to_wait(key)) is not None:
            return Answer(503, {"Retry-After": str(seconds)}, b"<Error><Code>SlowDown</Code></Error>")
        if key in self._rules.missing:
            return self._place.missing
        content = self._contents.of(key)
        headers = {"Content-Type": "application/octet-stream", "ETag": _etag(content)}
        return Answer(200, headers, content)


def _etag(content: Content) -> str:
    # Of a file that was uploaded in parts: a digest of digests.
    return f'"{hashlib.sha256(content.sha256.encode()).hexdigest()[:32]}-3"'
