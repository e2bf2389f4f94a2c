"""How much and how fast the hub gives: a line speed, and 429s."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import Lock

from .rules import RateLimit


class Throttle:
    """One line shared by all connections."""

    def __init__(
        self,
        bytes_per_second: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate, self._clock, self._sleep = bytes_per_second, clock, sleep
        self._free_at = 0.0
        self._lock = Lock()

    def wait_for(self, count: int) -> None:
        """Wait until ``count`` more bytes have gone through the line."""
        with self._lock:
            now = self._clock()
            self._free_at = max(self._free_at, now) + count / self._rate
            delay = self._free_at - now
        self._sleep(delay)


class RateLimiter:
    """Counts down how often a limited thing still answers 429."""

    def __init__(self, limits: Mapping[str, RateLimit]) -> None:
        self._limits = limits
        self._left = {key: limit.times for key, limit in limits.items()}
        self._lock = Lock()

    def seconds_to_wait(self, key: str) -> int | None:
        """Return the wait to ask for, None when the request may pass."""
        with self._lock:
            if self._left.get(key, 0) <= 0:
                return None
            self._left[key] -= 1
            return self._limits[key].seconds
