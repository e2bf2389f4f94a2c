"""Which stretch is asked for next."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelget.fetch.schedule import LARGEST, SMALLEST, Schedule
from modelget.fetch.spans import Span, Spans

GIB = 2**30


def all_claims(schedule: Schedule, connections: int = 16) -> list[Span]:
    return list(iter(lambda: schedule.claim(connections), None))


def sizes(claims: list[Span]) -> list[int]:
    return [stop - start for start, stop in claims]


def test_parts_come_in_the_order_of_the_file_and_leave_nothing_out():
    claims = all_claims(Schedule([(0, GIB)]))
    assert claims == sorted(claims)
    assert list(Spans(claims)) == [(0, GIB)]
    assert sum(sizes(claims)) == GIB


def test_parts_become_smaller_towards_the_end_and_keep_to_their_bounds():
    found = sizes(all_claims(Schedule([(0, GIB + 1)])))
    assert (max(found), min(found[:-1])) == (LARGEST, SMALLEST)
    assert all(before >= after for before, after in pairwise(found))
    assert found[-1] == 1


def test_more_connections_mean_smaller_parts_and_the_only_one_gets_the_largest():
    def first(connections: int) -> int:
        return sizes([Schedule([(0, GIB)]).claim(connections) or (0, 0)])[0]

    assert first(1) > first(2) >= first(16) >= first(1000) == SMALLEST


def test_each_connection_gets_its_share_of_a_rest():
    for connections in (2, 4, 8, 16):
        total = connections * 8 * SMALLEST
        assert len(all_claims(Schedule([(0, total)]), connections)) >= 8 * connections


def test_gaps_are_filled_one_after_the_other_and_no_part_reaches_over_an_edge():
    gaps = [(90 * SMALLEST, 91 * SMALLEST + 5), (0, 7), (SMALLEST, 4 * SMALLEST)]
    claims = all_claims(Schedule(gaps))
    assert claims == sorted(claims)
    assert list(Spans(claims)) == sorted(gaps)


def test_what_is_given_back_comes_first_when_it_lies_first():
    schedule = Schedule([(0, GIB)])
    _start, stop = schedule.claim(16)
    schedule.claim(16)
    schedule.give_back(stop - 5, stop)
    assert schedule.claim(16) == (stop - 5, stop)


def test_nothing_given_back_is_nothing_to_do():
    schedule = Schedule([])
    schedule.give_back(7, 7)
    assert schedule.claim(1) is None
    assert schedule.left == 0


@settings(max_examples=100, derandomize=True, deadline=None)
@given(st.data(), st.integers(1, 60 * SMALLEST))
def test_what_is_left_is_what_nobody_has(data, total):
    schedule, held = Schedule([(0, total)]), []
    for _ in range(data.draw(st.integers(0, 40))):
        if held and data.draw(st.booleans()):
            start, stop = held.pop(data.draw(st.integers(0, len(held) - 1)))
            at = data.draw(st.integers(start, stop))
            schedule.give_back(at, stop)
            total -= at - start  # these arrived
        elif span := schedule.claim(data.draw(st.integers(0, 20))):
            held.append(span)
        assert schedule.left + sum(sizes(held)) == total
    assert Spans(held).size == sum(sizes(held))


@pytest.fixture
def _turns_are_short() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_turns_are_short")
def test_nothing_is_handed_out_twice_to_many_threads():
    schedule = Schedule([(0, GIB)])

    def work(number: int) -> list[Span]:
        mine = []
        while span := schedule.claim(16):
            start, stop = span
            breaks = stop - start >= SMALLEST and (start // SMALLEST + number) % 3 == 0
            half = (start + stop) // 2 if breaks else stop
            mine.append((start, half))
            schedule.give_back(half, stop)
        return mine

    with ThreadPoolExecutor(16) as pool:
        arrived = [span for mine in pool.map(work, range(16)) for span in mine if span[0] < span[1]]
    assert sum(sizes(arrived)) == GIB
    assert list(Spans(arrived)) == [(0, GIB)]
    assert schedule.left == 0
