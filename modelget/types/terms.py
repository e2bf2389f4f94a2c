"""What a publisher says about who may use a file, and for what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Restriction(str, Enum):
    """One limit on the use of a model, the same word in code, JSON and lock files."""

    RESEARCH_ONLY = "research-only"
    NON_COMMERCIAL = "non-commercial"
    SIZE_LIMIT = "size-limit"
    """Free only below a size of the company, of its revenue or of its audience."""
    USE_RESTRICTIONS = "use-restrictions"
    """A list of forbidden uses, as the OpenRAIL licences have."""
    NO_DERIVATIVES = "no-derivatives"
    CREDIT_REQUIRED = "credit-required"
    SAME_PERMISSIONS = "same-permissions"
    """What is made from it, merges included, must be shared under the same terms."""
    EU_EXCLUDED = "eu-excluded"
    NOT_FOR_ALL_AUDIENCES = "not-for-all-audiences"
    REAL_PERSON = "real-person"
    MINOR = "minor"


@dataclass(frozen=True, slots=True)
class Terms:
    """Licence and restrictions as far as a place tells them; they inform, and prove nothing."""

    licence: str | None = None
    """Its id or name as stated; None where nothing is stated."""
    link: str | None = None
    """Where its text can be read."""
    commercial_use: bool | None = None
    """Whether commercial use is allowed to everybody; None when that is unknown or depends on who asks."""
    reason: str = ""
    """Why so, as half a sentence: ``its text forbids it``."""
    restrictions: tuple[Restriction, ...] = ()
    audience: str | None = None
    """The rating in the place's own words: Civitai's ``R, X``."""
    gated: bool = False
    """Whether a person must accept terms, log in or pay before the file is handed out."""


UNSTATED = Terms()
"""What a place that says nothing about the use of its files tells."""
