"""S3 with bucket names in the path: public buckets, private ones, and its errors in XML."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from .content import Contents
from .messages import Answer, Request, s3_error


@dataclass(frozen=True, slots=True)
class S3Rules:
    """The buckets."""

    buckets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By bucket and key: the key of the file whose bytes these are."""
    private: frozenset[str] = frozenset()
    """Buckets that nobody may read."""
    unlisted: frozenset[str] = frozenset()
    """Buckets that do not say what is not there."""
    slow: frozenset[str] = frozenset()
    """Buckets of which too much is asked."""


class S3:
    """Answers for the buckets that the rules name; a second credential is refused, as S3 does."""

    def __init__(self, rules: S3Rules, contents: Contents) -> None:
        self._rules, self._contents = rules, contents

    def answer(self, request: Request) -> Answer | None:
        """Answer a request for a key; None when the path begins with no bucket."""
        bucket, _slash, key = unquote(request.path[1:]).partition("/")
        keys = self._rules.buckets.get(bucket)
        if keys is None or request.method not in {"GET", "HEAD"}:
            return None
        if bucket in self._rules.private:
            return s3_error(403, "AccessDenied", "Access Denied")
        if bucket in self._rules.slow:
            return s3_error(503, "SlowDown", "Please reduce your request rate.")
        if key not in keys:
            if bucket in self._rules.unlisted:
                return s3_error(403, "AccessDenied", "Access Denied")
            return s3_error(404, "NoSuchKey", "The specified key does not exist.")
        content = self._contents.of(keys[key])
        composite = hashlib.md5(content.sha256.encode(), usedforsecurity=False).hexdigest()
        headers = {
            "Content-Type": "binary/octet-stream",
            "ETag": f'"{composite}-7"',
            "x-amz-checksum-sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=-7",
        }
        return Answer(200, headers, content)
