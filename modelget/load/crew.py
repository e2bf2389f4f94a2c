"""Several threads that take their next block from one list, until it is empty, one of them fails, or somebody stops."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from threading import Event, Lock, Thread

from ..errors import Cancelled
from ..progress import Progress, Reporter
from .layout import Block

_REPORT_SECONDS = 0.1
READERS = max(2, min(4, os.cpu_count() or 2))
"""Threads that read: enough requests for a fast disk, and not more than there are cores for their copies."""

Worker = Callable[[Block], None]
MakeWorker = Callable[[], AbstractContextManager[Worker]]
"""Called once in each thread, for what only that thread uses."""


class Watch:
    """The progress of one load, and the wish to stop it."""

    def __init__(self, name: str, total: int, reporter: Reporter, stop: Event) -> None:
        self._name, self._total, self._reporter, self._stop = name, total, reporter, stop
        self._done, self._told = 0, 0.0
        self._lock = Lock()

    def advance(self, count: int) -> None:
        """Tell that so many bytes more are loaded, now and then."""
        with self._lock:
            self._done += count
            now = time.monotonic()
            if self._done < self._total and now - self._told < _REPORT_SECONDS:
                return
            self._told = now
            self._reporter.report(Progress(self._name, "loading", self._done, self._total))

    def refuse_when_stopped(self) -> None:
        """Raise Cancelled when a person stopped the load."""
        if self._stop.is_set():
            raise Cancelled(f"{self._name}: loading was stopped", "Nothing is left of it; load it again.")


def work_through(blocks: Iterator[Block], make_worker: MakeWorker, threads: int, watch: Watch) -> None:
    """Have each block worked on once; return when all are done.

    Raises:
        Cancelled: somebody stopped it; no thread works on.
        Exception: the first that a worker raised, after all threads have ended.
    """
    crew = _Crew(blocks, make_worker, watch)
    others = [Thread(target=crew.work, name="modelget load", daemon=True) for _ in range(threads - 1)]
    for thread in others:
        thread.start()
    crew.work()
    try:
        for thread in others:
            thread.join()
    except BaseException as error:  # Ctrl+C: nobody may write any more when the memory is given back
        crew.failures.append(error)
        for thread in others:
            thread.join()
    if crew.failures:
        raise crew.failures[0]


class _Crew:
    def __init__(self, blocks: Iterator[Block], make_worker: MakeWorker, watch: Watch) -> None:
        self._blocks, self._make_worker, self._watch = blocks, make_worker, watch
        self._lock = Lock()
        self.failures: list[BaseException] = []

    def work(self) -> None:
        """Take blocks until there is a reason to end."""
        try:
            with self._make_worker() as worker:
                while block := self._next():
                    worker(block)
                    self._watch.advance(block.size)
        except BaseException as error:
            self.failures.append(error)

    def _next(self) -> Block | None:
        if self.failures:
            return None
        self._watch.refuse_when_stopped()
        with self._lock:
            return next(self._blocks, None)
