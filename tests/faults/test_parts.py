"""A large file comes over several connections, and whatever one of them does, the file is right."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from faults.bench import MIB, Bench, safetensors, sha256, wait_until
from faults.server import Fault, FaultServer

from modelget.errors import Cancelled, DigestMismatch, SourceUnavailable

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


def test_behind_a_slow_part_only_so_much_is_fetched_as_memory_is_meant_to_hold(bench, serve):
    server = serve(BODY, [Fault(), Fault(pause_at=0)])
    with ThreadPoolExecutor(1) as pool:
        fetching = pool.submit(fetch_right, bench, server)
        wait_until(lambda: len(server.requests) >= 13)
        time.sleep(0.3)  # would be enough for all 32
        # The first part, at most seven more that overtook the slow one, and twelve from there on.
        assert len(server.requests) <= 1 + 7 + 12
        server.go_on.set()
        assert fetching.result() == len(BODY)


def test_a_small_file_comes_in_one_piece(bench, serve):
    small = safetensors(MIB - 1)
    server = serve(small)
    bench.fetch(server, digest=sha256(small), size=len(small))
    assert [request.start for request in server.requests] == [None]


def test_without_a_digest_or_a_validator_nothing_is_joined(bench, serve):
    server = serve(BODY, always=Fault(headers={"ETag": ""}))
    bench.fetch(server, size=len(BODY))
    assert [request.start for request in server.requests] == [None]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(cut_after=PART // 2),
        Fault(cut_after=0),
        Fault(cut_after=PART // 2, framing="none"),
        Fault(extra=10, framing="none"),
        Fault(status=503, body=b"busy", headers={"Retry-After": "1"}),
        Fault(status=429, body=b"slow down"),
        Fault(status=403, body=b"expired"),
        Fault(ignore_range=True),
        Fault(headers={"Content-Range": f"bytes 0-{PART - 1}/{len(BODY)}"}),
        Fault(headers={"Content-Range": ""}),
        Fault(compress=True),
    ],
    ids=[
        "cut",
        "empty",
        "cut unseen",
        "too long",
        "503",
        "429",
        "403",
        "whole file",
        "wrong range",
        "no range",
        "gzip",
    ],
)
def test_one_bad_part_is_fetched_again_by_another_connection(bench, serve, fault):
    server = serve(BODY, [Fault(), Fault(), fault])
    assert fetch_right(bench, server) <= len(BODY) + 2 * PART
    assert bench.slept == []
    assert len(server.requests) == len(BODY) // PART + 1


def test_when_every_connection_fails_what_arrived_is_kept_and_the_rest_fetched_later(bench, serve):
    bad = Fault(status=503, body=b"busy")
    server = serve(BODY, [Fault()] * 10 + [bad] * 8)
    fetch_right(bench, server)
    assert len(bench.slept) == 1
    assert server.served <= len(BODY) + 12 * PART + 8 * len(b"busy")


def test_links_for_one_use_fall_back_to_one_connection(bench, serve):
    server = serve(BODY, signs=True)
    fetch_right(bench, server)
    assert [request.stop for request in server.requests] == [PART, None]


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


def test_a_file_that_changes_without_a_digest_is_fetched_anew(bench, serve):
    other = safetensors(8 * MIB, seed=2)
    cut = Fault(cut_after=MIB)
    change = Fault(then=lambda site: site.replace(other, '"second"'))
    server = serve(BODY, [cut, Fault(), change])
    bench.fetch(server, size=len(BODY))
    assert bench.destination.read_bytes() == other


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
    kept = bench.part.stat().st_size
    assert kept >= 4 * MIB
    assert bench.fetch(server, **FACTS).transferred == len(BODY) - kept
    assert bench.destination.read_bytes() == BODY


def test_a_server_that_always_fails_ends_with_its_reason(bench, serve):
    server = serve(BODY, [Fault()], always=Fault(status=503, body=b"busy"))
    with pytest.raises(SourceUnavailable, match="503"):
        bench.fetch(server, **FACTS)
    assert not bench.destination.exists()
    assert bench.part.stat().st_size == PART
