"""What a person who watches is told."""

from __future__ import annotations

from itertools import pairwise

import pytest
from faults.bench import MIB, Bench, safetensors, sha256
from faults.server import Fault

from modelget.errors import AccessDenied

BODY = safetensors(4 * MIB)
FACTS = {"digest": sha256(BODY), "size": len(BODY)}
LATER = Fault(status=503, body=b"", headers={"Retry-After": "5"})


def phases(bench: Bench) -> list[str]:
    """The phases in order; the hash may be done with the last byte, and then nothing is left to verify."""
    seen = bench.reporter.phases
    assert "verifying" not in seen or seen[seen.index("verifying") - 1] == "fetching"
    return [phase for phase in seen if phase != "verifying"]


def check(bench: Bench) -> None:
    for progress in bench.reporter.seen:
        assert progress.name == "vae/model.safetensors"
        assert progress.total is None or progress.done <= progress.total
    assert bench.reporter.seen[-1].done == bench.reporter.seen[-1].total == len(BODY)


@pytest.mark.parametrize("facts", [FACTS, {"size": len(BODY)}, {}], ids=["digest", "size", "nothing"])
def test_the_phases_come_in_order(facts, bench, serve):
    bench.fetch(serve(BODY), **facts)
    assert phases(bench) == ["fetching", "placing", "present"]
    for phase in bench.reporter.phases:  # the hash is a little behind the last byte
        done = [progress.done for progress in bench.reporter.seen if progress.phase == phase]
        assert all(before <= after for before, after in pairwise(done))
    totals = [progress.total for progress in bench.reporter.seen]
    told = totals[totals.index(len(BODY)) :]
    assert set(told) == {len(BODY)}
    assert told == totals or (facts == {} and set(totals) == {None, len(BODY)})
    check(bench)


def test_bytes_of_an_earlier_fetch_count_as_done(bench, serve):
    server = serve(BODY, [Fault(cut_after=2 * MIB), Fault(status=403, body=b"")])
    with pytest.raises(AccessDenied):
        bench.fetch(server, **FACTS)
    bench.reporter.seen.clear()
    bench.fetch(server, **FACTS)
    assert phases(bench) == ["fetching", "placing", "present"]
    fetching = [progress.done for progress in bench.reporter.seen if progress.phase == "fetching"]
    assert (fetching[0], fetching[-1]) == (2 * MIB, 4 * MIB)
    check(bench)


def test_a_wait_is_told_with_its_reason_and_length(bench, serve):
    bench.fetch(serve(BODY, [LATER]), **FACTS)
    (waiting,) = [progress for progress in bench.reporter.seen if progress.phase == "waiting"]
    assert "HTTP 503" in waiting.message
    assert "5 s" in waiting.message
    check(bench)


def test_a_file_that_is_there_is_verified_and_present(bench, serve):
    server = serve(BODY)
    bench.fetch(server, **FACTS)
    bench.reporter.seen.clear()
    bench.fetch(server, **FACTS)
    assert bench.reporter.phases == ["verifying", "present"]
    check(bench)


def test_starting_over_never_shows_more_than_all(bench, serve):
    server = serve(BODY, [Fault(cut_after=3 * MIB), Fault(ignore_range=True, cut_after=MIB)], etag="")
    bench.fetch(server, size=len(BODY))
    check(bench)
