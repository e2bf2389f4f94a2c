"""What the library already has: under the wanted name, or the same bytes under another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..errors import UnsafeFile
from ..library import Library
from ..types import (
    Candidate,
    Digest,
    Evidence,
    ModelFile,
    PartOfFolder,
    Requirement,
    Resolution,
    has_model_suffix,
)
from ..verify import check_contents, folder_complaint, unlike_locked


def find_here(wanted: Requirement, library: Library) -> Resolution | None:
    """Look for a file of that name; of several that bear a stem, the recorded digest may tell the one."""
    if wanted.is_folder:
        folder = library.locate(wanted)
        if folder is None:
            return None
        complaint = folder_complaint(folder.path)
        unlike = unlike_locked(folder.path, wanted.files, library.digest_of)
        return Resolution(wanted, folder, complaint or unlike)
    found = library.find_all(wanted.folder, wanted.name)
    if not found:
        return None
    pinned = [file for file in found if _is_pinned(file, wanted, library)]
    if len(found) > 1 and not pinned:
        others = " and ".join(file.path.name for file in found[1:])
        complaint = f"so is {others}, and the name has no suffix that tells them apart"
        return Resolution(wanted, found[0], complaint)
    present = (pinned or found)[0]
    return Resolution(wanted, present, _complaint(present, wanted.digest, library, "the workflow pins"))


def pinned_here(wanted: Requirement, library: Library) -> Candidate | None:
    """Return a file of this library that has the digest the workflow pins, under whatever name."""
    twin = library.find_digest(wanted.digest) if wanted.digest else None
    if twin is None:
        return None
    origin = library.origin_of(twin.path) or f"file:{twin.path}"
    return Candidate(
        source="library",
        id=origin,
        url="",
        name=twin.path.name,
        evidence=Evidence.SAME_DIGEST,
        size=twin.size,
        digest=wanted.digest,
        local=twin.path,
    )


def published_here(
    wanted: Requirement, candidates: Iterable[Candidate], library: Library
) -> Resolution | None:
    """Find the model under the name that its publisher gave it, where any name will do."""
    best = next(iter(candidates), None)
    if not wanted.renamable or best is None or not best.evidence.is_sure:
        return None
    twin = library.find_digest(best.digest) if best.digest else None
    if twin and library.holds(wanted.folder, twin.path):
        return Resolution(wanted, twin)
    present = library.find(wanted.folder, best.name) if has_model_suffix(best.name) else None
    if present is None:
        return None
    if best.size not in (None, present.size):
        return Resolution(wanted, present, f"it has {present.size} bytes and {best.id} has {best.size}")
    return Resolution(wanted, present, _complaint(present, best.digest, library, f"{best.id} has"))


def with_twin(candidate: Candidate, library: Library) -> Candidate:
    """Note where the same bytes already are; nobody needs a permission to link them."""
    if candidate.files:
        return replace(candidate, files=tuple(_part_with_twin(part, library) for part in candidate.files))
    twin = library.find_digest(candidate.digest) if candidate.digest else None
    return replace(candidate, local=twin.path, barrier=None) if twin else candidate


def _part_with_twin(part: PartOfFolder, library: Library) -> PartOfFolder:
    twin = library.find_digest(part.digest) if part.digest else None
    return replace(part, local=twin.path) if twin else part


def _is_pinned(file: ModelFile, wanted: Requirement, library: Library) -> bool:
    recorded = library.digest_of(file.path) if wanted.digest else None
    return bool(recorded and wanted.digest and recorded.in_terms_of(wanted.digest) == wanted.digest)


def _complaint(present: ModelFile, right: Digest | None, library: Library, says: str) -> str | None:
    try:
        check_contents(present.path, present.path.name)
    except UnsafeFile as error:
        return error.reason
    except OSError as error:
        return f"it cannot be read ({error.strerror})"
    recorded = library.digest_of(present.path)
    known = recorded.in_terms_of(right) if recorded and right else None
    if known and known != right:
        return f"its digest is {known}, {says} {right}"
    return None
