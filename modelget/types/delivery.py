"""In what form a model comes from its place: a file asked for in some way, or one in an archive."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from .digest import Digest


class Form(str, Enum):
    """What the request for a file must say that it accepts, where its address alone means something else.

    A closed list: a candidate is built from answers that may be hostile, and headers can carry anything.
    """

    ANY = ""
    OCTETS = "application/octet-stream"
    RAW = "application/vnd.github.raw+json"

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the request."""
        return {"Accept": self.value} if self.value else {}


@dataclass(frozen=True, slots=True)
class Archive:
    """What a candidate's file is packed in: then this is what its URL leads to."""

    id: str
    kind: str
    """``tar``, ``tar.gz`` or ``zip``."""
    member: str = ""
    """The path of the file in it; empty for the one with the wanted name, or the only model."""
    size: int | None = None
    digest: Digest | None = None
