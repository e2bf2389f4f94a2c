"""Whoever watches a fetch, and may stop it: progress out, a stop in."""

from __future__ import annotations

from threading import Event

from ..errors import Cancelled, SourceUnavailable
from ..http import Clock
from ..progress import Progress, Reporter, Speedometer

REPORT_SECONDS = 0.1
"""Reports of one phase are at least this far apart: nobody reads faster."""

_SLOWEST, _SLOW_SECONDS = 10 * 2**10, 60.0
"""Fewer bytes per second over this time are a server that keeps the line open and sends nothing of use."""


class Watch:
    """The state of one fetch as it is told, and the wish to stop it as it is heard."""

    def __init__(self, label: str, reporter: Reporter, stop: Event, clock: Clock) -> None:
        self.label = label
        self._reporter, self._stop, self._clock = reporter, stop, clock
        self._told = (-1.0, "")
        self.begin_try(0)

    def begin_try(self, received: int) -> None:
        """Measure the speed from here on: what went before, and the wait for it, tells nothing."""
        now = self._clock.now()
        self._meter = Speedometer(now, received)
        self._slow_since, self._slow_from = now, received

    def look(self, phase: str, done: int, total: int | None, received: int | None = None) -> None:
        """Tell the state, not too often; ``received`` are the bytes that came over the network so far.

        Raises:
            Cancelled: a person stopped it.
            SourceUnavailable: for a minute next to nothing came.
        """
        self.refuse_when_stopped()
        now = self._clock.now()
        if received is not None:
            self._refuse_a_drip(now, received)
        if phase == self._told[1] and now - self._told[0] < REPORT_SECONDS:
            return
        self._told = (now, phase)
        speed = 0.0 if received is None else self._meter.speed(now, received)
        self._reporter.report(Progress(self.label, phase, done, total, speed=speed))

    def pass_on(self, phase: str, done: int, total: int | None, speed: float) -> None:
        """Tell what others, who watch their own stop and speed, have measured."""
        self._reporter.report(Progress(self.label, phase, done, total, speed=speed))

    def say(self, phase: str, done: int, total: int | None, message: str = "") -> None:
        """Tell something once."""
        self._told = (-1.0, phase)
        self._reporter.report(Progress(self.label, phase, done, total, message))

    def wait(self, seconds: float) -> None:
        """Wait so long, or until somebody stops it."""
        self._clock.wait(self._stop, seconds)

    @property
    def is_stopped(self) -> bool:
        """Tell whether a person stopped the work."""
        return self._stop.is_set()

    def refuse_when_stopped(self) -> None:
        """Raise Cancelled when a person stopped the work."""
        if self.is_stopped:
            raise Cancelled(f"{self.label}: stopped")

    def _refuse_a_drip(self, now: float, received: int) -> None:
        if received - self._slow_from >= _SLOWEST * _SLOW_SECONDS:
            self._slow_since, self._slow_from = now, received
        elif now - self._slow_since >= _SLOW_SECONDS:
            raise SourceUnavailable(f"{self.label}: less than {_SLOWEST // 1024} KiB/s for a minute")
