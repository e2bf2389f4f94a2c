"""How long to wait: the server's word first, else a random time that grows."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelget.http import is_rate_limit, retry_after
from modelget.http.waiting import RETRIED_STATUSES, backoff

NOW = 1_800_000_000.0  # Fri, 15 Jan 2027 08:00:00 GMT


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "  3"}, 3),
        ({"Retry-After": "Fri, 15 Jan 2027 08:00:30 GMT"}, 30),
        ({"Retry-After": "Fri, 15 Jan 2027 09:00:30 +0100"}, 30),
        ({"Retry-After": "Fri, 15 Jan 2027 08:00:30 -0000"}, 30),
        ({"Retry-After": "Friday, 15-Jan-27 08:00:30 GMT"}, 30),
        ({"Retry-After": "Fri, 15 Jan 2027 07:00:00 GMT"}, 0),
        ({"Retry-After": "Fri, 15 Jan 99999 07:00:00 GMT"}, None),
        ({"Retry-After": "in a minute"}, None),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "1.5"}, None),
        ({"Retry-After": "\xb2"}, None),
        ({"RateLimit": '"resolvers";r=0;t=243'}, 243),
        ({"RateLimit": '"api" ; r=0 ; t=9'}, 9),
        ({"RateLimit": '"api";r=12;t=9'}, None),
        ({"RateLimit": '"api";r=0'}, None),
        ({"RateLimit": "limit=0, reset=9"}, None),
        ({"Retry-After": "5", "RateLimit": '"api";r=0;t=9'}, 5),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1800000090"}, 90),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1700000000"}, 0),
        ({"X-RateLimit-Remaining": "9", "X-RateLimit-Reset": "1800000090"}, None),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "soon"}, None),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9" * 40}, None),
        ({"X-RateLimit-Remaining": "0"}, None),
    ],
)
def test_the_wait_a_server_asks_for(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of a process cannot be set here")
@pytest.mark.parametrize("date", ["Fri, 15 Jan 2027 08:00:30 GMT", "Fri, 15 Jan 2027 08:00:30 -0000"])
def test_a_date_means_the_same_in_every_time_zone(date: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        assert retry_after({"Retry-After": date}, NOW) == 30
    finally:
        monkeypatch.undo()
        time.tzset()


@given(st.dictionaries(st.sampled_from(["Retry-After", "RateLimit"]), st.text(max_size=80)))
def test_no_header_makes_it_fail(headers: dict[str, str]) -> None:
    wait = retry_after(headers, NOW)
    assert wait is None or wait >= 0


@pytest.mark.parametrize(("attempt", "longest"), [(0, 1), (1, 2), (2, 4), (5, 32), (6, 60), (60, 60)])
def test_its_own_wait_doubles_up_to_a_minute(attempt: int, longest: float) -> None:
    waits = [backoff(attempt) for _ in range(400)]
    assert 0 <= min(waits) < longest / 4
    assert longest * 3 / 4 < max(waits) <= longest


def test_its_own_wait_can_be_kept_shorter() -> None:
    assert max(backoff(9, longest=4.0) for _ in range(100)) <= 4


def test_only_answers_that_change_by_themselves_are_asked_for_again() -> None:
    assert RETRIED_STATUSES.isdisjoint({200, 301, 400, 401, 403, 404, 410, 416, 451, 501})


@pytest.mark.parametrize(
    ("status", "headers", "means_it"),
    [
        (429, {}, True),
        (403, {"X-RateLimit-Remaining": "0"}, True),
        (403, {"Retry-After": "60"}, True),
        (403, {"X-RateLimit-Remaining": "59"}, False),
        (403, {}, False),
        (200, {"X-RateLimit-Remaining": "0"}, False),
    ],
)
def test_too_many_questions_are_told_from_other_refusals(status, headers, means_it) -> None:
    assert is_rate_limit(status, headers) is means_it
