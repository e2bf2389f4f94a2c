"""Stretches of a file, against a plain set of byte numbers."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from modelget.fetch.spans import Spans

TOTAL = 40
STRETCHES = st.tuples(st.integers(0, TOTAL - 1), st.integers(1, 12)).map(
    lambda found: (found[0], min(sum(found), TOTAL))
)


def bytes_in(spans: object) -> set[int]:
    return {at for start, stop in spans for at in range(start, stop)}


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.lists(STRETCHES, max_size=12), st.integers(0, TOTAL))
def test_they_hold_the_same_bytes_as_a_set_of_numbers(added, end):
    spans, numbers = Spans(added), bytes_in(added)
    assert bytes_in(spans) == numbers
    assert spans.size == len(numbers)
    assert spans.end == max(numbers, default=-1) + 1
    assert spans.front == min(set(range(TOTAL + 1)) - numbers)
    assert bytes_in(spans.gaps(TOTAL)) == set(range(TOTAL)) - numbers
    spans.cut(end)
    assert bytes_in(spans) == {at for at in numbers if at < end}


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.lists(STRETCHES, max_size=12))
def test_they_stay_in_order_and_never_touch(added):
    spans = list(Spans(added))
    edges = [edge for span in spans for edge in span]
    assert edges == sorted(set(edges))
    assert list(Spans(reversed(spans))) == spans


def test_stretches_that_touch_become_one():
    assert list(Spans([(0, 4), (8, 12), (4, 8)])) == [(0, 12)]


def test_nothing_is_here_at_first():
    spans = Spans()
    assert (spans.size, spans.front, spans.end, list(spans)) == (0, 0, 0, [])
    assert spans.gaps(7) == [(0, 7)]
    assert spans.gaps(0) == []


def test_what_has_a_hole_at_its_beginning_has_no_front():
    assert Spans([(1, 9)]).front == 0
