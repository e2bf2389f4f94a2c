"""OneDrive and SharePoint: what a link gives depends on who opens it, and strangers must pass a page."""

from __future__ import annotations

from urllib.parse import SplitResult

from ..settings import Settings
from .shared.by_hand import ByHand, segments

_HOSTS = frozenset({"1drv.ms", "onedrive.live.com", "*.sharepoint.com"})


def source(settings: Settings) -> ByHand:
    """Make the source."""
    why = "OneDrive asks its visitors for a login or a click on its page"
    return ByHand("onedrive", "OneDrive", _HOSTS, why, _name)


def _name(link: SplitResult) -> str | None:
    """Take every link but those to the front page; none says reliably how the file is called."""
    return "" if segments(link) or link.query else None
