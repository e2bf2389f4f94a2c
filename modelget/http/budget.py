"""How many connections one host is worth: more while answers come, fewer when it refuses or slows down."""

from __future__ import annotations

from threading import Condition

from .waiting import LONGEST_WAIT, Clock

_FIRST = 8
"""Connections tried at once; hosts that slow each connection down give eight times the speed."""

_HOLD = 5.0
"""Seconds without growth after a connection broke; doubled each time, so that a limit is rarely tried again."""

_LONGEST_HOLD = 300.0
_WINDOW = 3.0
"""Seconds over which throughput is compared: shorter, and a hiccup looks like a collapse."""

_COLLAPSE = 0.5
"""A window this much slower than the best one, with as many connections, means that they are too many."""


class HostBudget:
    """The connections that all fetches from one host share.

    Growth follows the answers, as in a TCP slow start: each connection that delivers makes room for one
    more. A refusal (429, 503) halves the number, a broken connection takes one away, and a collapse of the
    throughput halves it too: some hosts serve many connections at a crawl instead of refusing them
    (huggingface_hub #4893).
    """

    def __init__(self, most: int, clock: Clock) -> None:
        self.most, self._clock = most, clock
        self._allowed = min(_FIRST, most)
        self._in_use = 0
        self._quiet_until = self._held_until = clock.now()
        self._hold = _HOLD
        self._window_start, self._window_bytes = clock.now(), 0
        self._best = 0.0
        self._wanting: set[int] = set()
        self._freed = Condition()

    @property
    def allowed(self) -> int:
        """Connections that may be open now."""
        return self._allowed

    @property
    def expected(self) -> int:
        """Connections to reckon with: those allowed now, or all where nothing has spoken against them."""
        return self._allowed if self._hold > _HOLD else self.most

    def is_exceeded(self, rank: int = 0) -> bool:
        """Tell whether a connection that has done its part should end: too many are open, or others come first."""
        with self._freed:
            return self._in_use > self._allowed or (self._in_use == self._allowed and self._must_yield(rank))

    def take(self, seconds: float = 0, rank: int = 0) -> bool:
        """Take a connection, waiting at most so long for one; ``leave`` gives it back.

        Fetches of a lower rank that want more connections come first.
        """
        with self._freed:
            if not self._freed.wait_for(lambda: self._has_room() and not self._must_yield(rank), seconds):
                return False
            if not self._in_use:  # the time in which nobody asked for anything tells nothing about the host
                self._window_start, self._window_bytes = self._clock.now(), 0
            self._in_use += 1
            return True

    def join(self) -> None:
        """Count a connection that is open already, whether or not there is room; ``leave`` gives it back."""
        with self._freed:
            self._in_use += 1

    def want(self, rank: int, *, more: bool) -> None:
        """Note whether a fetch of this rank would use more connections than it has."""
        with self._freed:
            (self._wanting.add if more else self._wanting.discard)(rank)
            self._freed.notify_all()

    def leave(self) -> None:
        """Give a connection back."""
        with self._freed:
            self._in_use -= 1
            self._freed.notify()

    def delivered(self) -> None:
        """Note that one more connection brings bytes."""
        with self._freed:
            if self._clock.now() >= self._held_until:
                self._allowed = min(self._allowed + 1, self.most)
                self._freed.notify()

    def broke(self) -> None:
        """Note that a connection was refused or ended without being asked to."""
        with self._freed:
            self._shrink(self._in_use - 1)

    def refused(self, wait: float | None) -> None:
        """Note that the host asked for fewer requests, perhaps for none during ``wait`` seconds."""
        with self._freed:
            self._shrink(self._in_use // 2)
            if wait is not None:
                self._quiet_until = max(self._quiet_until, self._clock.now() + min(wait, LONGEST_WAIT))

    def count(self, received: int) -> None:
        """Count bytes that arrived from this host; look now and then whether fewer or more connections would do."""
        with self._freed:
            self._window_bytes += received
            now = self._clock.now()
            if now - self._window_start < _WINDOW:
                return
            speed = self._window_bytes / (now - self._window_start)
            is_full = self._in_use >= self._allowed
            self._window_start, self._window_bytes = now, 0
            if is_full and self._allowed > 1 and speed < self._best * _COLLAPSE:
                self._shrink(self._in_use // 2)
                self._best = speed
                return
            self._best = max(self._best, speed)
            if is_full and now >= self._held_until:
                self._allowed = min(self._allowed + 1, self.most)
                self._freed.notify()

    def _must_yield(self, rank: int) -> bool:
        return any(other < rank for other in self._wanting)

    def _has_room(self) -> bool:
        return self._in_use < self._allowed and self._clock.now() >= self._quiet_until

    def _shrink(self, allowed: int) -> None:
        now = self._clock.now()
        if now >= self._held_until:  # what fails together counts once
            self._hold = min(self._hold * 2, _LONGEST_HOLD)
        self._allowed = max(1, min(allowed, self._allowed))
        self._held_until = now + self._hold
