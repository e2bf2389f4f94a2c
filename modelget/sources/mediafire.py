"""MediaFire: the page about a file builds its download link for each visitor."""

from __future__ import annotations

import re
from urllib.parse import SplitResult

from ..settings import Settings
from .shared.by_hand import ByHand, segments

_HOSTS = frozenset({"mediafire.com", "*.mediafire.com"})
_KEY = re.compile(r"[a-z0-9]{6,20}")


def source(settings: Settings) -> ByHand:
    """Make the source."""
    why = "MediaFire makes its links for each visitor of its page"
    return ByHand("mediafire", "MediaFire", _HOSTS, why, _name)


def _name(link: SplitResult) -> str | None:
    """Read ``/file/KEY/NAME/file``, its older forms, and what was a visitor's own link."""
    parts = segments(link)
    if (link.hostname or "").startswith("download"):
        return parts[2] if len(parts) == 3 else None
    if len(parts) >= 2 and parts[0] in ("file", "file_premium", "download", "view", "folder"):
        name = parts[2] if len(parts) > 2 and parts[0] != "folder" else ""
        return name if _KEY.fullmatch(parts[1]) else None
    return "" if not parts and _KEY.fullmatch(link.query) else None
