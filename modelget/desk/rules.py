"""What may happen without a person, and what a person must still decide."""

from __future__ import annotations

from pathlib import PurePosixPath

from ..licence_policy import choose_licensed
from ..types import PlanItem, Status

_NO_CODE = frozenset({".safetensors", ".sft", ".gguf"})
"""Formats whose loading runs nothing."""


def may_fetch_unasked(item: PlanItem) -> bool:
    """Tell whether ``autofetch = auto`` covers an item: sure, of known size and digest, in a format without code."""
    if item.download is None:
        return False
    best = item.download.candidate
    suffix = PurePosixPath(item.download.destination.name).suffix.lower()
    is_known = best.evidence.is_sure and best.identity is not None and best.size is not None
    return is_known and best.archive is None and suffix in _NO_CODE and not best.is_pickle


def open_decision(item: PlanItem, licence_policy: str = "any") -> str | None:
    """Name the first thing that a person may decide: ``candidate``, ``folder``, ``pickle`` or ``licence``."""
    resolution = item.resolution
    sure = [one for one in resolution.candidates if one.evidence.is_sure and one.barrier is None]
    if item.status is Status.DENIED and sure and choose_licensed(sure, licence_policy)[1]:
        return "licence"
    if item.status is not Status.CHOOSE or resolution.present or not resolution.candidates:
        return None
    if len({one.identity or one.id for one in sure}) != 1:
        return "candidate"
    if item.requirement.folder is None:
        return "folder"
    return "pickle" if sure[0].is_pickle else "candidate"
