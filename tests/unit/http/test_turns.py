"""Whose turn it is when several files want a host's connections: the one that is needed first."""

from __future__ import annotations

import pytest

from modelget.http import Clock, HostBudget

FIRST, SECOND = 0, 1


@pytest.fixture
def budget() -> HostBudget:
    return HostBudget(2, Clock(now=lambda: 0.0))


def test_a_later_file_waits_while_an_earlier_one_wants_more(budget):
    budget.want(FIRST, more=True)
    assert not budget.take(rank=SECOND)
    assert budget.take(rank=FIRST)


def test_it_gets_what_the_earlier_one_has_no_use_for(budget):
    budget.want(FIRST, more=True)
    budget.want(FIRST, more=False)
    assert budget.take(rank=SECOND)


def test_files_of_the_same_rank_share(budget):
    budget.want(FIRST, more=True)
    assert budget.take(rank=FIRST)
    assert budget.take(rank=FIRST)


def test_a_later_file_gives_its_connections_up_one_by_one(budget):
    assert budget.take(rank=SECOND)
    assert budget.take(rank=SECOND)
    assert not budget.is_exceeded(SECOND)
    budget.want(FIRST, more=True)
    assert budget.is_exceeded(SECOND)
    assert not budget.is_exceeded(FIRST)
    budget.leave()
    assert not budget.is_exceeded(SECOND)
    assert budget.take(rank=FIRST)
    assert budget.is_exceeded(SECOND)
