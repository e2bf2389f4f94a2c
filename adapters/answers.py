"""The JSON that the routes answer; docs/routes.md is the contract."""

from __future__ import annotations

from typing import Any

from ..modelget import __version__
from ..modelget.desk import Entry, FileState, State, key_of, open_decision
from ..modelget.errors import ModelgetError
from ..modelget.plan_document import document
from ..modelget.progress import Progress
from ..modelget.settings import TOKEN_NAMES, Settings
from ..modelget.types import PlanItem, Status
from .shown import Shown

Json = dict[str, Any]


def plan_answer(entry: Entry, licence_policy: str, shown: Shown) -> Json:
    """Return a plan's document with the ids that the other routes take."""
    plan, is_complete = entry.plan, entry.is_complete
    found = document(plan, show=shown.path)
    rows = zip(plan.items, found["requirements"], strict=True)
    found["requirements"] = [
        _row(number, item, row, is_complete, licence_policy) for number, (item, row) in enumerate(rows)
    ]
    answer: Json = shown.value(found)
    return {"plan": entry.id, "complete": is_complete} | answer


def state_answer(state: State, shown: Shown) -> Json:
    """Return where the files stand."""
    totals = state.totals
    return {
        "run": state.run,
        "sequence": state.sequence,
        "since": state.since,
        "files": [_file(file, shown) for file in state.files],
        "totals": {
            "files": totals.files,
            "running": totals.running,
            "arrived": totals.arrived,
            "failed": totals.failed,
            "paused": totals.paused,
            "done": totals.done,
            "total": totals.total,
            "speed": round(totals.speed, 1),
            "seconds_left": _rounded(totals.seconds_left),
        },
    }


def settings_answer(settings: Settings, stored: set[str], token: str | None, may_change: bool) -> Json:
    """Return what a page may know of the settings."""
    limits = settings.limits
    return {
        "version": __version__,
        "token": token,
        "may_change": may_change,
        "autofetch": settings.autofetch,
        "allow_pickle": settings.allow_pickle,
        "licence_policy": settings.licence_policy,
        "hold_seconds": settings.hold_seconds,
        "remote": settings.remote,
        "offline": settings.offline,
        "limits": {
            "plan_bytes": limits.plan_bytes,
            "parallel_files": limits.parallel_files,
            "spare_bytes": limits.spare_bytes,
        },
        "credentials": credentials_answer(settings, stored),
    }


def credentials_answer(settings: Settings, stored: set[str]) -> Json:
    """Say which credentials there are, never what they are."""
    held = {
        "huggingface": settings.hub_token,
        "civitai": settings.civitai_token,
        "github": settings.github_token,
        "kaggle": settings.kaggle_token,
        "modelscope": settings.modelscope_token,
    }
    return {name: {"set": held[name] is not None, "stored": name in stored} for name in TOKEN_NAMES}


def error_answer(error: ModelgetError, shown: Shown | None = None) -> Json:
    """Return a refusal: what happened, and what to do next."""
    found = {"kind": type(error).__name__.lstrip("_"), "message": str(error), "hint": error.hint}
    return {"error": shown.value(found) if shown else found}


def _row(number: int, item: PlanItem, row: Json, is_complete: bool, licence_policy: str) -> Json:
    present, candidates = item.resolution.present, item.resolution.candidates
    for candidate, told in zip(candidates, row["candidates"], strict=True):
        local = candidate.local.name if candidate.local else None
        told |= {"key": key_of(candidate), "pickle": candidate.is_pickle, "local": local}
    row |= {
        "item": str(number),
        "file": item.download.label if item.download else row["path"],
        "size": present.size if present else candidates[0].fetch_size if candidates else None,
        "decision": open_decision(item, licence_policy),
    }
    if not is_complete and item.status is not Status.PRESENT:
        row |= {"status": "looking", "hint": None, "decision": None}
    return row


def _file(file: FileState, shown: Shown) -> Json:
    progress = file.progress
    return {
        "file": progress.name,
        "phase": progress.phase,
        "done": progress.done,
        "total": progress.total,
        "speed": round(progress.speed, 1) if progress.phase == "fetching" else 0,
        "seconds_left": _rounded(progress.seconds_left) if progress.phase == "fetching" else None,
        "message": shown.text(progress.message),
        "hint": shown.text(progress.hint),
        "quarantined": _kept_aside(progress),
        "plans": list(file.plans),
        "sequence": file.sequence,
    }


def _kept_aside(progress: Progress) -> Json | None:
    kept = progress.kept_aside
    return {"sha256": kept.sha256.hex, "agreement": kept.agreement} if kept else None


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
