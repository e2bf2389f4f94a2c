"""The unfinished file: bytes in any order from any thread, and a journal that never says too much."""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace

import pytest
from faults.bench import MIB, spans_in, wait_until

from modelget.fetch import keeper as keeper_module
from modelget.fetch import part as module
from modelget.fetch.keeper import Keeper
from modelget.fetch.part import Part, bytes_on_disk, discard_leftovers
from modelget.types import Candidate, Digest, Download, Evidence

BODY = random.Random(7).randbytes(MIB)  # noqa: S311
PIECE = 4099


@pytest.fixture
def download(tmp_path: Path) -> Download:
    (tmp_path / "staging").mkdir()
    digest = Digest("sha256", "ab" * 32)
    candidate = Candidate("direct_url", "u", "u", "x.safetensors", Evidence.DECLARED_URL, digest=digest)
    return Download(candidate, tmp_path / "x.safetensors", tmp_path / "staging", "x.safetensors")


@pytest.fixture(params=["linux", "win32"])
def open_part(
    request: pytest.FixtureRequest, download: Download, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Part]]:
    """Opens the part, each time as a new process does, with each of the two ways to write."""
    monkeypatch.setattr(module, "sys", SimpleNamespace(platform=request.param))
    opened: list[Part] = []

    def open_it() -> Part:
        opened.append(Part.open(download))
        return opened[-1]

    yield open_it
    for part in opened:
        part.close()


def journal_of(download: Download) -> Path:
    (found,) = download.staging.glob("*.json")
    return found


def pieces(seed: int = 1) -> list[tuple[int, int]]:
    edges = [*range(0, len(BODY), PIECE), len(BODY)]
    spans = list(pairwise(edges))
    random.Random(seed).shuffle(spans)  # noqa: S311
    return spans


def test_pieces_written_by_many_threads_in_any_order_make_the_file(open_part):
    part = open_part()
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(part.write, start, BODY[start:stop]) for start, stop in pieces()]:
            done.result()
    part.total = len(BODY)
    assert part.is_complete
    assert (part.front, part.size, part.end, part.received) == (len(BODY),) * 4
    assert part.path.read_bytes() == BODY


def test_it_knows_its_front_its_size_and_its_gaps(open_part):
    part = open_part()
    part.write(10, BODY[10:20])
    assert (part.front, part.size, part.end, part.gaps(30)) == (0, 10, 20, [(0, 10), (20, 30)])
    part.write(0, BODY[:5])
    assert (part.front, part.size, part.end, part.gaps(30)) == (5, 15, 20, [(5, 10), (20, 30)])
    part.write(5, BODY[5:10])
    assert (part.front, part.size, part.spans) == (20, 20, [(0, 20)])
    assert not part.is_complete


def test_what_comes_twice_counts_once(open_part):
    part = open_part()
    part.write(0, BODY[:10])
    part.write(5, BODY[5:15])
    assert (part.size, part.received) == (15, 20)


def test_bytes_of_a_memoryview_are_written_where_they_belong(open_part):
    part = open_part()
    part.write(7, memoryview(bytearray(BODY))[7:1000])
    assert part.path.read_bytes()[7:] == BODY[7:1000]


def test_after_a_checkpoint_and_a_kill_the_bytes_are_known_again(open_part):
    part = open_part()
    for start, stop in pieces()[::2]:
        part.write(start, BODY[start:stop])
    part.etag = '"first"'
    part.checkpoint()
    safe = part.spans
    for start, stop in pieces()[1::2]:  # known to nobody when the process is killed
        part.write(start, BODY[start:stop])
    again = open_part()
    assert (again.spans, again.etag) == (safe, '"first"')
    assert again.front == safe[0][1] * (safe[0][0] == 0)
    for start, stop in again.gaps(len(BODY)):
        again.write(start, BODY[start:stop])
    assert again.path.read_bytes() == BODY


def test_closing_keeps_everything_and_closing_nothing_leaves_nothing(open_part, download):
    part = open_part()
    part.write(100, BODY[100:200])
    part.close()
    assert open_part().spans == [(100, 200)]
    part = open_part()
    part.restart()
    part.close()
    assert list(download.staging.iterdir()) == []


