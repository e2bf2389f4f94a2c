"""What the head of an answer says about the file behind it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .journal import STRONG_ETAG

Headers = Mapping[str, str]

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})")
_UNSATISFIED_RANGE = re.compile(r"bytes \*/([0-9]{1,18})")


def content_range(headers: Headers) -> tuple[int, int, int] | None:
    """Return where a partial body starts and stops, and how long the whole file is, all in bytes."""
    found = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", ""))
    start, stop, total = (int(found[1]), int(found[2]) + 1, int(found[3])) if found else (0, 0, 0)
    return (start, stop, total) if start < stop <= total else None


def length_beyond_range(headers: Headers) -> int | None:
    """Return the file's length in bytes as an answer to a range that starts at or after its end names it."""
    found = _UNSATISFIED_RANGE.fullmatch(headers.get("Content-Range", ""))
    return int(found[1]) if found else None


def strong_etag(headers: Headers) -> str:
    """Return the file's validator, empty when there is none that promises equal bytes."""
    etag = headers.get("ETag", "")
    return etag if STRONG_ETAG.fullmatch(etag) else ""
