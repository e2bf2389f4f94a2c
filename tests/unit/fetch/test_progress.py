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


def check(bench: Bench) -> None:
    for progress in bench.reporter.seen:
        assert progress.name == "vae/model.safetensors"
        assert progress.total is None or progress.done <= progress.total
    assert bench.reporter.seen[-1].done == bench.reporter.seen[-1].total == len(BODY)


@pytest.mark.parametrize("facts", [FACTS, {"size": len(BODY)}, {}], ids=["digest", "size", "nothing"])
def test_the_phases_come_in_order(facts, bench, serve):
    bench.fetch(serve(BODY), **facts)
    assert bench.reporter.phases == ["fetching", "verifying", "placing", "present"]
    done = [progress.done for progress in bench.reporter.seen]
    assert all(before <= after for before, after in pairwise(done))
    assert {progress.total for progress in bench.reporter.seen} == {len(BODY)}
    check(bench)


def test_bytes_of_an_earlier_fetch_count_as_done(bench, serve):
    server = serve(BODY, [Fault(cut_after=2 * MIB), Fault(status=403, body=b"")])
    with pytest.raises(AccessDenied):
        bench.fetch(server, **FACTS)
    bench.reporter.seen.clear()
    bench.fetch(server, **FACTS)
    assert bench.reporter.phases == ["verifying", "fetching", "verifying", "placing", "present"]
    fetching = [progress.done for progress in bench.reporter.seen if progress.phase == "fetching"]
    assert fetching == [3 * MIB, 4 * MIB]
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