def test_the_journal_is_written_after_the_bytes_that_it_counts_are_on_the_disk(
    open_part, download, monkeypatch
):
    """Bytes that arrive during the sync are not counted, for they may not be covered by it."""
    part, fsync, told = open_part(), os.fsync, []

    def sync(descriptor: int) -> None:
        told.append(bool(list(download.staging.glob("*.json"))))
        part.write(500, BODY[500:600])
        fsync(descriptor)

    part.write(0, BODY[:100])
    monkeypatch.setattr(module.os, "fsync", sync)
    part.checkpoint()
    assert told == [False]
    assert spans_in(journal_of(download)) == [(0, 100)]
    assert part.unsynced == 100


def test_a_disk_that_could_not_sync_is_not_believed_afterwards(open_part, download, monkeypatch):
    """The kernel may drop the pages that it could not write, and say nothing the next time."""
    part, fsync, failures = open_part(), os.fsync, [OSError(errno.EIO, "Input/output error")]

    def sync(descriptor: int) -> None:
        if failures:
            raise failures.pop()
        fsync(descriptor)

    part.write(0, BODY[:100])
    part.checkpoint()
    part.write(100, BODY[100:200])
    monkeypatch.setattr(module.os, "fsync", sync)
    with pytest.raises(OSError, match="Input/output"):
        part.checkpoint()
    part.close()
    assert spans_in(journal_of(download)) == [(0, 100)]


def test_checkpoints_come_by_themselves_after_so_many_bytes(open_part, download, monkeypatch):
    monkeypatch.setattr(module, "CHECKPOINT_BYTES", 2 * PIECE)
    monkeypatch.setattr(keeper_module, "_TICK", 60)
    part = open_part()
    keeper = Keeper(part, lambda: 0, lambda: None)
    part.write(0, BODY[:PIECE])
    assert not part.due.is_set()
    part.write(PIECE, BODY[PIECE : 3 * PIECE])
    wait_until(lambda: part.unsynced == 0)
    keeper.close()
    assert spans_in(journal_of(download)) == [(0, 3 * PIECE)]


def test_a_slow_lines_bytes_are_made_safe_after_so_many_seconds(open_part, download, monkeypatch):
    monkeypatch.setattr(keeper_module, "_TICK", 0.001)
    part = open_part()
    keeper = Keeper(part, lambda: 0, lambda: None)
    part.write(0, BODY[:10])
    wait_until(lambda: part.unsynced == 0)
    keeper.close()
    assert spans_in(journal_of(download)) == [(0, 10)]


def test_one_who_waits_wakes_when_his_bytes_are_here(open_part):
    part, woke = open_part(), Event()
    waiting = Thread(target=lambda: (part.wait(200, 30), woke.set()), daemon=True)
    waiting.start()
    part.write(100, BODY[100:300])
    part.write(0, BODY[:50])
    assert not woke.wait(0.02)
    part.write(50, BODY[50:100])
    assert woke.wait(10)


def test_one_who_waits_for_more_than_there_is_wakes_at_the_end_of_the_file(open_part):
    part, woke = open_part(), Event()
    waiting = Thread(target=lambda: (part.wait(2**20, 30), woke.set()), daemon=True)
    waiting.start()
    wait_until(lambda: bool(part._targets))
    part.total = 100
    part.write(0, BODY[:100])
    assert woke.wait(10)


def test_a_new_beginning_forgets_everything(open_part, download):
    part = open_part()
    part.write(0, BODY[:100])
    part.etag, part.total = '"first"', 100
    part.checkpoint()
    part.restart()
    assert (part.size, part.front, part.etag, part.total) == (0, 0, "", None)
    assert part.path.stat().st_size == 0
    assert list(download.staging.glob("*.json")) == []
    assert part.received == 100  # they came all the same


def test_leftovers_go_as_a_whole(open_part, download):
    part = open_part()
    part.write(0, BODY[:100])
    part.close()
    discard_leftovers(download)
    assert list(download.staging.iterdir()) == []
    assert bytes_on_disk(download) == 0


def test_a_hole_takes_no_room_on_the_disk(open_part, download):
    part = open_part()
    part.write(64 * MIB, BODY)
    part.checkpoint()
    assert len(BODY) <= bytes_on_disk(download) < 2 * len(BODY)
