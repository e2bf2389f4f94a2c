"""How a step tells what it is doing, one small value and one call, and how it is told to stop."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from threading import Event
from typing import Protocol

from .types import Digest

_SPEED_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class KeptAside:
    """A whole file that is not what its place publishes, and waits for a person's decision."""

    sha256: Digest
    """Of the bytes that came."""
    agreement: str
    """Which of the other published digests agree with the bytes, and which differ."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of one file on its way."""

    name: str
    """Target folder and file name, as shown to people: ``vae/ae.safetensors``."""
    phase: str
    """``waiting``, ``fetching``, ``verifying``, ``placing``, ``present``, ``paused``, ``failed`` or ``stopped``;
    ``loading`` while weights are read onto a device."""
    done: int = 0
    """Bytes that are here, resumed ones included; while verifying, those that are hashed; while loading,
    those that are where they belong."""
    total: int | None = None
    message: str = ""
    speed: float = 0.0
    """Bytes per second over the last few seconds, 0 while nothing tells."""
    hint: str = ""
    """What to do about a failure."""
    kept_aside: KeptAside | None = None
    """What a failure left for a person to accept."""

    @property
    def seconds_left(self) -> float | None:
        """Time to the last byte at this speed, None when nobody can tell."""
        return None if self.total is None or not self.speed else (self.total - self.done) / self.speed


class Reporter(Protocol):
    """Whoever watches: a terminal, a panel, nobody. Called from several threads; must not block."""

    def report(self, progress: Progress) -> None:
        """Take note of the state of one file."""


class Silent:
    """A reporter that shows nothing."""

    def report(self, progress: Progress) -> None:
        """Drop it."""


class Stop(Event):
    """A wish to stop one thing, set by itself or with that to stop the whole it belongs to."""

    def __init__(self, whole: Event) -> None:
        super().__init__()
        self._whole = whole

    def is_set(self) -> bool:
        """Tell whether either is set."""
        return super().is_set() or self._whole.is_set()


class Speedometer:
    """Bytes per second over the last few seconds."""

    def __init__(self, now: float, count: int) -> None:
        """Begin at ``now``, when ``count`` bytes had come."""
        self._seen = deque([(now, count)])

    def speed(self, now: float, count: int) -> float:
        """Return the speed, given that ``count`` bytes came in all until ``now``."""
        self._seen.append((now, count))
        while len(self._seen) > 2 and now - self._seen[1][0] >= _SPEED_SECONDS:
            self._seen.popleft()
        then, before = self._seen[0]
        return max(count - before, 0) / (now - then) if now > then else 0.0
