"""Baidu Netdisk: shared files need an extraction code, an account and, for large ones, the client."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qs

from ..settings import Settings
from .shared.by_hand import ByHand, segments

_HOSTS = frozenset({"pan.baidu.com", "yun.baidu.com"})
_KEY = re.compile(r"[A-Za-z0-9_-]{4,40}")


def source(settings: Settings) -> ByHand:
    """Make the source."""
    why = "Baidu Netdisk asks for an account, and often for an extraction code (pwd=… in the link)"
    return ByHand("baidu", "Baidu Netdisk", _HOSTS, why, _name)


def _name(link: SplitResult) -> str | None:
    """Read ``/s/KEY`` and ``/share/init?surl=KEY``; neither says how the file is called."""
    parts = segments(link)
    key = parts[1] if len(parts) == 2 and parts[0] == "s" else ""
    if parts == ["share", "init"]:
        key = parse_qs(link.query).get("surl", [""])[0]
    return "" if _KEY.fullmatch(key) else None
