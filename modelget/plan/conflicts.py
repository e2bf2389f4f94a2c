"""Two workflows may want different bytes under one name: only one can have it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ..types import Download, Plan, PlanItem, Status


def settle_conflicts(plans: Iterable[Plan]) -> list[Plan]:
    """Let the first plan have a place that two plans want for different bytes; a person decides the second."""
    owners: dict[Path, tuple[Download, str]] = {}
    return [
        replace(plan, items=tuple(_settled(item, plan.workflow, owners) for item in plan.items))
        for plan in plans
    ]


def _settled(item: PlanItem, workflow: str, owners: dict[Path, tuple[Download, str]]) -> PlanItem:
    if item.download is None:
        return item
    first, other = owners.setdefault(item.download.destination, (item.download, workflow))
    mine, theirs = item.download.candidate, first.candidate
    if (mine.identity or mine.id) == (theirs.identity or theirs.id):
        return item
    hint = f"{other} wants other bytes under this name ({theirs.id}). Install them apart, or pass --choose."
    return replace(item, status=Status.CHOOSE, hint=hint, download=None)
