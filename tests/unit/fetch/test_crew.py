"""What several connections do with the parts of one file."""

from __future__ import annotations

import socket
from collections.abc import Callable
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from faults.bench import wait_until

from modelget.errors import HostNotAllowed, SourceUnavailable
from modelget.fetch.crew import Crew
from modelget.fetch.journal import Journal
from modelget.fetch.part import Part
from modelget.fetch.schedule import SMALLEST, Schedule
from modelget.http import Clock, HostBudget, RangeAnswer, RangeConnection


class Place:
    """Where connections bring so many ``pieces`` and ``answers`` and then break."""

    is_pipelined, silence = True, 30.0

    def __init__(self, pieces: int = 10**6, *, answers: int = 1000, says_last: bool = False) -> None:
        self.pieces, self.answers, self.says_last = pieces, answers, says_last
        self.is_silent = False
        self.refuses: Exception | None = None
        self.connections: list[_Connection] = []
        self.asked: list[tuple[int, int]] = []
        self.act = lambda: None

    @property
    def connected(self) -> int:
        return len(self.connections)

    def connect(self) -> RangeConnection:
        if self.refuses:
            raise self.refuses
        self.connections.append(_Connection(self))
        return self.connections[-1]


class _Connection(RangeConnection):
    """Its line always has something to read, so that a selector lets it be served."""

    def __init__(self, place: Place) -> None:
        mine, self._other = socket.socketpair()
        super().__init__(mine, "", "a test")
        self._other.sendall(b"x")
        self._place, self._asked, self._pieces = place, [], place.pieces
        self._answers = 0
        self.is_silent, self.is_closed = place.is_silent, False

    def ask(self, start: int, stop: int, _if_range: str = "") -> None:
        self._place.asked.append((start, stop))
        self._asked.append((start, stop))

    def answer(self) -> RangeAnswer | None:
        if self.is_silent:
            return None
        self._answers += 1
        if self._answers > self._place.answers:
            raise SourceUnavailable("closed")
        start, stop = self._asked.pop(0)
        self.left = stop - start
        headers = {"Content-Range": f"bytes {start}-{stop - 1}/{TOTAL}", "Content-Length": str(stop - start)}
        return RangeAnswer(206, headers, is_last=self._place.says_last)

    def read_into(self, buffer: memoryview) -> int:
        if self.is_silent:
            return 0
        self._pieces -= 1
        self._place.act()
        if self._pieces < 0:
            raise SourceUnavailable("broken")
        count = min(len(buffer), self.left)
        self.left -= count
        return count

    def close(self) -> None:
        self.is_closed = True
        super().close()
        self._other.close()


TOTAL = 4 * SMALLEST


class Time:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 1000.0


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def make_crew(tmp_path: Path, time: Time) -> Any:
    crews = []

    def make(place: Place, most: int = 1) -> Crew:
        number = next(names)
        part = Part(tmp_path / f"{number}.part", Journal(tmp_path / f"{number}.json"), "x")
        part.total = TOTAL
        clock = Clock(now=lambda: time.now)
        budget = HostBudget(most, clock)
        crew = Crew(place, part, Schedule([(0, TOTAL)]), budget, clock, lambda *_facts: True, "", 0)
        crews.append(crew)
        return crew

    names = count()
    yield make
    for crew in crews:
        crew.part.close()


def work_until(crew: Crew, is_done: Callable[[], object]) -> None:
    """Let the crew work, as many times as it can need at most."""
    for _ in range(2000):
        if is_done():
            return
        crew.work(0.01)
    raise AssertionError("it does not get there")


def work_to_the_end(crew: Crew) -> None:
    work_until(crew, lambda: crew.part.is_complete)
    crew.close()
    assert crew.part.received == TOTAL


def test_all_parts_come_over_as_many_connections_as_the_host_has_room_for(make_crew):
    place = Place()
    place.is_silent = True
    crew = make_crew(place, most=2)
    work_until(crew, lambda: len(crew._lines) == 2)
    for connection in place.connections:
        connection.is_silent = False
    work_to_the_end(crew)
    assert sorted(place.asked) == [(start, start + SMALLEST) for start in range(0, TOTAL, SMALLEST)]
    assert place.connected == 2
    assert all(connection.is_closed for connection in place.connections)
    assert crew.budget.take()


