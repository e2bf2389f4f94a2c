"""Files that a person fetched by hand: recognised in their model folder, and proven before they are used.

Where only a person can fetch, a browser may have called the file otherwise (``x (1).pth``), and what it saved may be a
page. The person's own file is never renamed: the right one is linked to the wanted name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from .errors import UnsafeFile
from .http import Http
from .library import Library, is_alike
from .progress import Progress, Reporter, Silent
from .sources import Source
from .types import Candidate, Digest, Evidence, ModelFile, Requirement, Resolution
from .verify import COMPUTED_ALGORITHMS, Hasher, check_contents, digest_file


@dataclass(frozen=True, slots=True)
class Drops:
    """How to look for files that a person put there."""

    reporter: Reporter = field(default_factory=Silent)
    """Told about the reading of a file."""
    remember: bool = False
    """Record digests; planning alone leaves no trace."""
    fresh: frozenset[Path] = frozenset()
    """Files that came while they were waited for: each may be the wanted one, whatever its name."""


def is_by_hand(found: Resolution, sources: Iterable[Source], http: Http) -> bool:
    """Tell whether only a person can fetch it; a model that is here already is judged by its links, asking nobody."""
    if found.present is None:
        can_be_had = any(one.evidence.is_sure and one.barrier is None for one in found.candidates)
        return not can_be_had and any(map(_is_barred, found.candidates))
    askless = [source for source in sources if source.hosts and not source.endpoints]
    return any(_is_barred(one) for source in askless for one in source.find(found.requirement, http))


def recognise(found: Resolution, library: Library, drops: Drops) -> Resolution:
    """Return the outcome for a model that only a person can fetch, with what the person has put there."""
    if found.present is not None:
        return _proven(found, found.present, library, drops)
    wanted = found.requirement
    notes: list[str] = []
    for file in _dropped(wanted, library, drops.fresh):
        problem, right = _problem(file, wanted.digest, library, drops)
        if right and not problem:
            ours = next(one for one in found.candidates if _is_barred(one))
            twin = replace(
                ours,
                evidence=Evidence.SAME_DIGEST,
                size=file.size,
                digest=wanted.digest,
                barrier=None,
                local=file.path,
            )
            return replace(found, candidates=(twin, *(one for one in found.candidates if one is not ours)))
        notes.append(f"{file.path.name} is there, {problem or _unproven(wanted)}.")
    return (
        replace(found, candidates=tuple(_noted(one, notes) for one in found.candidates)) if notes else found
    )


def _is_barred(candidate: Candidate) -> bool:
    return candidate.barrier is not None and candidate.barrier.kind == "by-hand"


def _proven(found: Resolution, present: ModelFile, library: Library, drops: Drops) -> Resolution:
    """Read the file that has the wanted name, unless its digest is known already or nothing could be compared."""
    if found.complaint or found.requirement.digest is None or library.digest_of(present.path):
        return found
    problem, _right = _problem(present, found.requirement.digest, library, drops)
    return replace(found, complaint=problem or None)


def _dropped(wanted: Requirement, library: Library, fresh: frozenset[Path]) -> Iterator[ModelFile]:
    """Yield what may be the wanted file: called almost so, or fresh, in the model folder and in the same format."""
    suffix = PurePosixPath(wanted.name).suffix.lower()
    for file in library.files(wanted.folder) if wanted.folder else ():
        may_be = file.path in fresh or is_alike(file.path.name, wanted.name)
        if may_be and file.path.suffix.lower() == suffix:
            yield file


def _problem(file: ModelFile, right: Digest | None, library: Library, drops: Drops) -> tuple[str, bool]:
    """Say what is wrong with a file, nothing if nothing is, and whether its bytes are certain to be the wanted ones."""
    try:
        check_contents(file.path, file.path.name)
        if right is None or right.algorithm not in COMPUTED_ALGORITHMS:
            return "", False
        hasher = _read(file, right, library, drops)
    except UnsafeFile as error:
        return f"but {error.reason}", False
    except OSError as error:
        return f"but it cannot be read ({error.strerror})", False
    got = hasher.as_algorithm_of(right)
    if got != right:
        return f"its digest is {got}, the workflow pins {right}", False
    return "", right.is_unique


def _read(file: ModelFile, right: Digest, library: Library, drops: Drops) -> Hasher:
    def tell(done: int) -> None:
        drops.reporter.report(Progress(file.path.name, "verifying", done, max(done, file.size)))

    hasher = digest_file(file.path, right, tell)
    if drops.remember:
        library.record(file.path, hasher.sha256)
    return hasher


def _unproven(wanted: Requirement) -> str:
    return (
        f"and nothing tells whether it is the wanted file: call it {wanted.name.rpartition('/')[2]} if it is"
    )


def _noted(candidate: Candidate, notes: list[str]) -> Candidate:
    barrier = candidate.barrier
    if barrier is None or not _is_barred(candidate):
        return candidate
    return replace(candidate, barrier=replace(barrier, hint=" ".join((barrier.hint, *notes))))
