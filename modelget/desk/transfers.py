"""The files on their way for all plans together, each once, with their states for whoever watches."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock, Semaphore, Thread

from ..job import Job
from ..pipeline import Workshop, begin
from ..progress import KeptAside, Progress
from ..types import Download, Plan
from .errors import NothingToDo
from .state import FileState, State, totals_of

_MOST_KEPT = 500
_logger = logging.getLogger("modelget")


@dataclass(frozen=True, slots=True)
class _Running:
    """A file that a job has."""

    job: Job
    place: Path
    bytes: object
    """What stands for the bytes: their digest, or else where they come from."""


class Transfers:
    """Starts jobs in threads of their own and keeps what they report; ``changed`` is called at each change."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.run = f"r-{secrets.token_hex(8)}"
        self._changed = changed
        self._starting, self._lock = Lock(), Lock()
        self._sequence = 0
        self._files: dict[str, FileState] = {}
        self._running: dict[str, _Running] = {}
        self._waiting: list[tuple[frozenset[str], Future[None]]] = []
        self._places: Semaphore | None = None

    def start(self, plan_id: str, plan: Plan, shop: Workshop) -> list[str]:
        """Begin to fetch what the plan holds, except what is on its way already; return the labels of all.

        Raises:
            NothingToDo: other bytes are on their way to the same place.
            NotEnoughSpace, ModelgetError: it cannot fit; nothing was begun.
        """
        labels = [download.label for download in plan.downloads]
        with self._starting:
            with self._lock:
                fresh = {label for label in labels if not self._is_under_way(label)}
                for download in plan.downloads:
                    self._refuse_other_bytes(download)
            items = tuple(item for item in plan.items if item.download and item.download.label in fresh)
            self._places = self._places or Semaphore(shop.settings.limits.parallel_files)
            job = begin([replace(plan, items=items)], shop, self, self._places)
            with self._lock:
                for download in (item.download for item in items if item.download):
                    self._running[download.label] = _Running(job, download.destination, _bytes_of(download))
                    self._put(FileState(_first(download), self._plans_of(download.label), 0))
                for label in labels:
                    known = self._files[label]
                    self._put(replace(known, plans=tuple(dict.fromkeys((*known.plans, plan_id)))))
        if items:
            Thread(target=self._run, args=(job,), name="modelget job", daemon=True).start()
        self._changed()
        return labels

    def report(self, progress: Progress) -> None:
        """Take note of a file's state; called by the fetches."""
        with self._lock:
            self._put(FileState(progress, self._plans_of(progress.name), 0))
            over = self._take_over()
        _settle(over)
        self._changed()

    def pause(self, labels: Iterable[str]) -> int:
        """Stop fetching for now; return how many files that concerned."""
        return self._wish(Job.pause, labels, lambda phase: phase != "paused")

    def resume(self, labels: Iterable[str]) -> int:
        """Go on with what was paused; return how many files that concerned."""
        return self._wish(Job.resume, labels, lambda phase: phase == "paused")

    def go_on(self, labels: Iterable[str]) -> None:
        """Let files go on that are paused, or about to be."""
        self._wish(Job.resume, labels, lambda _phase: True)

    def cancel(self, labels: Iterable[str]) -> int:
        """Give files up and throw away what arrived of them; return how many that concerned."""
        return self._wish(Job.cancel, labels, lambda _phase: True)

    def file(self, label: str) -> FileState | None:
        """Return where a file stands; None when nobody asked for it in this run."""
        with self._lock:
            return self._files.get(label)

    def kept_aside(self, plan_id: str, download: Download) -> KeptAside | None:
        """Return what the last fetch of these very bytes for this plan left for a person to accept."""
        with self._lock:
            file, last = self._files.get(download.label), self._running.get(download.label)
            if file is None or last is None or plan_id not in file.plans:
                return None
            return file.progress.kept_aside if last.bytes == _bytes_of(download) else None

    def state(self, since: int = 0) -> State:
        """Return what changed after ``since``, in the order of the changes."""
        with self._lock:
            everything = list(self._files.values())
            changed = sorted((file for file in everything if file.sequence > since), key=_by_sequence)
            return State(self.run, self._sequence, since, tuple(changed), totals_of(everything))

    def when_over(self, labels: Iterable[str]) -> Future[None]:
        """Return a future that is done once all these files are placed or given up."""
        waited: Future[None] = Future()
        with self._lock:
            self._waiting.append((frozenset(labels), waited))
            over = self._take_over()
        _settle(over)
        return waited

    def _run(self, job: Job) -> None:
        try:
            job.run()
        except BaseException:
            _logger.exception("Modelget: a fault of ours ended an installation")
        finally:
            with self._lock:
                left = [
                    label
                    for label, one in self._running.items()
                    if one.job is job and self._is_under_way(label)
                ]
            for label in left:  # nobody else will report about them any more
                self.report(
                    Progress(label, "failed", message="a fault of Modelget", hint="The log says more.")
                )

    def _refuse_other_bytes(self, download: Download) -> None:
        label = download.label
        if self._is_under_way(label) and self._running[label].bytes != _bytes_of(download):
            hint = "Wait until that file is here, or cancel it."
            raise NothingToDo(f"{label}: other bytes are on their way under this name", hint)

    def _wish(
        self, wish: Callable[[Job, Path], None], labels: Iterable[str], applies: Callable[[str], bool]
    ) -> int:
        with self._lock:
            chosen = [
                self._running[label]
                for label in dict.fromkeys(labels)
                if self._is_under_way(label) and applies(self._files[label].progress.phase)
            ]
        for one in chosen:
            wish(one.job, one.place)
        return len(chosen)

    def _is_under_way(self, label: str) -> bool:
        return label in self._files and label in self._running and not self._files[label].is_over

    def _plans_of(self, label: str) -> tuple[str, ...]:
        known = self._files.get(label)
        return known.plans if known else ()

    def _put(self, state: FileState) -> None:
        """Store a change under the next number; forget the oldest files when there are too many."""
        self._sequence += 1
        self._files.pop(state.progress.name, None)
        self._files[state.progress.name] = replace(state, sequence=self._sequence)
        for label in [label for label, file in self._files.items() if file.is_over][:-_MOST_KEPT]:
            del self._files[label]

    def _take_over(self) -> list[Future[None]]:
        """Remove and return those who waited for files that are all over."""
        over = [
            waited
            for labels, waited in self._waiting
            if all(label not in self._files or self._files[label].is_over for label in labels)
        ]
        self._waiting = [(labels, waited) for labels, waited in self._waiting if waited not in over]
        return over


def _bytes_of(download: Download) -> object:
    return download.candidate.identity or download.candidate.id


def _first(download: Download) -> Progress:
    return Progress(download.label, "waiting", 0, download.candidate.fetch_size)


def _by_sequence(file: FileState) -> int:
    return file.sequence


def _settle(over: list[Future[None]]) -> None:
    for waited in over:
        if waited.set_running_or_notify_cancel():
            waited.set_result(None)
