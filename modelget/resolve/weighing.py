"""How sure each candidate is, by its digest and that of the workflow, and which comes first."""

from __future__ import annotations

from dataclasses import replace

from ..types import Candidate, Digest, Evidence, PartOfFolder, Requirement
from ..verify import COMPUTED_ALGORITHMS

_WEAKER = {"md5": 0, "git-sha1": 1}
"""Digests that prove less than all others do, by how much they prove."""


def weigh(candidate: Candidate, wanted: Requirement) -> Candidate:
    """Compare the published digest with the one the workflow pins, which the file must have in any case."""
    pinned, published = wanted.digest, candidate.digest
    if wanted.files and candidate.files:
        return _held_to_files(candidate, wanted.files)
    if pinned is None:
        return candidate
    if candidate.is_folder:  # no place publishes one digest for a folder
        return replace(candidate, evidence=min(candidate.evidence, Evidence.SAME_NAME))
    if _says_less(published, pinned) and pinned.algorithm in COMPUTED_ALGORITHMS:
        return replace(candidate, digest=pinned)  # the fetch will tell
    known = published.in_terms_of(pinned) if published else None
    if known == pinned:
        return replace(candidate, evidence=Evidence.SAME_DIGEST) if pinned.is_unique else candidate
    if known is None and (candidate.evidence is Evidence.SAME_DIGEST or not pinned.can_contradict):
        return candidate  # the source was asked for the pinned digest, or that digest says nothing against it
    return replace(candidate, evidence=min(candidate.evidence, Evidence.SAME_NAME))


def pinned_by(wanted: Requirement, found: list[Candidate]) -> Requirement:
    """Return the requirement with the sha256 of its bytes, if the workflow or those who have them tell one."""
    if wanted.digest and wanted.digest.algorithm == "sha256":
        return wanted
    published = {one.digest for one in found if one.evidence.is_sure and one.digest}
    (only,) = published if len(published) == 1 else (None,)
    return replace(wanted, digest=only) if only and only.algorithm == "sha256" else wanted


def as_sure_as(found: list[Candidate], wanted: Requirement, others: list[Candidate]) -> list[Candidate]:
    """Say of others who have the bytes of what was found that they are no surer than that."""
    if wanted.digest is not None:
        return others
    most = max((candidate.evidence for candidate in found), default=Evidence.SAME_DIGEST)
    return [replace(other, evidence=min(other.evidence, most)) for other in others]


def can_be_had(candidate: Candidate) -> bool:
    """Tell whether a candidate is surely the model and nothing stands before it."""
    return candidate.barrier is None and candidate.evidence.is_sure


def rank(candidate: Candidate) -> tuple[object, ...]:
    """Order by evidence alone; the rest only makes the order the same every time."""
    return (
        -candidate.evidence,
        candidate.local is None,
        candidate.barrier is not None,
        candidate.is_copy,
        candidate.digest is None,
        candidate.id,
    )


def _held_to_files(candidate: Candidate, pinned: tuple[PartOfFolder, ...]) -> Candidate:
    """Take of a folder what its lock names, if all of it is there with the bytes that were locked."""
    wanted = {part.path: part.digest for part in pinned}
    files = tuple(part for part in candidate.files if part.path in wanted)
    if {part.path: part.digest for part in files} != wanted:
        note = "It is not what the lock pins: lock again to accept it."
        evidence = min(candidate.evidence, Evidence.SAME_NAME)
        return replace(candidate, evidence=evidence, notes=(*candidate.notes, note))
    size = sum(part.size for part in files)
    return replace(candidate, files=files, size=size, evidence=Evidence.SAME_DIGEST)


def _says_less(published: Digest | None, pinned: Digest) -> bool:
    """Tell whether the pinned digest is the one to check: the source has none, another kind, or its first digits."""
    if published is None:
        return True
    if published.is_prefix:
        first_digits = pinned.in_terms_of(published)
        return published.in_terms_of(pinned) is None and first_digits in (None, published)
    return _WEAKER.get(published.algorithm, 9) < _WEAKER.get(pinned.algorithm, 9)
