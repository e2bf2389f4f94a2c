"""What one connection of several does with its parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from faults.bench import wait_until

from modelget.errors import SourceUnavailable
from modelget.fetch.crew import Crew
from modelget.fetch.journal import Journal
from modelget.fetch.part import Part
from modelget.fetch.schedule import SMALLEST, Schedule
from modelget.http import Clock, HostBudget, RangeAnswer


class Place:
    """Where connections bring so many ``pieces`` and ``answers`` and then break."""

    is_pipelined = True

    def __init__(self, pieces: int, *, answers: int = 1000, says_last: bool = False) -> None:
        self.pieces, self.answers, self.says_last = pieces, answers, says_last
        self.connected = 0
        self.asked: list[tuple[int, int]] = []
        self.act = lambda: None

    def connect(self) -> _Connection:
        self.connected += 1
        return _Connection(self)


class _Connection:
    def __init__(self, place: Place) -> None:
        self._place, self._asked, self._left, self._open = place, [], place.pieces, 0
        self._answers = 0

    def ask(self, start: int, stop: int, _if_range: str) -> None:
        self._place.asked.append((start, stop))
        self._asked.append((start, stop))

    def answer(self) -> RangeAnswer:
        self._answers += 1
        if self._answers > self._place.answers:
            raise SourceUnavailable("closed")
        start, stop = self._asked.pop(0)
        self._open = stop - start
        headers = {"Content-Range": f"bytes {start}-{stop - 1}/{TOTAL}", "Content-Length": str(stop - start)}
        return RangeAnswer(206, headers, is_last=self._place.says_last)

    def read_into(self, buffer: memoryview) -> int:
        if not self._open:
            return 0
        self._left -= 1
        self._place.act()
        if self._left < 0:
            raise SourceUnavailable("broken")
        count = min(len(buffer), self._open)
        self._open -= count
        return count

    def abort(self) -> None:
        pass

    close = abort


TOTAL = 4 * SMALLEST


@pytest.fixture
def make_crew(tmp_path: Path) -> Any:
    part = Part(tmp_path / "x.part", Journal(tmp_path / "x.json"), "x")
    part.total = TOTAL

    def make(place: Place, most: int = 1) -> Crew:
        clock = Clock()
        budget = HostBudget(most, clock)
        return Crew(place, part, Schedule([(0, TOTAL)]), budget, clock, lambda *_facts: True, "", 0)

    yield make
    part.close()


def test_a_connection_that_broke_after_a_part_is_made_anew_and_goes_on_where_it_stopped(make_crew):
    place = Place(pieces=8)
    crew = make_crew(place)
    crew.tend()
    wait_until(lambda: crew.part.is_complete)
    crew.close()
    assert crew.part.received == TOTAL
    assert place.connected > 1
    assert crew.budget.allowed == 1


@pytest.mark.parametrize(("says_last", "most"), [(True, 5), (False, 8)], ids=["says so", "silent"])
def test_a_server_that_closes_behind_an_answer_is_asked_for_one_part_at_a_time(says_last, most, make_crew):
    place = Place(10**6, answers=1, says_last=says_last)
    crew = make_crew(place)
    crew.tend()
    wait_until(lambda: crew.part.is_complete)
    crew.close()
    assert crew.part.received == TOTAL
    assert place.connected == 4
    assert len(place.asked) <= most
    assert not place.is_pipelined


def test_one_that_brings_nothing_ends_and_gives_its_parts_back(make_crew):
    crew = make_crew(Place(pieces=0))
    crew.tend()
    wait_until(lambda: crew.failure is not None and not any(worker.is_alive() for worker in crew._workers))
    crew.tend()
    assert crew.has_failed
    assert (crew.schedule.left, crew.part.size, crew.has_delivered) == (TOTAL, 0, False)


def test_after_the_end_nothing_is_asked_for(make_crew):
    place = Place(pieces=10**6)
    crew = make_crew(place)
    place.act = lambda: setattr(crew, "ended", True)
    crew.tend()
    crew.close()
    assert place.connected == 1
    assert len(place.asked) <= 2
    assert crew.part.size + crew.schedule.left == TOTAL


def test_a_broken_disk_ends_the_fetch_with_its_own_error(make_crew, monkeypatch):
    crew = make_crew(Place(pieces=10**6))
    monkeypatch.setattr(crew.part, "write", lambda _at, _data: (_ for _ in ()).throw(OSError("disk")))
    crew.tend()
    wait_until(lambda: crew.error is not None)
    with pytest.raises(OSError, match="disk"):
        crew.tend()
    crew.close()
