"""The JSON document of a plan, for programs: what ``--json`` prints and what the routes in ComfyUI answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from .errors import ModelgetError, Quarantined, UnclearMember
from .job import Outcomes
from .types import Archive, Candidate, Evidence, Fetched, PartOfFolder, Plan, PlanItem, SourceFailure, Status

_WHY = {
    Evidence.SAME_DIGEST: "has the digest that the workflow names",
    Evidence.DECLARED_URL: "the workflow names this place",
    Evidence.TRUSTED_NAME: "who is trusted has one file of this name",
    Evidence.SAME_NAME: "has this name; nothing says that it is the same file",
    Evidence.SIMILAR_NAME: "has a similar name; it may be another file",
}

Show = Callable[[Path], str]
"""How a path on this disk is told."""


def document(plan: Plan, outcomes: Outcomes | None = None, show: Show = str) -> dict[str, Any]:
    """Return the document of one workflow, before or after its plan was carried out."""
    found: dict[str, Any] = {
        "workflow": plan.workflow,
        "requirements": [requirement(item, outcomes or {}, show) for item in plan.items],
        "fetch_bytes": plan.fetch_bytes,
        "free_bytes": plan.free_bytes,
    }
    if outcomes is not None:
        places = {download.destination for download in plan.downloads}
        arrived = [outcome for place, outcome in outcomes.items() if place in places]
        found["transferred_bytes"] = sum(one.transferred for one in arrived if isinstance(one, Fetched))
    return found


def requirement(item: PlanItem, outcomes: Outcomes, show: Show) -> dict[str, Any]:
    """Return the part about one model."""
    wanted, present = item.requirement, item.resolution.present
    outcome = outcomes.get(item.download.destination) if item.download else None
    file = outcome.file if isinstance(outcome, Fetched) else present
    found: dict[str, Any] = {
        "name": wanted.name,
        "folder": wanted.folder,
        "wanted_by": list(wanted.wanted_by),
        "how": wanted.how,
        "active": wanted.active,
        "status": (Status.PRESENT if isinstance(outcome, Fetched) else item.status).value,
        "path": show(file.path) if file else None,
        "destination": show(item.download.destination) if item.download else None,
        "candidates": [_candidate(candidate) for candidate in item.resolution.candidates],
        "failures": [_failure(failure) for failure in item.resolution.failures],
        "hint": item.hint,
        "warning": outcome.warning if isinstance(outcome, Fetched) else None,
        "origin": outcome.origin if isinstance(outcome, Fetched) else None,
    }
    if isinstance(outcome, UnclearMember):
        found["status"] = Status.CHOOSE.value
    if isinstance(outcome, ModelgetError):
        found["hint"] = outcome.hint or None
        found["error"] = {"kind": type(outcome).__name__, "message": str(outcome)}
    if isinstance(outcome, Quarantined):
        found["error"] |= {"path": show(outcome.path), "sha256": outcome.sha256.hex}
    return found


def _candidate(candidate: Candidate) -> dict[str, Any]:
    digest = candidate.digest
    files = {"files": [_part(part) for part in candidate.files]} if candidate.files else {}
    return {
        "source": candidate.source,
        "id": candidate.id,
        "url": candidate.url or None,
        "name": candidate.name,
        "title": candidate.title or None,
        "size": candidate.size,
        "archive": _archive(candidate.archive) if candidate.archive else None,
        "sha256": digest.hex if digest and digest.algorithm == "sha256" else None,
        "digest": str(digest) if digest else None,
        "claimed_digest": str(candidate.claimed) if candidate.claimed else None,
        "evidence": candidate.evidence.name,
        "why": _WHY[candidate.evidence],
        "named_by": candidate.named_by,
        "copy": candidate.is_copy,
        "licence": candidate.terms.licence,
        "licence_link": candidate.terms.link,
        "commercial_use": candidate.terms.commercial_use,
        "restrictions": [restriction.value for restriction in candidate.terms.restrictions],
        "audience": candidate.terms.audience,
        "gated": candidate.terms.gated,
        "format": candidate.format,
        "barrier": _barrier(candidate),
        "notes": list(candidate.notes),
        **files,
    }


def _part(part: PartOfFolder) -> dict[str, Any]:
    digest = part.digest
    return {
        "path": part.path,
        "id": part.id,
        "url": part.url,
        "size": part.size,
        "sha256": digest.hex if digest and digest.algorithm == "sha256" else None,
        "digest": str(digest) if digest else None,
    }


def _archive(archive: Archive) -> dict[str, Any]:
    return {
        "id": archive.id,
        "kind": archive.kind,
        "member": archive.member or None,
        "size": archive.size,
        "digest": str(archive.digest) if archive.digest else None,
    }


def _barrier(candidate: Candidate) -> dict[str, Any] | None:
    found = candidate.barrier
    return {"kind": found.kind, "message": found.message, "hint": found.hint} if found else None


def _failure(failure: SourceFailure) -> dict[str, Any]:
    return {
        "source": failure.source,
        "kind": failure.kind,
        "message": failure.message,
        "retry_after": failure.retry_after,
    }
