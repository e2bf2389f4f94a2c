"""Bring a folder model here: each file as any other, into a folder of ours; its name it gets when it is complete."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Lock

from ..errors import Cancelled, DigestMismatch, UnsafeFile
from ..http import Http
from ..library import Library, inside
from ..progress import Progress, Reporter, Stop
from ..types import Candidate, Digest, Download, Fetched, ModelFile, PartOfFolder
from ..verify import check_contents, check_digest, digest_file
from .lock import only_one
from .part import bytes_on_disk as bytes_of_file
from .part import staged_name
from .publish import name_taken, publish_folder
from .watch import Watch

FetchFile = Callable[[Download, Http, Reporter, Stop, "Library | None"], Fetched]

FILES_AT_ONCE = 3
"""Small files cost a question each; large ones share the host's connections anyhow."""


def fetch_folder(
    download: Download, http: Http, watch: Watch, stop: Stop, library: Library | None, fetch_file: FetchFile
) -> Fetched:
    """Fetch what is missing of a folder, prove all of it, and place it in one step.

    ``stop`` is this fetch's own: the first failure sets it for the other files.

    Raises:
        Cancelled, ModelgetError: a file could not be had or is wrong; what arrived is kept, and nothing has the name.
    """
    candidate = download.candidate

    def wait() -> None:
        watch.look("waiting", 0, candidate.size)

    with only_one(download.staging, staged_name(download), http.clock, wait) as is_alone:
        if os.path.lexists(download.destination):
            digests, transferred = _already_there(download, library, watch), 0
        else:
            staged = _staged(download) if is_alone else _private(download)
            try:
                digests, transferred = _fetch_all(download, staged, http, watch, stop, library, fetch_file)
                publish_folder(staged, download.destination)
            finally:
                if not is_alone:
                    shutil.rmtree(staged, ignore_errors=True)
    if library:
        places = _places(download, download.destination)
        for part, path, digest in zip(candidate.files, places, digests, strict=True):
            library.record(path, digest, part.id)
    size = sum(part.size for part in candidate.files)
    watch.say("present", size, size)
    return Fetched(ModelFile(download.destination, size), transferred)


def discard(download: Download, give_up: Callable[[Download], None]) -> None:
    """Remove what arrived of a folder that is no longer wanted."""
    staged = _staged(download)
    for part in _downloads(download, staged):
        give_up(part)
    shutil.rmtree(staged, ignore_errors=True)


def bytes_on_disk(download: Download) -> int:
    """Return how much of the disk its unfinished files, and those that wait for the others, take already."""
    count = 0
    for part in _downloads(download, _staged(download)):
        count += bytes_of_file(part)
        # What is linked takes no room, and none was counted for it.
        with suppress(OSError):
            count += part.destination.stat().st_size if part.candidate.local is None else 0
    return count


def _fetch_all(
    download: Download,
    staged: Path,
    http: Http,
    watch: Watch,
    stop: Stop,
    library: Library | None,
    fetch_file: FetchFile,
) -> tuple[list[Digest], int]:
    """Return the sha256 of each file, and the bytes that came over the network."""
    together = _Together(download, watch)

    def fetch_one(part: Download) -> Fetched:
        try:
            if digest := _proven(part, library, watch):
                here = part.candidate.size or 0
                together.report(Progress(part.label, "present", here, here))
                return Fetched(ModelFile(part.destination, here, digest), 0)
            part.destination.unlink(missing_ok=True)  # ours, and not right
            return fetch_file(part, http, together, stop, library)
        except BaseException:
            stop.set()
            raise

    parts = list(_downloads(download, staged))
    with ThreadPoolExecutor(FILES_AT_ONCE, thread_name_prefix="modelget folder") as pool:
        futures = [pool.submit(fetch_one, part) for part in parts]
    errors = [error for future in futures if (error := future.exception())]
    if errors:
        # The files that were stopped because of another one's failure do not tell the reason.
        raise next((error for error in errors if not isinstance(error, Cancelled)), errors[0])
    _remove_others(staged, {part.destination for part in parts})
    fetched = [future.result() for future in futures]
    return [one.file.digest for one in fetched if one.file.digest], sum(one.transferred for one in fetched)


def _already_there(download: Download, library: Library | None, watch: Watch) -> list[Digest]:
    """Use what another process placed since the plan was made, if it holds every wanted byte."""
    digests = [_proven(part, library, watch) for part in _downloads(download, download.destination)]
    if None in digests:
        raise name_taken(download.destination)
    return [digest for digest in digests if digest]


def _proven(part: Download, library: Library | None, watch: Watch) -> Digest | None:
    """Return the sha256 of a file that is in its place and right; None for any other."""
    path, wanted = part.destination, part.candidate
    recorded = library.digest_of(path) if library else None
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size != wanted.size:
            return None
        if recorded and recorded == wanted.digest:
            return recorded
        hasher = digest_file(path, wanted.digest, lambda done: watch.refuse_when_stopped())
        check_digest(path.name, wanted.digest, hasher)
        check_contents(path, path.name)
    except (OSError, DigestMismatch, UnsafeFile):
        return None
    return hasher.sha256


def _downloads(download: Download, folder: Path) -> Iterator[Download]:
    """Yield each file of the folder as a download of its own."""
    files = download.candidate.files
    for part, path in zip(files, _places(download, folder), strict=True):
        label = f"{download.label}/{part.path}"
        candidate = _as_candidate(part, download.candidate)
        yield replace(download, candidate=candidate, destination=path, label=label)


def _as_candidate(part: PartOfFolder, whole: Candidate) -> Candidate:
    return Candidate(
        source=whole.source,
        id=part.id,
        url=part.url,
        name=part.path.rpartition("/")[2],
        evidence=whole.evidence,
        size=part.size,
        digest=part.digest,
        local=part.local,
    )


def _places(download: Download, folder: Path) -> tuple[Path, ...]:
    return inside(folder, (part.path for part in download.candidate.files))


def _staged(download: Download) -> Path:
    """Return where the files wait for each other: the same for the same files."""
    return download.staging / f"{staged_name(download)}.folder"


def _private(download: Download) -> Path:
    """Return a place that nobody else uses, where locks keep nobody out."""
    return download.staging / f"{staged_name(download)}.{secrets.token_hex(8)}.folder"


def _remove_others(staged: Path, wanted: set[Path]) -> None:
    """Leave nothing in our folder that does not belong to the model, as of an older list of its files."""
    for place, _folders, files in os.walk(staged, topdown=False):
        for name in files:
            if (path := Path(place, name)) not in wanted:
                path.unlink()
        if not any(Path(place) in path.parents for path in wanted):
            Path(place).rmdir()


class _Together:
    """The state of all files, told as that of one."""

    def __init__(self, download: Download, watch: Watch) -> None:
        self._total = sum(part.size for part in download.candidate.files)
        self._watch = watch
        self._lock = Lock()
        self._last: dict[str, Progress] = {}

    def report(self, progress: Progress) -> None:
        """Add up; what waits or is proven keeps the bytes it had."""
        with self._lock:
            before = self._last.get(progress.name)
            counts = progress.phase in ("fetching", "placing", "present")
            done = progress.done if counts else before.done if before else 0
            self._last[progress.name] = replace(progress, done=done)
            states = self._last.values()
            moving = any(state.phase == "fetching" for state in states)
            self._watch.pass_on(
                "fetching" if moving or counts else progress.phase,
                sum(state.done for state in states),
                self._total,
                sum(state.speed for state in states if state.phase == "fetching"),
            )
