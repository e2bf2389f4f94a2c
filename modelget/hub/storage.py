"""The storage behind both sites: signed URLs, byte ranges, and no second credential."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from urllib.parse import quote, unquote, urlencode

from .content import Content, Contents
from .messages import Answer, Request, s3_error

_AT_GOOGLE = ("kaggle/",)
"""Keys of those whose storage says what the md5 of its files is."""

LIFETIME = 3600
"""Seconds that a signed URL holds."""


class Storage:
    """Hands out the bytes to whoever shows a signed URL."""

    def __init__(self, contents: Contents, origin: str) -> None:
        self._contents = contents
        self._origin = origin
        self._secret = secrets.token_bytes(16)

    def signed_url(self, key: str, disposition: str) -> str:
        """Return a URL of the file's bytes that needs no other credential."""
        expires = str(int(time.time()) + LIFETIME)
        query = {
            "response-content-disposition": disposition,
            "Expires": expires,
            "Signature": self._signature(key, expires, disposition),
        }
        return f"{self._origin}/{quote(key)}?{urlencode(query)}"

    def expire_all(self) -> None:
        """Make every URL signed so far invalid."""
        self._secret = secrets.token_bytes(16)

    def answer(self, request: Request) -> Answer:
        """Answer a request to the storage origin."""
        if request.headers.get("Authorization") is not None:
            return s3_error(400, "InvalidArgument", "Only one auth mechanism allowed")
        key = unquote(request.path[1:])
        expires, signature = request.first("Expires"), request.first("Signature")
        if expires is None or signature is None:
            return s3_error(403, "AccessDenied", "Access Denied")
        disposition = request.first("response-content-disposition") or ""
        right = self._signature(key, expires, disposition)
        if not hmac.compare_digest(signature.encode(), right.encode()):
            return s3_error(403, "SignatureDoesNotMatch", "The signature does not match the one calculated")
        if int(expires) < time.time():
            return s3_error(403, "AccessDenied", "Request has expired")
        content = self._contents.of(key)
        headers = {
            "Content-Disposition": disposition,
            "Content-Type": "application/octet-stream",
            "ETag": _etag(content),
        }
        if key.startswith(_AT_GOOGLE):
            headers["x-goog-hash"] = (
                f"crc32c=AAAAAA==,md5={base64.b64encode(bytes.fromhex(content.md5)).decode()}"
            )
        return Answer(200, headers, content)

    def _signature(self, *parts: str) -> str:
        return hmac.new(self._secret, "\n".join(parts).encode(), hashlib.sha256).hexdigest()


def disposition_of(name: str) -> str:
    """Return the header value that proposes a file name, in ASCII."""
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"


def _etag(content: Content) -> str:
    # A storage's ETag says that the bytes are the same, not what their digest is.
    return f'"{hashlib.sha256(content.sha256.encode()).hexdigest()[:32]}"'
