"""Carry a plan out file by file; each can be paused, resumed and cancelled, alone or with all others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from threading import Condition, Event, Thread

from .errors import Cancelled, ModelgetError, Quarantined
from .progress import KeptAside, Progress, Reporter, Stop
from .types import Download, Fetched

Outcomes = Mapping[Path, "Fetched | ModelgetError"]
"""What became of each download, by its destination."""

FetchOne = Callable[[Download, Reporter, Event], Fetched]
Discard = Callable[[Download], None]


class Job:
    """Downloads on their way, in the order given, a few at a time.

    Pausing keeps what arrived, and so does stopping; cancelling throws it away.
    """

    def __init__(
        self,
        downloads: Iterable[Download],
        fetch: FetchOne,
        discard: Discard,
        reporter: Reporter,
        *,
        at_once: int,
        stop: Event,
    ) -> None:
        """Prepare; ``stop`` ends everything from outside, as ``stop_all`` does."""
        self._fetch, self._discard, self._reporter, self._at_once = fetch, discard, reporter, at_once
        self._changed = Condition()
        self._crash: BaseException | None = None
        self._items = {download.destination: _Item(download, stop) for download in downloads}

    def run(self) -> Outcomes:
        """Work until each file is placed, has failed, or was cancelled; paused ones are waited for."""
        count = min(self._at_once, len(self._items))
        threads = [Thread(target=self._work, name="modelget fetch", daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                thread.join()
        except BaseException:
            self.stop_all()
            for thread in threads:
                thread.join()
            raise
        if self._crash:
            raise self._crash
        return {place: item.outcome for place, item in self._items.items() if item.outcome is not None}

    def pause(self, place: Path | None = None) -> None:
        """Stop fetching one file, or all, until told to go on."""
        self._wish("pause", place)

    def resume(self, place: Path | None = None) -> None:
        """Go on with a file that was paused, or with all of them."""
        self._wish("go", place)

    def cancel(self, place: Path | None = None) -> None:
        """Give a file up, or all that are not placed, and remove what arrived of them."""
        self._wish("cancel", place)

    def stop_all(self) -> None:
        """End all fetches for now; a later job continues them."""
        self._wish("stop", None)

    def snapshot(self) -> list[Progress]:
        """Return the state of each file, in the order of the plan."""
        with self._changed:
            return [item.last for item in self._items.values()]

    def report(self, progress: Progress) -> None:
        """Take note of a file's state and pass it on; called by the fetches."""
        with self._changed:
            for item in self._items.values():
                if item.download.label == progress.name:
                    item.last = progress
        self._reporter.report(progress)

    def _wish(self, wish: str, place: Path | None) -> None:
        with self._changed:
            chosen = [item for key, item in self._items.items() if place in (None, key) and not item.is_over]
            for item in chosen:
                item.wish = wish
                if wish == "go":
                    item.stop.clear()
                else:
                    item.stop.set()
            self._changed.notify_all()

    def _work(self) -> None:
        while item := self._next():
            try:
                self._run_one(item)
            except BaseException as error:  # a fault of ours: whoever runs the job shall see it
                self._crash = error
                item.outcome = ModelgetError(f"{item.download.label}: {error!r}")
                self.stop_all()
            with self._changed:
                item.is_running = False
                self._changed.notify_all()

    def _next(self) -> _Item | None:
        """Wait for the first file that may go on; None when none ever will."""
        with self._changed:
            while waiting := [item for item in self._items.values() if not item.is_over]:
                ready = [item for item in waiting if item.wish != "pause" and not item.is_running]
                if ready:
                    ready[0].is_running = True
                    return ready[0]
                self._changed.wait()
            return None

    def _run_one(self, item: _Item) -> None:
        download = item.download
        try:
            item.outcome = self._fetch(download, self, item.stop)
        except Cancelled as error:
            if item.wish == "pause":
                self.report(Progress(download.label, "paused", item.last.done, item.last.total))
            if item.may_go_on:
                return
            if item.wish == "cancel":
                self._discard(download)
            self._fail(item, error, "stopped")
        except ModelgetError as error:
            self._fail(item, error, "failed")

    def _fail(self, item: _Item, error: ModelgetError, phase: str) -> None:
        item.outcome = error
        label, last = item.download.label, item.last
        kept = KeptAside(error.sha256, error.agreement) if isinstance(error, Quarantined) else None
        self.report(
            Progress(label, phase, last.done, last.total, str(error), hint=error.hint, kept_aside=kept)
        )


class _Item:
    """One download, and what is wished for it: ``go``, ``pause``, ``cancel`` or ``stop``."""

    def __init__(self, download: Download, whole: Event) -> None:
        self.download, self.stop, self.wish = download, Stop(whole), "go"
        self.is_running = False
        self.outcome: Fetched | ModelgetError | None = None
        self.last = Progress(download.label, "waiting", 0, download.candidate.fetch_size)

    @property
    def may_go_on(self) -> bool:
        """Tell whether it was only paused, perhaps so briefly that it is to go on again."""
        return self.wish == "pause" or (self.wish == "go" and not self.stop.is_set())

    @property
    def is_over(self) -> bool:
        return self.outcome is not None
