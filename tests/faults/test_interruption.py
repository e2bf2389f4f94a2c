"""Stopped or killed at any moment: the next fetch goes on, ends right, and leaves nothing behind."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import pytest
from faults import fetcher
from faults.bench import MIB, Bench, Recorder, StopsAt, safetensors, sha256, spans_in, wait_until
from faults.server import Fault, FaultServer

from modelget.errors import AccessDenied, Cancelled, SourceUnavailable
from modelget.types import Digest

BODY = safetensors(6 * MIB)
FACTS = {"digest": sha256(BODY), "size": len(BODY)}
KNOWN = pytest.mark.parametrize("facts", [FACTS, {"size": len(BODY)}, {}], ids=["digest", "size", "nothing"])


def stop_at(done: int, bench: Bench, server: FaultServer, **facts: object) -> int:
    """Fetch until that much is here; return how much was kept, which is what was on its way too."""
    bench.reporter = StopsAt(bench, done, "fetching")
    with pytest.raises(Cancelled):
        bench.fetch(server, **facts)
    bench.stop.clear()
    bench.reporter = Recorder()
    assert not bench.destination.exists()
    assert done <= bench.kept < len(BODY)
    return bench.kept


@KNOWN
def test_a_stopped_fetch_resumes_where_it_stopped(facts, bench, serve):
    server = serve(BODY)
    kept = stop_at(2 * MIB, bench, server, **facts)
    front = spans_in(bench.journal)[0][1]
    asked = len(server.requests)
    fetched = bench.fetch(server, **facts)
    assert front in {request.start for request in server.requests[asked:]}
    # Where the size is not known, the first answer may run over stretches that came after a gap.
    assert len(BODY) - kept <= fetched.transferred <= len(BODY) - (kept if "size" in facts else front)
    assert bench.destination.read_bytes() == BODY
    assert bench.leftovers == []


def test_without_digest_and_validator_nothing_is_kept_in_use(bench, serve):
    server = serve(BODY, etag='W/"weak"')
    stop_at(2 * MIB, bench, server, size=len(BODY))
    assert bench.fetch(server, size=len(BODY)).transferred == len(BODY)


def test_a_digest_that_cannot_be_computed_is_no_leave_to_mix(bench, serve):
    server = serve(BODY, etag="")
    known = {"digest": Digest("crc32", "0" * 8), "size": len(BODY)}
    stop_at(2 * MIB, bench, server, **known)
    server.replace(safetensors(6 * MIB, seed=2), "")
    bench.fetch(server, **known)
    assert bench.destination.read_bytes() == server.body


@pytest.mark.parametrize("honours_if_range", [True, False])
def test_a_file_that_changed_between_two_fetches_is_never_mixed(honours_if_range, bench, serve):
    server = serve(BODY, honours_if_range=honours_if_range)
    stop_at(2 * MIB, bench, server, size=len(BODY))
    server.replace(safetensors(6 * MIB, seed=2), '"second"')
    bench.fetch(server, size=len(BODY))
    assert bench.destination.read_bytes() == server.body
    assert len(server.requests) == (2 if honours_if_range else 3)


PAGE = b"<!DOCTYPE html><html><p>Too many users have viewed or downloaded this file recently.</html>" * 20


@pytest.mark.parametrize("facts", [FACTS, {"digest": sha256(BODY)}], ids=["digest and size", "digest"])
def test_a_page_instead_of_the_rest_costs_nothing_that_is_here(facts, bench, serve):
    server = serve(BODY)
    kept = stop_at(2 * MIB, bench, server, **facts)
    server.always = Fault(body=PAGE, ignore_range=True, headers={"Content-Type": "text/html; charset=utf-8"})
    with pytest.raises(AccessDenied, match="web page"):
        bench.fetch(server, **facts)
    assert bench.kept == kept
    server.always = Fault()
    assert bench.fetch(server, **facts).transferred < len(BODY)


def test_a_file_that_shrank_to_what_is_here_between_two_fetches_is_never_mixed(bench, serve):
    server = serve(BODY, honours_if_range=False)
    stop_at(2 * MIB, bench, server)
    server.replace(safetensors(2 * MIB, seed=2), '"second"')
    bench.fetch(server)
    assert bench.destination.read_bytes() == server.body


def test_what_another_mirror_began_is_continued_when_the_digest_is_the_same(bench, serve):
    server, mirror = serve(BODY), serve(BODY, etag='"other"')
    kept = stop_at(2 * MIB, bench, server, **FACTS)
    assert bench.fetch(mirror, **FACTS).transferred == len(BODY) - kept


def test_a_complete_part_needs_no_server(bench, serve):
    server = serve(BODY)
    bench.stage(bench.download(server, **FACTS), BODY, (0, len(BODY)))
    assert bench.fetch(server, **FACTS).transferred == 0
    assert server.requests == []
    assert bench.destination.read_bytes() == BODY


@pytest.mark.parametrize("facts", [{"digest": FACTS["digest"]}, {}], ids=["digest", "ETag"])
def test_a_complete_part_of_unknown_size_ends_right(facts, bench, serve):
    server = serve(BODY)
    bench.stage(bench.download(server, **facts), BODY, (0, len(BODY)))
    bench.fetch(server, **facts)
    assert bench.destination.read_bytes() == BODY


def test_a_stop_at_the_last_byte_may_come_too_late_and_loses_nothing(bench, serve):
    server = serve(BODY)
    bench.reporter = StopsAt(bench, len(BODY))
    with suppress(Cancelled):
        bench.fetch(server, **FACTS)
    bench.stop.clear()
    assert bench.fetch(server, **FACTS).transferred == 0
    assert len(server.requests) == 1
    assert bench.destination.read_bytes() == BODY
    assert bench.leftovers == []


def test_a_tail_of_zeros_after_a_power_cut_is_fetched_again_once(bench, serve):
    server = serve(BODY)
    kept = stop_at(3 * MIB, bench, server, **FACTS)
    with bench.part.open("r+b") as file:
        file.seek(2 * MIB)
        file.write(bytes(MIB))
    fetched = bench.fetch(server, **FACTS)
    assert [request.start for request in server.requests] == [None, kept, None]
    assert fetched.transferred == len(BODY) - kept + len(BODY)
    assert bench.destination.read_bytes() == BODY


def test_each_try_that_brings_a_mebibyte_renews_the_budget(bench, serve):
    server = serve(safetensors(12 * MIB), always=Fault(cut_after=MIB + 4096))
    fetched = bench.fetch(server, digest=sha256(server.body), size=12 * MIB)
    assert fetched.transferred == 12 * MIB
    assert len(bench.slept) > 8


def test_tries_that_bring_little_end_and_the_next_fetch_goes_on(bench, serve):
    server = serve(BODY, always=Fault(cut_after=0), faults=[Fault(cut_after=2 * MIB)])
    with pytest.raises(SourceUnavailable):
        bench.fetch(server, **FACTS)
    assert len(server.requests) == 9
    server.always = Fault()
    assert bench.fetch(server, **FACTS).transferred == len(BODY) - 2 * MIB


def test_a_change_of_an_older_file_starts_with_its_own_budget(bench, serve):
    server = serve(BODY, [Fault(cut_after=2 * MIB)] + [Fault(status=503, body=b"")] * 7)
    assert bench.fetch(server, **FACTS).transferred == len(BODY)


def finish(bench: Bench, server: FaultServer, **facts: object) -> None:
    """After a kill: what the journal promises is reused, the file is right, nothing is left over."""
    kept, placed = bench.kept, bench.destination.exists()
    if placed:
        assert bench.destination.read_bytes() == BODY
    fetched = bench.fetch(server, **facts)
    assert fetched.transferred == (0 if placed else len(BODY) - kept)
    assert bench.destination.read_bytes() == BODY
    assert bench.leftovers == []


@pytest.mark.parametrize("seed", range(15))
def test_a_fetch_killed_at_any_byte_loses_at_most_a_checkpoint(seed, bench, serve):
    chance = random.Random(seed)  # noqa: S311
    at = chance.randrange(len(BODY))
    server = serve(BODY, [Fault(pause_at=at)])
    facts = FACTS if seed % 3 else {"size": len(BODY)}
    told = {key: getattr(value, "hex", value) for key, value in facts.items()}
    process = fetcher.start(bench, server, checkpoint=MIB, **told)
    assert server.paused.wait(30)
    if seed % 2:
        time.sleep(chance.uniform(0, 0.03))
    else:
        wait_until(lambda: bench.kept > at - MIB)
    process.kill()
    process.communicate()
    server.go_on.set()
    assert not bench.destination.exists()
    finish(bench, server, **facts)


@pytest.mark.parametrize("half", [0, 1])
def test_a_fetch_killed_before_any_act_on_the_disk_leaves_a_state_that_goes_on(half, tmp_path, serve):
    server = serve(BODY)
    order = {"digest": FACTS["digest"].hex, "size": len(BODY), "checkpoint": 2 * MIB}
    for event in range(1 + half, 200, 2):
        bench = Bench(tmp_path / str(event))
        process = fetcher.start(bench, server, die_at=event, **order)
        process.communicate(timeout=60)
        died = process.returncode != 0
        finish(bench, server, **FACTS)
        if not died:
            break
    assert event > 20


def test_bytes_kept_by_a_kill_in_the_middle_of_publishing_are_not_cut_off_later(bench, serve):
    server = serve(BODY)
    kept = stop_at(3 * MIB, bench, server, **FACTS)
    elsewhere = bench.folder / "moved.safetensors"
    elsewhere.hardlink_to(bench.part)  # published, then moved away by its owner
    bench.journal.write_text(bench.journal.read_text().replace(str(kept), str(MIB)))
    bench.fetch(server, **FACTS)
    assert elsewhere.read_bytes() == BODY[:kept]
    assert bench.destination.read_bytes() == BODY


@pytest.fixture
def other(bench: Bench) -> Bench:
    """Another place for the same file, with the same staging folder."""
    other = Bench(bench.folder)
    other.destination = bench.destination.parent.parent / "loras" / bench.destination.name
    return other


def test_without_a_digest_the_staged_files_of_two_places_are_different(bench, other, serve):
    server, facts = serve(BODY), {"size": len(BODY)}
    kept = stop_at(2 * MIB, bench, server, **facts)
    both = stop_at(3 * MIB, other, server, **facts)
    assert len(bench.leftovers) == 4
    assert bench.fetch(server, **facts).transferred == len(BODY) - kept
    assert other.fetch(server, **facts).transferred == len(BODY) - (both - kept)


def test_what_one_place_began_is_continued_for_another_when_the_digest_is_the_same(bench, other, serve):
    server = serve(BODY)
    kept = stop_at(2 * MIB, bench, server, **FACTS)
    assert other.fetch(server, **FACTS).transferred == len(BODY) - kept
    assert other.destination.read_bytes() == BODY
    assert bench.leftovers == []


def test_a_fetch_stopped_while_it_waits_keeps_what_is_here(bench, serve):
    server = serve(BODY, [Fault(cut_after=2 * MIB)], always=Fault(status=503, body=b""))
    bench.slept = type("Stops", (list,), {"append": lambda _self, _wait: bench.stop.set()})()
    with pytest.raises(Cancelled):
        bench.fetch(server, **FACTS)
    assert bench.part.stat().st_size == 2 * MIB


def test_an_expired_signed_address_is_asked_for_anew(bench, serve):
    server = serve(BODY, [Fault(cut_after=2 * MIB)] * 2, signs=True)
    bench.fetch(server, **FACTS)
    assert bench.destination.read_bytes() == BODY
    assert [request.path for request in server.requests] == ["/signed/1", "/signed/2", "/signed/3"]


def test_a_slow_start_is_waited_for(bench, serve):
    server = serve(BODY, [Fault(pause_at=0)])
    with ThreadPoolExecutor(1) as pool:
        fetching = pool.submit(bench.fetch, server, **FACTS)
        assert server.paused.wait(30)
        server.go_on.set()
    assert fetching.result().transferred == len(BODY)


def test_nothing_is_asked_twice_in_a_row_without_a_wait(bench, serve):
    server = serve(BODY, always=Fault(cut_after=0, framing="none"))
    with pytest.raises(SourceUnavailable):
        bench.fetch(server, **FACTS)
    assert len(server.requests) == 8
    assert len(bench.slept) == 7


def test_a_wait_that_the_server_names_is_kept_to(bench, serve):
    waits = [Fault(status=429, body=b"", headers={"Retry-After": "7"})]
    waits.append(Fault(status=503, body=b"", headers={"Retry-After": "Fri, 15 Jan 2027 08:00:09 GMT"}))
    waits.append(replace(waits[0], headers={"RateLimit": '"resolvers";r=0;t=11'}))
    bench.fetch(serve(BODY, waits), **FACTS)
    assert bench.slept == [7.0, 9.0, 11.0]


@pytest.mark.parametrize("size", [len(BODY), None], ids=["in one", "first part of several"])
def test_a_stop_is_heard_while_the_server_is_silent(size, bench, serve):
    server = serve(BODY, [Fault(pause_at=2 * MIB)])
    with ThreadPoolExecutor(1) as pool:
        fetching = pool.submit(bench.fetch, server, digest=FACTS["digest"], size=size)
        wait_until(lambda: bench.reporter.seen and bench.reporter.seen[-1].done >= 2 * MIB)
        bench.stop.set()
        error = fetching.exception(timeout=15)  # half of what a line may be silent
        server.go_on.set()
    assert isinstance(error, Cancelled)
    bench.stop.clear()
    assert bench.fetch(server, **FACTS).transferred <= len(BODY) - 2 * MIB


@pytest.mark.parametrize("size", [len(BODY), None], ids=["in one", "first part of several"])
def test_a_stop_is_heard_before_the_server_says_anything(size, bench, serve):
    server = serve(BODY, [Fault(is_silent=True)])
    with ThreadPoolExecutor(1) as pool:
        fetching = pool.submit(bench.fetch, server, digest=FACTS["digest"], size=size)
        assert server.paused.wait(30)
        bench.stop.set()
        error = fetching.exception(timeout=15)
    assert isinstance(error, Cancelled)
    server.go_on.set()
    bench.stop.clear()
    assert bench.fetch(server, **FACTS).transferred == len(BODY)
