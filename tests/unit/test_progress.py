"""What a watcher learns of a file on its way."""

from __future__ import annotations

import pytest

from modelget.progress import Progress, Speedometer


def test_the_speed_is_that_of_the_last_seconds():
    meter = Speedometer(0.0, 0)
    for second in range(1, 11):
        fast = meter.speed(second, second * 100)
    assert fast == pytest.approx(100)
    for second in range(11, 31):
        slow = meter.speed(second, 1000 + (second - 10))
    assert slow == pytest.approx(1)


def test_bytes_of_an_earlier_try_are_no_speed():
    assert Speedometer(5.0, 10**9).speed(6.0, 10**9 + 10) == 10


def test_no_time_and_a_part_that_shrank_are_no_speed():
    meter = Speedometer(5.0, 100)
    assert meter.speed(5.0, 200) == 0
    assert meter.speed(6.0, 50) == 0


@pytest.mark.parametrize(
    ("progress", "left"),
    [
        (Progress("x", "fetching", 40, 100, speed=20.0), 3.0),
        (Progress("x", "fetching", 40, None, speed=20.0), None),
        (Progress("x", "fetching", 40, 100), None),
    ],
)
def test_the_time_left_is_told_when_size_and_speed_are_known(progress, left):
    assert progress.seconds_left == left
