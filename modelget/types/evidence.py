"""Why we believe that a candidate is the wanted model, and what may stand before it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Evidence(IntEnum):
    """Why we believe that a candidate is the wanted model; the only ranking key."""

    SIMILAR_NAME = 1
    SAME_NAME = 2
    TRUSTED_NAME = 3
    DECLARED_URL = 4
    SAME_DIGEST = 5

    @property
    def is_sure(self) -> bool:
        """Tell whether the evidence is enough to fetch without a person's choice."""
        return self >= Evidence.TRUSTED_NAME


@dataclass(frozen=True, slots=True)
class Barrier:
    """What stands between the user and a file that exists: ``hint`` says what to do about it."""

    kind: str
    """``gated``, ``login``, ``paid``, ``removed``, ``region``, ``host`` (not on the list of hosts), ``by-hand``
    (only a person with a browser can fetch it, or tell which file is meant) or ``incomplete`` (of a folder model,
    the place has only a part)."""
    message: str
    hint: str
