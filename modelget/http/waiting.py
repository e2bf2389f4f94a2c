"""How long to wait before asking again: what the server says, else full-jitter back-off."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timezone
from email.utils import parsedate_to_datetime
from threading import Event

LONGEST_WAIT = 600.0
"""Seconds; a server that asks for more is treated as unavailable for now."""

RETRIED_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers that may change by themselves. 400, 401, 403, 404, 410 and 451 never do."""

_RATE_LIMIT_SECONDS = re.compile(r"(?:^|;)\s*t=(\d+)")
_EPOCH = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Clock:
    """Time, passed in so that tests need not wait."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep
    wait: Callable[[Event, float], object] = Event.wait
    """Sleep that ends when the event is set."""
    wall: Callable[[], float] = time.time
    """Seconds since the epoch; only for dates that servers name."""


def retry_after(headers: Mapping[str, str], wall: float) -> float | None:
    """Return the seconds a server asked us to wait, or None when it did not say.

    Understands ``Retry-After`` in seconds and as an HTTP date, the Hub's ``RateLimit: "resolvers";r=0;t=SECONDS``,
    and GitHub's ``X-RateLimit-Reset``, in seconds since the epoch.
    """
    value = headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return float(value)
    if value:
        try:
            when = parsedate_to_datetime(value)
        except ValueError:
            return None
        # A date without a zone ("-0000") is UTC by RFC 9110.
        when = when if when.tzinfo else when.replace(tzinfo=timezone.utc)
        return max(0.0, when.timestamp() - wall)
    limit = headers.get("RateLimit", "")
    found = _RATE_LIMIT_SECONDS.search(limit)
    if found and ";r=0" in limit.replace(" ", ""):
        return float(found.group(1))
    reset = headers.get("X-RateLimit-Reset", "")
    is_used_up = headers.get("X-RateLimit-Remaining") == "0" and _EPOCH.fullmatch(reset)
    return max(0.0, float(reset) - wall) if is_used_up else None


def is_rate_limit(status: int, headers: Mapping[str, str]) -> bool:
    """Tell whether a refusal means "too many questions".

    GitHub says so by 403 as well, with a wait or with nothing left of the hour's questions.
    """
    is_spent = "Retry-After" in headers or headers.get("X-RateLimit-Remaining") == "0"
    return status == 429 or (status == 403 and is_spent)


def backoff(attempt: int, longest: float = 60.0) -> float:
    """Return a random wait below 1, 2, 4 … seconds, so that many clients do not return together."""
    return random.uniform(0, min(longest, 2.0**attempt))  # noqa: S311 - spreads load, guards nothing
