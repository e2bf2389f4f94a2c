"""How a step tells what it is doing: one small value, one call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of one file on its way."""

    name: str
    """Target folder and file name, as shown to people: ``vae/ae.safetensors``."""
    phase: str
    """``waiting``, ``fetching``, ``verifying``, ``placing``, ``present``, ``failed`` or ``stopped``."""
    done: int = 0
    """Bytes that are here, resumed ones included."""
    total: int | None = None
    message: str = ""


class Reporter(Protocol):
    """Whoever watches: a terminal, a panel, nobody. Called from several threads; must not block."""

    def report(self, progress: Progress) -> None:
        """Take note of the state of one file."""


class Silent:
    """A reporter that shows nothing."""

    def report(self, progress: Progress) -> None:
        """Drop it."""
