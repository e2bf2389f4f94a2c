"""A question whose answer may come too late."""

from __future__ import annotations

from threading import Event

import pytest
from faults.bench import wait_until

from modelget.errors import SourceUnavailable
from modelget.fetch.asking import Asking


class Answer:
    is_closed = False

    def close(self) -> None:
        self.is_closed = True


def test_the_answer_is_handed_out() -> None:
    answer = Answer()
    asking = Asking(lambda: answer)
    assert asking.wait(30)
    assert asking.reply() is answer
    assert not answer.is_closed


def test_a_failure_is_raised_where_the_answer_is_wanted() -> None:
    def fail() -> Answer:
        raise SourceUnavailable("down")

    with pytest.raises(SourceUnavailable, match="down"):
        Asking(fail).reply()


def test_an_answer_that_nobody_wants_any_more_is_closed_when_it_comes() -> None:
    answer, may_come = Answer(), Event()
    asking = Asking(lambda: may_come.wait(30) and answer)
    assert not asking.wait(0)
    asking.give_up()
    may_come.set()
    wait_until(lambda: answer.is_closed)


def test_one_that_came_just_before_is_closed_too() -> None:
    answer = Answer()
    asking = Asking(lambda: answer)
    assert asking.wait(30)
    asking.give_up()
    assert answer.is_closed