def test_a_connection_that_broke_after_a_part_is_made_anew_and_goes_on_where_it_stopped(make_crew):
    place = Place(pieces=8)
    crew = make_crew(place)
    work_to_the_end(crew)
    assert place.connected > 1
    assert crew.budget.allowed == 1
    assert crew.failure is None


@pytest.mark.parametrize(("says_last", "most"), [(True, 5), (False, 8)], ids=["says so", "silent"])
def test_a_server_that_closes_behind_an_answer_is_asked_for_one_part_at_a_time(says_last, most, make_crew):
    place = Place(answers=1, says_last=says_last)
    work_to_the_end(make_crew(place))
    assert place.connected == 4
    assert len(place.asked) <= most
    assert not place.is_pipelined


def test_one_that_brings_nothing_ends_and_gives_its_parts_back(make_crew):
    crew = make_crew(Place(pieces=0))
    work_until(crew, lambda: crew.has_failed)
    crew.work(0)
    assert (crew.schedule.left, crew.part.size, crew.has_delivered) == (TOTAL, 0, False)
    assert crew.budget.take()


def test_the_part_that_is_nearest_to_the_beginning_is_served_first(make_crew):
    place = Place()
    place.is_silent = True
    crew = make_crew(place, most=2)
    work_until(crew, lambda: len(crew._lines) == 2)
    wanted = [line.claims for line in crew._lines]
    for line, claims in zip(crew._lines, reversed(wanted), strict=True):
        line.claims = claims
    served = [line.claims[0].at for line in crew._with_news(1)]
    assert len(served) == 2
    assert served == sorted(served)
    crew.close()


def test_a_silent_connection_is_given_up_and_its_part_fetched_by_another(make_crew, time):
    place = Place()
    crew = make_crew(place)
    place.act = lambda: setattr(place.connections[0], "is_silent", True)
    work_until(crew, lambda: crew.part.size)
    crew.work(0)
    time.now += 29.0
    crew.work(0)
    assert not place.connections[0].is_closed
    time.now += 2.0
    crew.work(0)
    assert place.connections[0].is_closed
    assert (crew.has_failed, str(crew.failure)) == (True, "no byte for 30 s")
    crew.close()


def test_after_the_end_nothing_is_asked_for_and_what_did_not_come_is_left(make_crew):
    place = Place()
    crew = make_crew(place)
    crew.work(1)
    crew.close()
    assert place.connected == 1
    assert len(place.asked) <= 2
    assert crew.part.size + crew.schedule.left == TOTAL
    assert crew.budget.take()


def test_a_connection_that_is_made_after_the_end_is_closed(make_crew):
    place = Place()
    crew = make_crew(place)
    is_closed = Event()
    connect, place.connect = place.connect, lambda: is_closed.wait(30) and connect()
    crew._dials._connect = place.connect
    crew.work(0)
    crew.close()
    is_closed.set()
    wait_until(lambda: place.connected and place.connections[0].is_closed)


def test_a_broken_disk_ends_the_fetch_with_its_own_error(make_crew, monkeypatch):
    crew = make_crew(Place())
    monkeypatch.setattr(crew.part, "write", lambda _at, _data: (_ for _ in ()).throw(OSError("disk")))
    with pytest.raises(OSError, match="disk"):
        work_until(crew, lambda: False)
    crew.close()


def test_a_host_that_nobody_allowed_ends_the_fetch_with_its_own_error(make_crew):
    place = Place()
    place.refuses = HostNotAllowed("https://elsewhere.example")
    crew = make_crew(place)
    with pytest.raises(HostNotAllowed):
        work_until(crew, lambda: False)
    crew.close()
    assert crew.budget.take()


def test_while_others_have_all_connections_it_waits_for_one(make_crew):
    crew = make_crew(Place())
    crew.budget.take()
    crew.work(0.01)
    assert (crew.connections, crew.has_failed) == (0, False)
    crew.budget.leave()
    work_to_the_end(crew)
