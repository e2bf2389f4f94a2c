"""What a person can do about a model for which nothing is certain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..hosts import without_secrets
from ..types import Candidate, Requirement, Resolution, Status, has_model_suffix


def without_candidate(resolution: Resolution, barred: Sequence[Candidate]) -> tuple[Status, str]:
    """Return how it stands with a model that nothing sure can be fetched for, and what to do.

    ``barred`` are the sure candidates, each behind a barrier.
    """
    status, hint = _status_and_hint(resolution, barred)
    return status, f"{hint} {resolution.advice}" if resolution.advice else hint


def among_several(wanted: Requirement, candidates: Sequence[Candidate]) -> str:
    """Say how to choose one of several files that are all as sure."""
    return f"Several files claim this name. Pass --choose {wanted.name}=ID with {_ids(candidates)}."


def what_is_unclear(wanted: Requirement, candidate: Candidate, name: str) -> str | None:
    """Say why nobody but a person can tell what would be placed; None when it is clear."""
    if candidate.is_folder != wanted.is_folder:
        found, asked = ("a folder", "one file") if candidate.is_folder else ("one file", "a folder")
        return f"{candidate.id} is {found}, and this model is {asked}. Pass --choose {wanted.name}=ID."
    if wanted.is_folder or has_model_suffix(name):
        return None
    if candidate.archive:
        file = f"{candidate.archive.id}#FILE"
        return (
            f"It is an archive. Say which file in it: {file}, as in --choose {wanted.name or 'NAME'}={file}."
        )
    hint = "No place says in what format it is. Plan again without --offline, or pass "
    return f"{hint}--choose {wanted.name}=ID with a link to the file."


def _status_and_hint(resolution: Resolution, barred: Sequence[Candidate]) -> tuple[Status, str]:
    wanted, candidates = resolution.requirement, resolution.candidates
    if wanted.is_left_to_pack:
        return Status.UNRESOLVED, "Its node fetches it by itself when it runs."
    if barred and (barrier := barred[0].barrier):
        return Status.DENIED, f"{barrier.message}. {barrier.hint}"
    if candidates and not any(has_model_suffix(candidate.name) for candidate in candidates):
        one = f"{candidates[0].id}/FILE"
        hint = f"Only repositories were found, which may hold it: {_ids(candidates)}. Look, and take "
        return Status.CHOOSE, f"{hint}a file in one: --choose NAME={one}, or `modelget get {one}`."
    if candidates:
        return (
            Status.CHOOSE,
            f"Not surely the same file. Pass --choose {wanted.name}=ID with {_ids(candidates)}.",
        )
    return (
        Status.UNRESOLVED,
        f"{_why_nothing(resolution)} --choose {wanted.name}=ID ({_forms_of_id(wanted)}).",
    )


def _why_nothing(resolution: Resolution) -> str:
    wanted = resolution.requirement
    if resolution.failures:
        names = ", ".join(sorted({failure.source for failure in resolution.failures}))
        return f"Could not ask {names}. Try again, or pass"
    if wanted.urls:
        return f"Not found at {without_secrets(wanted.urls[0])}. Pass"
    if wanted.digest:
        return f"No place knows a file with the digest {wanted.digest}, and no link is given. Pass"
    return "The workflow names no place for it. Pass"


def _forms_of_id(wanted: Requirement) -> str:
    return "hf:owner/repo or a link" if wanted.is_folder else "hf:owner/repo/path, civitai:VERSION or a link"


def _ids(candidates: Iterable[Candidate]) -> str:
    """Name the files to choose from, and who says so where that is not the workflow."""
    told = (one.id + (f" (found in {one.named_by})" if one.named_by else "") for one in candidates)
    return " or ".join(dict.fromkeys(told))
