"""A large file comes over several connections, and whatever one of them does, the file is right."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from faults import fetcher
from faults.bench import MIB, Bench, safetensors, sha256, spans_in, wait_until
from faults.server import Fault, FaultServer

from modelget.errors import Cancelled, DigestMismatch, SourceUnavailable
from modelget.fetch import crew, fetch, watch
from modelget.http import HostBudget, client

PART = MIB // 4
BODY = safetensors(8 * MIB)
FACTS = {"digest": sha256(BODY), "size": len(BODY)}


pytestmark = pytest.mark.usefixtures("small_parts")


def fetch_right(bench: Bench, server: FaultServer) -> int:
    """Fetch, check that all is well, and return the bytes that came over the network."""
    transferred = bench.fetch(server, **FACTS).transferred
    assert bench.destination.read_bytes() == BODY
    assert bench.leftovers == []
    return transferred


def test_every_part_is_asked_for_once_and_all_of_them_in_the_order_of_the_file(bench, serve):
    server = serve(BODY)
    assert fetch_right(bench, server) == len(BODY) == server.served
    asked = [(request.start, request.stop) for request in server.requests]
    assert sorted(asked) == [(start, start + PART) for start in range(0, len(BODY), PART)]


def test_a_slow_part_holds_up_nothing_but_what_waits_behind_it(bench, serve):
    server = serve(BODY, [Fault(), Fault(pause_at=0)])
    with ThreadPoolExecutor(1) as pool:
        fetching = pool.submit(fetch_right, bench, server)
        wait_until(lambda: len(server.requests) == len(BODY) // PART - 1)  # one is asked for behind it
        assert not bench.destination.exists()
        server.go_on.set()
        assert fetching.result() == len(BODY)
    assert len(server.requests) == len(BODY) // PART


def test_a_small_file_comes_in_one_piece(bench, serve):
    small = safetensors(MIB - 1)
    server = serve(small)
    bench.fetch(server, digest=sha256(small), size=len(small))
    assert [request.start for request in server.requests] == [None]


def test_without_a_digest_or_a_validator_nothing_is_joined(bench, serve):
    server = serve(BODY, always=Fault(headers={"ETag": ""}))
    bench.fetch(server, size=len(BODY))
    assert bench.destination.read_bytes() == BODY
    asked = [(request.start, request.stop) for request in server.requests]
    assert asked == [(0, PART), (None, None)]
    assert bench.slept == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault(cut_after=PART // 2),
        Fault(cut_after=0),
        Fault(cut_after=PART // 2, framing="none"),
        Fault(extra=10, framing="none"),
        Fault(status=503, body=b"busy", headers={"Retry-After": "1"}),
        Fault(status=429, body=b"slow down"),
        Fault(status=429, body=b"slow down", framing="chunked"),
        Fault(status=403, body=b"expired"),
        Fault(ignore_range=True),
        Fault(headers={"Content-Range": f"bytes 0-{PART - 1}/{len(BODY)}"}),
        Fault(status=206, body=BODY[:PART], headers={"Content-Range": f"bytes 0-{PART - 1}/{len(BODY)}"}),
        Fault(headers={"Content-Range": ""}),
        Fault(compress=True),
        Fault(headers={"Content-Length": "", "Transfer-Encoding": "chunked"}),
        Fault(hangs_up=True),
    ],
    ids=[
        "cut",
        "empty",
        "cut unseen",
        "too long",
        "503",
        "429",
        "429 in chunks",
        "403",
        "whole file",
        "wrong range",
        "another range",
        "no range",
        "gzip",
        "not in chunks",
        "last on its line",
    ],
)
@pytest.mark.parametrize("at", [2, 20])
def test_one_bad_part_is_fetched_again_and_holds_up_no_other(bench, serve, at, fault):
    server = serve(BODY, [Fault()] * at + [fault])
    assert fetch_right(bench, server) == len(BODY)
    assert len(bench.slept) <= 1  # when nobody else was left to fetch it
    # Another one may have been asked for behind it, and be asked for again.
    assert len(server.requests) <= len(BODY) // PART + 2


class RecoversWhenLeftAlone(list):
    """Waits of a client, the first of which makes a server well again."""

    def __init__(self, server: FaultServer) -> None:
        super().__init__()
        self._server = server

    def append(self, wait: float) -> None:
        super().append(wait)
        self._server.always = Fault()


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_when_every_connection_is_refused_the_wait_that_the_server_names_is_kept_to(framing, bench, serve):
    bad = Fault(status=429, body=b"slow down", headers={"Retry-After": "1"}, framing=framing)
    server = serve(BODY, [Fault()], always=bad)
    bench.slept = RecoversWhenLeftAlone(server)
    assert fetch_right(bench, server) == len(BODY)
    assert bench.slept == [1.0]


@pytest.mark.parametrize("bad", [Fault(status=500, body=b"busy"), Fault(cut_after=0)], ids=["500", "cut"])
def test_when_every_connection_fails_what_arrived_is_kept_and_the_rest_fetched_later(bad, bench, serve):
    server = serve(BODY, [Fault()] * 10, always=bad)
    bench.slept = RecoversWhenLeftAlone(server)
    assert fetch_right(bench, server) == len(BODY)
    assert len(bench.slept) == 1


@pytest.mark.parametrize("bad", [Fault(cut_after=0), Fault(status=403, body=b"one only")], ids=["cut", "403"])
def test_where_no_connection_but_the_first_brings_anything_it_goes_on_alone_without_a_wait(bad, bench, serve):
    server = serve(BODY, [Fault()], always=bad)
    whole = server.next_fault
    server.next_fault = lambda request: (
        Fault() if (request.start, request.stop) == (PART, len(BODY)) else whole(request)
    )
    assert fetch_right(bench, server) == len(BODY)
    assert bench.slept == []


def test_links_for_one_use_fall_back_to_one_connection(bench, serve):
    server = serve(BODY, signs=True)
    fetch_right(bench, server)
    assert [request.stop for request in server.requests] == [PART, len(BODY)]


def test_a_server_without_ranges_gives_the_whole_file_at_once(bench, serve):
    server = serve(BODY, always=Fault(ignore_range=True))
    assert fetch_right(bench, server) == len(BODY)
    assert len(server.requests) == 1


def test_a_file_that_changes_in_the_middle_is_never_mixed(bench, serve):
    other = safetensors(8 * MIB, seed=2)
    server = serve(BODY, [Fault()] * 9 + [Fault(then=lambda site: site.replace(other, '"second"'))])
    with pytest.raises(DigestMismatch):
        bench.fetch(server, **FACTS)
    assert not bench.destination.exists()


@pytest.mark.parametrize("honours_if_range", [True, False])
@pytest.mark.parametrize("at", [0, 9, 25])
def test_a_file_that_changes_at_any_moment_is_never_mixed_without_a_digest_either(
    at, honours_if_range, bench, serve
):
    other = safetensors(8 * MIB, seed=2)
    change = Fault(then=lambda site: site.replace(other, '"second"'))
    server = serve(BODY, [Fault()] * at + [change], honours_if_range=honours_if_range)
    bench.fetch(server, size=len(BODY))
    assert bench.destination.read_bytes() in (BODY, other)
    assert bench.leftovers == []


@pytest.mark.parametrize("honours_if_range", [True, False])
def test_a_file_that_changes_before_its_last_part_is_asked_for_is_fetched_anew(
    honours_if_range, bench, serve
):
    other = safetensors(8 * MIB, seed=2)
    server = serve(BODY, [Fault(), Fault(pause_at=0)], honours_if_range=honours_if_range)
    with ThreadPoolExecutor(1) as pool:
        fetching = pool.submit(bench.fetch, server, size=len(BODY))
        assert server.paused.wait(30)  # and one more is asked for behind it
        server.replace(other, '"second"')
        server.go_on.set()
        fetching.result()
    assert bench.destination.read_bytes() == other
    assert bench.leftovers == []


def test_a_flipped_bit_in_one_part_is_caught_and_the_file_fetched_once_more(bench, serve):
    server = serve(BODY, [Fault()] * 5 + [Fault(flip=5 * MIB)])
    request_that_flips = server.faults[5]
    server.faults[5] = Fault()
    server.faults += [Fault()] * 14 + [request_that_flips]
    fetch_right(bench, server)


def test_a_person_who_stops_it_keeps_what_arrived(bench, serve):
    server = serve(BODY)

    class Impatient:
        def report(self, progress):
            if progress.done >= 4 * MIB:
                bench.stop.set()

    watching, bench.reporter = bench.reporter, Impatient()
    with pytest.raises(Cancelled):
        bench.fetch(server, **FACTS)
    bench.stop.clear()
    bench.reporter = watching
    kept = bench.kept
    assert kept >= 4 * MIB
    assert bench.fetch(server, **FACTS).transferred == len(BODY) - kept
    assert bench.destination.read_bytes() == BODY


def test_a_server_that_always_fails_ends_with_its_reason(bench, serve):
    server = serve(BODY, [Fault()], always=Fault(status=503, body=b"busy"))
    with pytest.raises(SourceUnavailable, match="503"):
        bench.fetch(server, **FACTS)
    assert not bench.destination.exists()
    assert bench.part.stat().st_size == PART


@pytest.mark.parametrize(
    "how", [{"keeps_alive": False}, {"always": Fault(hangs_up=True)}], ids=["says so", "silent"]
)
def test_a_server_that_closes_behind_each_answer_is_asked_over_new_connections(how, bench, serve):
    server = serve(BODY, **how)
    assert fetch_right(bench, server) == len(BODY)
    assert bench.slept == []


@pytest.mark.parametrize("is_silent", [False, True], ids=["closed", "left alone"])
@pytest.mark.parametrize("most", [1, 3])
def test_a_host_of_few_connections_gives_the_file_over_those(most, is_silent, bench, serve, monkeypatch):
    monkeypatch.setattr(client, "_TIMEOUT", (5.0, 0.3))
    server = serve(BODY, most_connections=most, is_silent=is_silent, always=Fault(wait=0.005))
    assert fetch_right(bench, server) == len(BODY)
    assert server.turned_away > 0


def test_a_connection_that_stands_still_while_others_move_is_replaced(bench, serve, monkeypatch):
    monkeypatch.setattr(crew, "_LOOK_SECONDS", 0.1)
    monkeypatch.setattr(client, "_TIMEOUT", (5.0, 60.0))  # nothing else may end its wait
    monkeypatch.setattr(watch, "_SLOW_SECONDS", 60.0 * 60)
    steady = Fault(wait=0.02, piece=2**15)
    server = serve(BODY, [steady] * 10 + [replace(steady, pause_at=PART // 2)], always=steady)
    assert fetch_right(bench, server) == len(BODY)
    assert server.paused.is_set()
    assert any(request.start % PART for request in server.requests)  # the rest of the part that stood still


def test_bytes_count_for_the_host_when_they_arrive(bench, serve, monkeypatch):
    """Counted by whole parts, a host of slow connections would seem to collapse between their ends."""
    counted, count = [], HostBudget.count
    monkeypatch.setattr(HostBudget, "count", lambda self, some: (counted.append(some), count(self, some)))
    server = serve(BODY, [Fault(), Fault(pause_at=PART // 2)])
    with ThreadPoolExecutor(1) as pool:
        fetching = pool.submit(fetch_right, bench, server)
        # More than all whole ones: all but the first part, the one that stands still, and the one behind that.
        wait_until(lambda: sum(counted) > len(BODY) - 3 * PART)
        server.go_on.set()
        fetching.result()


@pytest.mark.parametrize("size", [MIB // 2, 8 * MIB], ids=["one piece", "parts"])
def test_a_drip_is_given_up_and_asked_for_anew(size, bench, serve, monkeypatch):
    monkeypatch.setattr(watch, "_SLOW_SECONDS", 0.2)
    body = safetensors(size)
    server = serve(body, always=Fault(wait=0.02, piece=16))
    bench.slept = RecoversWhenLeftAlone(server)
    bench.fetch(server, digest=sha256(body), size=size)
    assert bench.destination.read_bytes() == body
    assert len(bench.slept) == 1
    assert any("less than 10 KiB/s" in progress.message for progress in bench.reporter.seen)


def test_waiting_for_a_connection_that_others_have_is_not_slowness(bench, serve):
    small = safetensors(MIB // 2)
    server = serve(small)
    with bench.http(server) as http, ThreadPoolExecutor(1) as pool:
        budget = http.budget(server.url)
        while budget.take():
            pass
        download = bench.download(server, digest=sha256(small), size=len(small))
        fetching = pool.submit(fetch, download, http, bench.reporter, bench.stop)
        wait_until(lambda: "waiting" in bench.reporter.phases)
        bench.slept.append(100.0)  # seconds that pass meanwhile
        for _ in range(budget.allowed):
            budget.leave()
        assert fetching.result().transferred == len(small)
    assert bench.slept == [100.0]


def test_after_a_kill_in_the_middle_of_several_connections_only_the_holes_are_fetched(bench, serve):
    server = serve(BODY, [Fault(), Fault(), Fault(pause_at=PART // 2), Fault(), Fault(pause_at=0)])
    process = fetcher.start(
        bench, server, checkpoint=PART, part=PART, digest=FACTS["digest"].hex, size=len(BODY)
    )
    wait_until(lambda: bench.kept > 6 * MIB)
    process.kill()
    process.communicate()
    here = spans_in(bench.journal)
    assert len(here) > 1
    asked = len(server.requests)
    server.go_on.set()
    assert fetch_right(bench, server) == len(BODY) - sum(stop - start for start, stop in here)
    for request in server.requests[asked:]:
        assert not any(start < request.stop and request.start < stop for start, stop in here)
