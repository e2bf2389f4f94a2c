"""A credential that does not show itself."""

from __future__ import annotations

import base64
import re

from ..errors import InvalidSetting

_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")
_COOKIE = re.compile(r"[^\",;\\]+")
"""What RFC 6265 leaves of those characters to the value of a cookie."""


class Secret:
    """A credential that never shows itself: only ``reveal`` and ``headers`` give the value."""

    __slots__ = ("_cookie", "_scheme", "_value")

    def __init__(self, value: str, cookie: str = "", scheme: str = "Bearer") -> None:
        """Keep a token; its place may want it in a cookie of this name as well, or by another scheme."""
        if not _TOKEN.fullmatch(value.strip()) or (cookie and not _COOKIE.fullmatch(value.strip())):
            raise InvalidSetting("a token holds characters that no token has; set it again without them")
        self._value, self._cookie, self._scheme = value.strip(), cookie, scheme

    @classmethod
    def of_login(cls, user: str, key: str) -> Secret:
        """Keep a user's name and key, sent by the scheme that RFC 7617 calls Basic."""
        return cls(base64.b64encode(f"{user}:{key}".encode()).decode(), scheme="Basic")

    def reveal(self) -> str:
        """Return the value."""
        return self._value

    @property
    def headers(self) -> dict[str, str]:
        """The request headers that carry it."""
        headers = {"Authorization": f"{self._scheme} {self._value}"}
        return headers | ({"Cookie": f"{self._cookie}={self._value}"} if self._cookie else {})

    def __repr__(self) -> str:
        return "***"
