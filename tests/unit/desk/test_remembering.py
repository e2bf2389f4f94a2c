"""A source that remembers: the same question is asked once, a failure soon again."""

from __future__ import annotations

import pytest

from modelget.desk.remembering import ANSWER_SECONDS, FAILURE_SECONDS, RememberingList, RememberingSource
from modelget.errors import SourceUnavailable
from modelget.types import Candidate, Evidence, Listing, Requirement

WANTED = Requirement("a.safetensors")


class Source:
    name, label, hosts, endpoints = "test", "Test", frozenset({"x.example"}), ("https://x.example",)

    def __init__(self) -> None:
        self.asked = 0
        self.error: SourceUnavailable | None = None

    def find(self, wanted, http):
        self.asked += 1
        if self.error:
            raise self.error
        yield Candidate("test", f"test:{wanted.name}", "", wanted.name, Evidence.SAME_NAME)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_answer_holds_for_its_time_and_for_that_question_alone():
    source, clock = Source(), Clock()
    remembering = RememberingSource(source, clock)
    for _ in range(3):
        assert [found.id for found in remembering.find(WANTED, None)] == ["test:a.safetensors"]
    assert source.asked == 1
    remembering.find(Requirement("b.safetensors"), None)
    assert source.asked == 2
    clock.now = ANSWER_SECONDS
    remembering.find(WANTED, None)
    assert source.asked == 3


def test_a_failure_is_no_answer_and_is_asked_about_again_soon():
    source, clock = Source(), Clock()
    source.error = SourceUnavailable("no answer")
    remembering = RememberingSource(source, clock)
    for _ in range(2):
        with pytest.raises(SourceUnavailable):
            remembering.find(WANTED, None)
    assert source.asked == 1
    source.error, clock.now = None, FAILURE_SECONDS
    assert list(remembering.find(WANTED, None))


class Names:
    name, only_suggests = "names", True

    def __init__(self) -> None:
        self.asked = 0

    def listings(self, wanted, http):
        self.asked += 1
        yield Listing(wanted.name, "vae", "hf:o/r/x", "names", Evidence.SAME_NAME)
        raise SourceUnavailable("half of it is missing")


def test_a_list_says_again_what_it_said_before_it_failed():
    names, clock = Names(), Clock()
    remembering = RememberingList(names, clock)
    assert (remembering.name, remembering.only_suggests) == ("names", True)
    for _ in range(2):
        answer = iter(remembering.listings(WANTED, None))
        assert next(answer).url == "hf:o/r/x"
        with pytest.raises(SourceUnavailable):
            next(answer)
    assert names.asked == 1
