"""What lists of models say: a name, and where the model of that name can be had."""

from __future__ import annotations

from dataclasses import dataclass

from .digest import Digest
from .evidence import Evidence


@dataclass(frozen=True, slots=True)
class Listing:
    """One line of a list. It only points: size, digest and commit come from the place itself."""

    name: str
    """With sub-folder where the list has one."""
    folder: str | None
    """ComfyUI's name for the model folder; None when the list does not say."""
    url: str
    named_by: str
    """Whose word it is, for people: ``ComfyUI-Manager's list``."""
    trust: Evidence
    """What this list's word is worth where name and folder are exactly the wanted ones."""
    digest: Digest | None = None
    """What the list says about the bytes; they must have it."""
    licence: str | None = None
