"""How many connections one host gets: more with each that delivers, fewer when it refuses, breaks or slows down."""

from __future__ import annotations

from threading import Event, Thread

import pytest

from modelget.http import Clock, HostBudget


class Host:
    """A budget and the time that it goes by."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.budget = HostBudget(16, Clock(now=lambda: self.now))

    def take_all(self) -> int:
        """Take connections until there are no more; return how many that were."""
        taken = 0
        while self.budget.take():
            taken += 1
        return taken

    def use_all(self) -> None:
        """Have as many connections in use as the owner allows."""
        self.take_all()
        self.deliver(16)
        self.take_all()

    def leave(self, connections: int) -> None:
        for _ in range(connections):
            self.budget.leave()

    def deliver(self, times: int) -> None:
        for _ in range(times):
            self.budget.delivered()

    def bring(self, speed: int, seconds: float) -> None:
        """Let bytes arrive at a speed, ten times a second."""
        for _ in range(int(seconds * 10)):
            self.now += 0.1
            self.budget.count(speed // 10)


@pytest.fixture
def host() -> Host:
    return Host()


def test_it_begins_with_a_few_and_grows_by_one_with_each_that_delivers(host):
    assert host.take_all() == 8
    for expected in range(9, 17):
        host.budget.delivered()
        assert host.budget.allowed == expected
        assert host.take_all() == 1
    host.deliver(5)
    assert host.budget.allowed == 16
    assert host.take_all() == 0


def test_the_owners_limit_holds_from_the_beginning():
    budget = HostBudget(3, Clock())
    assert [budget.take() for _ in range(4)] == [True, True, True, False]


def test_a_connection_that_is_left_can_be_taken_again(host):
    host.take_all()
    host.leave(1)
    assert host.take_all() == 1


def test_a_refusal_halves_what_is_in_use_and_those_too_many_should_end(host):
    host.take_all()
    host.budget.refused(None)
    assert host.budget.allowed == 4
    assert host.budget.is_exceeded()
    host.leave(4)
    assert not host.budget.is_exceeded()
    assert not host.budget.take()


def test_a_broken_connection_takes_one_away(host):
    host.take_all()
    host.budget.broke()
    assert host.budget.allowed == 7


def test_at_least_one_connection_is_always_allowed(host):
    host.take_all()
    for _ in range(20):
        host.budget.refused(None)
        host.budget.broke()
    host.leave(8)
    host.budget.refused(None)
    host.budget.broke()
    assert host.budget.allowed == 1
    assert host.budget.take()


def test_during_the_wait_that_a_host_named_it_gets_no_new_connection(host):
    host.take_all()
    host.budget.refused(30.0)
    host.leave(8)
    host.now += 29.9
    assert not host.budget.take()
    host.now += 0.2
    assert host.budget.take()


def test_a_shorter_wait_does_not_end_a_longer_one_and_none_is_endless(host):
    host.budget.refused(30.0)
    host.budget.refused(1.0)
    host.now += 29.0
    assert not host.budget.take()
    host.budget.refused(1e9)
    host.now += 601.0
    assert host.budget.take()


def test_after_a_failure_it_does_not_grow_for_a_while_and_longer_after_each(host):
    for hold in (10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0):
        host.take_all()
        host.budget.broke()
        allowed = host.budget.allowed
        host.now += hold - 0.1
        host.deliver(3)
        assert host.budget.allowed == allowed
        host.now += 0.2
        host.deliver(1)
        assert host.budget.allowed == allowed + 1


def test_what_fails_together_counts_as_one_failure(host):
    host.take_all()
    for _ in range(4):
        host.budget.broke()
        host.budget.leave()
    assert host.budget.allowed == 4
    host.now += 10.1
    host.budget.delivered()
    assert host.budget.allowed == 5


def test_parts_are_sized_for_all_connections_until_something_speaks_against_them(host):
    assert host.budget.expected == 16
    host.take_all()
    host.budget.broke()
    assert host.budget.expected == host.budget.allowed == 7


def test_a_collapse_of_the_throughput_halves_the_connections(host):
    host.use_all()
    host.bring(10_000_000, 10)
    assert host.budget.allowed == 16
    host.bring(1_000_000, 3.1)
    assert host.budget.allowed == 8


def test_after_a_collapse_the_new_speed_is_what_counts(host):
    host.use_all()
    host.bring(10_000_000, 10)
    host.bring(4_000_000, 7)
    assert host.budget.allowed == 8
    host.leave(8)
    host.bring(3_000_000, 30)
    assert host.budget.allowed >= 8


@pytest.mark.parametrize("speed", [6_000_000, 20_000_000])
def test_a_slower_hour_of_the_line_or_a_faster_one_is_no_collapse(speed, host):
    host.use_all()
    host.bring(10_000_000, 10)
    host.bring(speed, 60)
    assert host.budget.allowed == 16


def test_fewer_connections_may_bring_less(host):
    host.use_all()
    host.bring(10_000_000, 10)
    host.leave(14)
    host.bring(1_000_000, 10)
    assert host.budget.allowed == 16


def test_an_hour_without_a_fetch_is_no_collapse(host):
    host.use_all()
    host.bring(10_000_000, 10)
    host.leave(8)
    host.now += 3600
    host.use_all()
    host.bring(10_000_000, 10)
    assert host.budget.allowed == 8


def test_who_waits_gets_the_connection_that_is_left(host):
    host.take_all()
    taken = Event()
    waiting = Thread(target=lambda: host.budget.take(30) and taken.set(), daemon=True)
    waiting.start()
    assert not taken.wait(0.02)
    host.leave(1)
    assert taken.wait(10)


def test_a_later_file_takes_none_while_an_earlier_one_wants_more(host):
    host.budget.want(1, more=True)
    assert not host.budget.take(rank=2)
    assert host.budget.take(rank=1)
    host.budget.want(1, more=False)
    assert host.budget.take(rank=2)


def test_a_later_file_yields_its_connections_to_an_earlier_one_when_all_are_taken(host):
    host.take_all()
    host.budget.want(1, more=True)
    assert host.budget.is_exceeded(rank=2)
    assert not host.budget.is_exceeded(rank=1)
    host.leave(1)
    assert not host.budget.is_exceeded(rank=2)
