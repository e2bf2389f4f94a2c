"""Several files on their way: each can be paused, resumed and cancelled, and a fault of ours is not hidden."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from modelget.errors import Cancelled, FetchFailed
from modelget.job import Job
from modelget.progress import Progress, Reporter
from modelget.types import Candidate, Download, Evidence, Fetched, ModelFile


def download(name: str) -> Download:
    candidate = Candidate("test", name, f"https://x.example/{name}", name, Evidence.DECLARED_URL, size=100)
    return Download(candidate, Path(name), Path(".modelget"), f"vae/{name}")


def until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.002)


class Line:
    """Stands for the fetches: each goes on until it is let through, stopped, or made to fail."""

    def __init__(self) -> None:
        self.open: set[str] = set()
        self.begun: list[str] = []
        self.discarded: list[str] = []
        self.seen: list[Progress] = []
        self.error: Exception | None = None

    def report(self, progress: Progress) -> None:
        self.seen.append(progress)

    def fetch(self, wanted: Download, reporter: Reporter, stop: Event) -> Fetched:
        name = wanted.destination.name
        self.begun.append(name)
        reporter.report(Progress(wanted.label, "fetching", 40, 100))
        while name not in self.open:
            if self.error:
                raise self.error
            if stop.is_set():
                raise Cancelled(f"{wanted.label}: stopped")
            time.sleep(0.001)
        reporter.report(Progress(wanted.label, "present", 100, 100))
        return Fetched(ModelFile(wanted.destination, 100), 100)

    def job(self, *names: str, at_once: int = 2, stop: Event | None = None) -> Job:
        def discard(unwanted: Download) -> None:
            self.discarded.append(unwanted.destination.name)

        downloads = map(download, names)
        return Job(downloads, self.fetch, discard, self, at_once=at_once, stop=stop or Event())

    def phases(self, name: str) -> list[str]:
        return [progress.phase for progress in self.seen if progress.name == f"vae/{name}"]


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def pool():
    with ThreadPoolExecutor(1) as pool:
        yield pool


def test_files_begin_in_order_and_so_many_at_once(line, pool) -> None:
    running = pool.submit(line.job("a", "b", "c").run)
    until(lambda: len(line.begun) == 2)
    assert sorted(line.begun) == ["a", "b"]
    line.open |= {"a", "b", "c"}
    assert set(running.result()) == {Path("a"), Path("b"), Path("c")}
    assert line.begun[2] == "c"


def test_a_paused_file_lets_the_next_one_go_and_comes_back(line, pool) -> None:
    job = line.job("a", "b", at_once=1)
    running = pool.submit(job.run)
    until(lambda: line.begun == ["a"])
    job.pause(Path("a"))
    until(lambda: line.begun == ["a", "b"])
    assert [progress.phase for progress in job.snapshot()] == ["paused", "fetching"]
    assert job.snapshot()[0].done == 40
    line.open.add("b")
    until(lambda: job.snapshot()[1].phase == "present")
    assert not running.done()
    line.open.add("a")
    job.resume(Path("a"))
    assert all(isinstance(outcome, Fetched) for outcome in running.result().values())
    assert line.begun == ["a", "b", "a"]


def test_a_pause_so_short_that_nobody_saw_it_changes_nothing(line, pool) -> None:
    job = line.job("a")
    running = pool.submit(job.run)
    until(lambda: line.begun == ["a"])
    job.pause()
    job.resume()
    line.open.add("a")
    assert isinstance(running.result()[Path("a")], Fetched)


def test_a_cancelled_file_is_given_up_and_the_others_are_not(line, pool) -> None:
    job = line.job("a", "b")
    running = pool.submit(job.run)
    until(lambda: len(line.begun) == 2)
    job.cancel(Path("a"))
    line.open.add("b")
    outcomes = running.result()
    assert isinstance(outcomes[Path("a")], Cancelled)
    assert isinstance(outcomes[Path("b")], Fetched)
    assert line.discarded == ["a"]
    assert line.phases("a")[-1] == "stopped"


def test_a_paused_file_can_be_cancelled(line, pool) -> None:
    job = line.job("a")
    running = pool.submit(job.run)
    until(lambda: line.begun == ["a"])
    job.pause()
    until(lambda: job.snapshot()[0].phase == "paused")
    job.cancel()
    assert isinstance(running.result()[Path("a")], Cancelled)
    assert line.discarded == ["a"]


def test_stopping_everything_keeps_what_arrived(line, pool) -> None:
    job = line.job("a", "b", "c")
    running = pool.submit(job.run)
    until(lambda: len(line.begun) == 2)
    job.stop_all()
    assert all(isinstance(outcome, Cancelled) for outcome in running.result().values())
    assert line.discarded == []


def test_the_end_of_everything_from_outside_ends_the_job(line, pool) -> None:
    stop = Event()
    running = pool.submit(line.job("a", "b", stop=stop).run)
    until(lambda: len(line.begun) == 2)
    stop.set()
    assert all(isinstance(outcome, Cancelled) for outcome in running.result().values())


def test_one_files_failure_does_not_stop_the_others(line) -> None:
    job = line.job("a", "b", at_once=1)
    line.open.add("b")
    line.error = FetchFailed("vae/a: HTTP 400")
    outcomes = job.run()
    assert outcomes[Path("a")] is line.error
    assert isinstance(outcomes[Path("b")], Fetched)
    assert line.seen[1] == Progress("vae/a", "failed", 40, 100, "vae/a: HTTP 400", hint=line.error.hint)


def test_a_fault_of_ours_ends_the_job_and_is_raised(line) -> None:
    line.error = ZeroDivisionError("ours")
    with pytest.raises(ZeroDivisionError):
        line.job("a", "b", "c").run()


def test_nothing_to_do_is_done_at_once(line) -> None:
    assert line.job().run() == {}
