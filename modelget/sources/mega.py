"""MEGA: files are encrypted in the browser, and the key is the part of the link behind ``#``."""

from __future__ import annotations

import re
from urllib.parse import SplitResult

from ..settings import Settings
from .shared.by_hand import ByHand, segments

_HOSTS = frozenset(f"{www}mega.{top}" for www in ("", "www.") for top in ("nz", "co.nz", "io", "app"))
_OLD = re.compile(r"F?![A-Za-z0-9_-]+(?:![A-Za-z0-9_!-]*)?")
_ID = re.compile(r"[A-Za-z0-9_-]+")


def source(settings: Settings) -> ByHand:
    """Make the source."""
    why = "MEGA encrypts its files, and only its own page or app can read them"
    return ByHand("mega", "MEGA", _HOSTS, why, _name)


def _name(link: SplitResult) -> str | None:
    """Tell links to files and folders from pages about MEGA; none of them says how the file is called."""
    parts = segments(link)
    if len(parts) == 2 and parts[0] in ("file", "folder", "embed") and _ID.fullmatch(parts[1]):
        return ""
    return "" if not parts and _OLD.fullmatch(link.fragment) else None
