"""Judge a model file on disk by the digest that a workflow, our records or a source name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from .errors import UnsafeFile
from .library import Library, files_below
from .progress import Progress, Reporter
from .types import FOLDER_SUFFIXES, Digest, PartOfFolder, Requirement, Verdict
from .verify import COMPUTED_ALGORITHMS, check_contents, digest_file, folder_complaint, unlike_locked


def judge(
    path: Path,
    need: Requirement | None,
    library: Library,
    published: Callable[[Requirement], Digest | None],
    reporter: Reporter,
) -> Verdict:
    """Read the whole file and compare; a file that is right is recorded.

    ``need`` is what a workflow says about it; ``published`` asks the sources, and only when nothing
    nearer says what the digest should be.
    """
    expected, basis = _expectation(path, need, library, published)
    try:
        watch = partial(_report, path.name, path.stat().st_size, reporter)
        hasher = digest_file(path, expected, watch)
        check_contents(path, path.name)
    except OSError as error:
        return Verdict(path, None, expected, basis, f"it cannot be read ({error.strerror})")
    except UnsafeFile as error:
        return Verdict(path, hasher.sha256, expected, basis, error.reason)
    got = hasher.as_algorithm_of(expected) if expected else None
    if expected and got and got != expected:
        return Verdict(path, hasher.sha256, expected, basis, f"expected {expected}, got {got}")
    library.record(path, hasher.sha256, library.origin_of(path))
    return Verdict(path, hasher.sha256, expected if got else None, basis if got else "")


def judge_folder(
    folder: Path, library: Library, reporter: Reporter, locked: Sequence[PartOfFolder] = ()
) -> list[Verdict]:
    """Judge each file of a folder model by its lock or our records, and the folder itself where it is not complete."""
    pins = {part.path: Requirement(part.path, digest=part.digest) for part in locked}
    complaint = folder_complaint(folder) or unlike_locked(folder, locked, lambda _path: None)
    verdicts = [
        judge(folder / name, pins.get(Path(name).as_posix()), library, lambda need: None, reporter)
        for name, _size in files_below(folder)
        if Path(name).suffix.lower() in FOLDER_SUFFIXES
    ]
    return [*([Verdict(folder, problem=complaint)] if complaint else ()), *verdicts]


def _expectation(
    path: Path, need: Requirement | None, library: Library, published: Callable[[Requirement], Digest | None]
) -> tuple[Digest | None, str]:
    """Find out what the digest should be: pinned by the workflow, else recorded here, else published."""
    if need and need.digest and need.digest.algorithm in COMPUTED_ALGORITHMS:
        return need.digest, "workflow"
    if recorded := library.last_digest(path):
        return recorded, "recorded"
    found = published(need) if need else None
    return found, "published" if found else ""


def _report(name: str, size: int, reporter: Reporter, done: int) -> None:
    reporter.report(Progress(name, "verifying", done, size))
