"""Why Civitai keeps a file back: told apart by the words of the refusal, then by what the version says of itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ...http import Reply
from ...types import Barrier
from ..shared.fields import text
from ..shared.look import ELSEWHERE

_DEADLINE = re.compile(r'"(?:deadline|earlyAccessEndsAt)"\s*:\s*"([0-9T:.Z+-]{10,32})"')
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and where a person would look."""

    page: str
    key: str
    """``none``, ``refused`` (Civitai does not know it) or ``sent``."""


def refusal(reply: Reply, version: dict[str, Any], asker: Asker) -> Barrier | None:
    """Read a refusal; None when the file is simply not there, or the answer says nothing about it."""
    if reply.status not in (401, 403, 404, 410, 451):
        return None
    words = reply.read(2**16).decode("utf-8", "replace")
    if reply.status == 451 or "REGION_BLOCKED" in words:
        return Barrier("region", "Civitai does not serve this region", ELSEWHERE)
    if reply.status == 410:
        return _archived()
    if "disabled downloads" in words:
        return _disabled()
    if "early access" in words.lower():
        deadline = _DEADLINE.search(words)
        return _early(deadline[1] if deadline else text(version, "earlyAccessEndsAt"), asker.page)
    return _as_the_version_says(version, asker) or (None if reply.status == 404 else _login(asker))


def _as_the_version_says(version: dict[str, Any], asker: Asker) -> Barrier | None:
    """Explain a refusal without a reason; alone, what a version says keeps nothing back, for it can be outdated."""
    model = version.get("model")
    mode = text(model, "mode") or text(version, "mode")
    if mode == "TakenDown":
        return Barrier("removed", "Civitai has taken it down", ELSEWHERE)
    if mode == "Archived":
        return _archived()
    if text(version, "usageControl") not in ("", "Download"):
        return _disabled()
    paid = version.get("paidAccess")
    if text(version, "availability") == "EarlyAccess" or text(version, "earlyAccessEndsAt") or paid is True:
        return _early(text(version, "earlyAccessEndsAt"), asker.page)
    return None


def _login(asker: Asker) -> Barrier:
    if asker.key == "none":
        key = "Make a key in your Civitai account settings and set CIVITAI_API_TOKEN."
        return Barrier("login", "its author asks you to be logged in", key)
    if asker.key == "refused":
        key = "Make another key in your Civitai account settings and set CIVITAI_API_TOKEN to it."
        return Barrier(
            "login", "its author asks you to be logged in, and Civitai does not know your key", key
        )
    return Barrier(
        "login", "Civitai refuses this account", f"Open {asker.page} with the account of your key."
    )


def _early(deadline: str, page: str) -> Barrier:
    until = f" until {deadline[:10]}" if _DATE.match(deadline) else ""
    return Barrier("paid", f"it is in early access{until}", f"Buy access at {page}, or wait.")


def _archived() -> Barrier:
    return Barrier("removed", "it was archived by its author", ELSEWHERE)


def _disabled() -> Barrier:
    return Barrier("removed", "its author has disabled downloads", f"A key does not help. {ELSEWHERE}")
