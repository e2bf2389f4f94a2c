"""Pin what a workflow needs to its bytes, and hold the workflow to what was pinned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from .hosts import without_secrets
from .library import Library
from .lock_file import LockedModel
from .progress import Progress, Reporter
from .public_links import public_link, public_page
from .types import UNSTATED, Candidate, Digest, ModelFile, PartOfFolder, Requirement, Resolution, Workflow
from .verify import COMPUTED_ALGORITHMS, Hasher, digest_file

_READ_FOR = COMPUTED_ALGORITHMS - {"sha256", "sha256-prefix", "autov2"}
"""Digests that a recorded sha256 says nothing about."""

_OWN = frozenset({"library", "mirrors"})


@dataclass(frozen=True, slots=True)
class Unlocked:
    """A model that could not be pinned, and why."""

    requirement: Requirement
    reason: str
    unanswered: bool = False
    """Whether only because a place could not answer: an earlier pin is as good as it was."""


def lock_model(
    wanted: Requirement, found: Resolution, library: Library, reporter: Reporter
) -> LockedModel | Unlocked:
    """Pin one model: to the file that is here, which is read if need be, else to what its place publishes.

    ``wanted`` is what the workflow says; ``found`` where the model is and what its places say of it.
    """
    sure = [candidate for candidate in found.candidates if candidate.evidence.is_sure]
    sure.sort(key=lambda candidate: candidate.is_copy)  # what is locked names the publisher's place
    folder = found.requirement.folder
    if found.present is None:
        return _from_place(replace(wanted, folder=folder), found, sure)
    if found.complaint:
        return Unlocked(wanted, f"{found.present.path} is here, but {found.complaint}")
    if wanted.is_folder:
        return _from_folder(replace(wanted, folder=folder), found, sure, library, reporter)
    try:
        return _from_disk(replace(wanted, folder=folder), found.present, sure, library, reporter)
    except OSError as error:
        return Unlocked(wanted, f"{found.present.path} cannot be read ({error.strerror})")


def held_to_lock(workflow: Workflow, locked: Sequence[LockedModel]) -> tuple[Workflow, list[str]]:
    """Give the requirements of a workflow the digests and places of its lock.

    Also returns what the workflow itself says otherwise, a sentence each: the lock wins.
    """
    needs: list[Requirement] = []
    notes: list[str] = []
    for need in workflow.requirements:
        model = pin_of(need, locked)
        if model is None:
            needs.append(need)
            continue
        notes += _contradictions(need, model)
        urls = tuple(dict.fromkeys((*([model.id] if model.id else ()), *need.urls)))
        digest = need.digest if model.files else model.digest
        held = replace(need, folder=need.folder or model.folder, urls=urls, digest=digest)
        needs.append(replace(held, is_folder=need.is_folder or bool(model.files), files=model.files))
    return replace(workflow, requirements=tuple(needs)), notes


def differences(old: Sequence[LockedModel], new: Sequence[LockedModel]) -> list[str]:
    """Say in what a lock differs from what would be locked: a commit that changed nothing of a file is no difference."""
    before = {(model.folder, model.name): model for model in old}
    after = {(model.folder, model.name): model for model in new}
    said = [f"{name} is needed and not locked" for key, name in _labels(after) if key not in before]
    said += [f"{name} is locked and not needed" for key, name in _labels(before) if key not in after]
    for key, name in _labels(after):
        if (known := before.get(key)) is None:
            continue
        if known.digest != after[key].digest:
            said.append(f"{name} is locked to {known.digest} and is {after[key].digest}")
        elif not set(after[key].declared) <= {*known.declared, known.url}:
            said.append(f"{name} has another link in the workflow than when it was locked")
    return said


def _labels(models: Iterable[tuple[str | None, str]]) -> list[tuple[tuple[str | None, str], str]]:
    return [((folder, name), f"{folder or '?'}/{name}") for folder, name in models]


def _from_disk(
    wanted: Requirement, file: ModelFile, sure: list[Candidate], library: Library, reporter: Reporter
) -> LockedModel | Unlocked:
    others = [one.digest for one in sure if one.digest] + ([wanted.digest] if wanted.digest else [])
    digest, hasher = library.digest_of(file.path), None
    other = next((one for one in others if one.algorithm in _READ_FOR), None)
    if digest is None or other is not None:
        watch = partial(_report, file, reporter)
        hasher = digest_file(file.path, other, watch)
        digest = hasher.sha256
        library.record(file.path, digest, library.origin_of(file.path))
    if not _agrees(digest, hasher, wanted.digest):
        return Unlocked(wanted, f"{file.path} is {digest}, and the workflow pins {wanted.digest}")
    same = [one for one in sure if _agrees(digest, hasher, one.digest) and one.size in (None, file.size)]
    if sure and not same:
        return Unlocked(wanted, f"{file.path} is {digest}, and {sure[0].id} has other bytes")
    proven = [one for one in same if one.digest]
    if not proven and len({one.id for one in same}) > 1:
        return Unlocked(wanted, _ambiguous(wanted, same))
    return _pinned(wanted, digest, file.size, next(iter(proven or same), None))


def _from_place(wanted: Requirement, found: Resolution, sure: list[Candidate]) -> LockedModel | Unlocked:
    if not sure:
        return Unlocked(wanted, _why_nothing(found), unanswered=bool(found.failures))
    if len({one.identity or one.id for one in sure}) > 1:
        return Unlocked(wanted, _ambiguous(wanted, sure))
    chosen = sure[0]
    if wanted.is_folder:
        return _pinned_folder(wanted, chosen)
    if chosen.digest is None or chosen.digest.algorithm != "sha256":
        return Unlocked(wanted, f"{chosen.id} has no published sha256: install it, then lock again")
    return _pinned(wanted, chosen.digest, chosen.size, chosen)


def _from_folder(
    wanted: Requirement, found: Resolution, sure: list[Candidate], library: Library, reporter: Reporter
) -> LockedModel | Unlocked:
    """Pin a folder that is here to what its place publishes, if each of its files has those bytes."""
    outcome = _from_place(wanted, found, sure)
    if isinstance(outcome, Unlocked) or found.present is None:
        return outcome
    for part in outcome.files:
        path = found.present.path.joinpath(*part.path.split("/"))
        try:
            right = _has_bytes_of(path, part, library, reporter)
        except OSError as error:
            return Unlocked(wanted, f"{path} cannot be read ({error.strerror})")
        if not right:
            return Unlocked(wanted, f"{path} has other bytes than {part.id}")
    return outcome


def _has_bytes_of(path: Path, part: PartOfFolder, library: Library, reporter: Reporter) -> bool:
    size = path.stat().st_size
    recorded = library.digest_of(path)
    known = recorded.in_terms_of(part.digest) if recorded and part.digest else None
    if known is None and size == part.size:
        watch = partial(_report, ModelFile(path, size), reporter)
        hasher = digest_file(path, part.digest, watch)
        known = hasher.as_algorithm_of(part.digest) if part.digest else None
        library.record(path, hasher.sha256, library.origin_of(path))
    return size == part.size and known == part.digest


def _pinned_folder(wanted: Requirement, place: Candidate) -> LockedModel | Unlocked:
    if not place.files:
        barrier = f": {place.barrier.message}" if place.barrier else ""
        return Unlocked(wanted, f"{place.id} does not tell which files it has{barrier}")
    if place.identity is None:
        return Unlocked(wanted, f"{place.id} has files without a published digest: no lock can hold them")
    whole = _pinned(wanted, place.identity, place.size, place)
    files = tuple(
        replace(part, id=without_secrets(part.id), url=public_link(part.id) or "", local=None)
        for part in place.files
    )
    page = public_page(place.id)
    return replace(whole, url=without_secrets(page) if page else None, files=files)


def _pinned(wanted: Requirement, digest: Digest, size: int | None, place: Candidate | None) -> LockedModel:
    if place is not None and place.source in _OWN:
        place = None  # on this disk under another name, or at this owner's mirror: no place for anybody else
    link = public_link(place.id) if place else None
    return LockedModel(
        name=wanted.name,
        folder=wanted.folder,
        digest=digest,
        size=size,
        source=place.source if place else None,
        id=without_secrets(place.id) if place else None,
        url=without_secrets(link) if link else None,
        terms=place.terms if place else UNSTATED,
        declared=tuple(map(without_secrets, wanted.urls)),
    )


def _agrees(sha256: Digest, hasher: Hasher | None, other: Digest | None) -> bool:
    """Tell whether nothing that was read speaks against a digest."""
    if other is None:
        return True
    known = hasher.as_algorithm_of(other) if hasher else sha256.in_terms_of(other)
    return known in (None, other)


def pin_of(need: Requirement, locked: Sequence[LockedModel]) -> LockedModel | None:
    """Return what a lock says about a requirement: the same name in the same folder, where there is one."""
    named = [model for model in locked if model.name == need.name]
    exact = [model for model in named if model.folder == need.folder]
    found = exact or (named if need.folder is None else [])
    return found[0] if len(found) == 1 else None


def _contradictions(need: Requirement, model: LockedModel) -> list[str]:
    label = f"{need.folder or '?'}/{need.name}"
    said = []
    known = model.digest.in_terms_of(need.digest) if need.digest else None
    if known and known != need.digest:
        said.append(f"{label}: the workflow pins {need.digest}, and its lock {model.digest}: the lock counts")
    links = {without_secrets(link) for link in need.urls} - {*model.declared, model.url, model.id}
    if links:
        said.append(
            f"{label}: the workflow has another link than when it was locked ({min(links)}): the lock counts"
        )
    return said


def _ambiguous(wanted: Requirement, candidates: list[Candidate]) -> str:
    ids = " or ".join(dict.fromkeys(one.id for one in candidates))
    return f"several files claim this name: pass --choose {wanted.name}=ID with {ids}"


def _why_nothing(found: Resolution) -> str:
    if found.failures:
        return f"{found.failures[0].source} could not answer: {found.failures[0].message}"
    if found.candidates:
        ids = " or ".join(one.id for one in found.candidates)
        return f"not surely the same file: pass --choose {found.requirement.name}=ID with {ids}"
    return f"no place is known: pass --choose {found.requirement.name}=ID"


def _report(file: ModelFile, reporter: Reporter, done: int) -> None:
    reporter.report(Progress(file.path.name, "verifying", done, file.size))
