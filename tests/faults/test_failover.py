"""Several places have the same bytes: when one fails, the next goes on where it stopped, and nothing is mixed unproven."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from faults.bench import MIB, Bench, git_sha1, safetensors, sha256
from faults.server import Fault, FaultServer

from modelget.errors import (
    AccessDenied,
    Cancelled,
    DigestMismatch,
    EveryPlaceFailed,
    FetchFailed,
    NotEnoughSpace,
    SourceUnavailable,
    UnsafeFile,
)
from modelget.fetch import fetch
from modelget.fetch.failover import Renew
from modelget.hosts import HostPolicy
from modelget.http import Http
from modelget.library import open_library
from modelget.types import Candidate, Digest, Download, Fetched

BODY = safetensors(3 * MIB)
OTHER = safetensors(3 * MIB, seed=2)
HALF = len(BODY) // 2
DIGEST = sha256(BODY)
PAGE = b"<!DOCTYPE html><html><body>Come back tomorrow</body></html>" + b" " * 100
XML = b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>' + b" " * 100
GONE = Fault(status=404, body=b"")
CUT = Fault(cut_after=HALF)


def at(bench: Bench, *servers: FaultServer, digest: Digest | None = DIGEST, **facts: Any) -> Download:
    """A download from the first server, with the others as alternates."""
    first, *others = (bench.download(server, digest=digest, **facts) for server in servers)
    return replace(first, alternates=tuple(other.candidate for other in others))


def run(bench: Bench, *servers: FaultServer, renew: Renew = lambda _one: None, **facts: Any) -> Fetched:
    with bench.http(servers[0]) as http:
        http = Http(HostPolicy.of((), {server.origin for server in servers}), clock=http.clock)
        try:
            (bench.folder / "models").mkdir(exist_ok=True)
            library = open_library(models_dir=bench.folder / "models")
            download = at(bench, *servers, **facts)
            return fetch(download, http, bench.reporter, bench.stop, library, renew)
        finally:
            http.close()


def is_right(bench: Bench) -> bool:
    return bench.destination.read_bytes() == BODY


DEATHS = {
    "the line is cut": [CUT, *(Fault(cut_after=0) for _ in range(9))],
    "then 403": [CUT, Fault(status=403, body=b"")],
    "then 404": [CUT, GONE],
    "then 410": [CUT, Fault(status=410, body=b"")],
    "then 503": [CUT, *(Fault(status=503, body=b"") for _ in range(9))],
    "then 503 for long": [CUT, Fault(status=503, body=b"", headers={"Retry-After": "60"})],
    "then a web page": [CUT, Fault(body=PAGE, headers={"Content-Type": "text/html"})],
    "then an XML error": [CUT, Fault(body=XML, headers={"Content-Type": "application/xml"})],
    "then 400": [CUT, Fault(status=400, body=b"")],
}


@pytest.mark.parametrize("faults", DEATHS.values(), ids=DEATHS)
@pytest.mark.parametrize("facts", [{}, {"size": len(BODY)}], ids=["no size", "size"])
def test_the_second_place_goes_on_where_the_first_one_died(bench, serve, faults, facts) -> None:
    first, second = serve(BODY, faults), serve(BODY, etag='"second"')
    fetched = run(bench, first, second, **facts)
    assert is_right(bench)
    assert first.served >= HALF
    assert second.requests[0].start == HALF
    assert second.requests[0].if_range is None
    assert second.served == len(BODY) - HALF
    assert fetched.transferred == len(BODY)
    assert fetched.origin == second.url
    assert fetched.warning is None
    assert not list(bench.staging.glob("*.part"))


def test_a_large_file_goes_on_in_parts(bench, serve, small_parts) -> None:
    first = serve(BODY, [Fault(), CUT, Fault(), CUT], always=Fault(status=403, body=b""))
    second = serve(BODY)
    fetched = run(bench, first, second)
    assert is_right(bench)
    assert 0 < second.served < len(BODY)
    assert fetched.origin == second.url
    assert all(request.start is not None for request in second.requests)


def test_the_library_remembers_the_place_that_gave_the_rest(bench, serve) -> None:
    second = serve(BODY)
    run(bench, serve(BODY, always=GONE), second)
    assert open_library(models_dir=bench.folder / "models").origin_of(bench.destination) == second.url


def test_while_the_first_place_works_the_others_are_not_asked(bench, serve) -> None:
    first, second = serve(BODY, [CUT]), serve(BODY)
    assert run(bench, first, second).origin == first.url
    assert second.requests == []


def test_with_another_place_at_hand_nobody_waits_long_for_one(bench, serve) -> None:
    busy = serve(BODY, always=Fault(status=503, body=b""))
    run(bench, busy, serve(BODY))
    assert len(busy.requests) <= 4
    assert sum(bench.slept) <= 20


def test_a_place_that_was_only_busy_is_asked_again_when_the_others_have_nothing(bench, serve) -> None:
    busy = serve(BODY, [Fault(status=503, body=b"")] * 6)
    gone = serve(BODY, always=GONE)
    assert run(bench, busy, gone).origin == busy.url
    assert is_right(bench)
    assert len(gone.requests) == 1


def test_when_all_places_fail_the_error_names_each_with_its_reason(bench, serve) -> None:
    places = [
        serve(BODY, always=GONE),
        serve(BODY, always=Fault(status=403, body=b"")),
        serve(BODY, always=Fault(body=PAGE)),
    ]
    with pytest.raises(EveryPlaceFailed) as caught:
        run(bench, *places)
    assert isinstance(caught.value, FetchFailed)
    assert all(place.url in str(caught.value) for place in places)
    assert all(reason in str(caught.value) for reason in ("404", "403", "web page"))
    assert "modelget plan" in caught.value.hint
    assert not bench.destination.exists()


def test_when_all_places_are_down_what_arrived_is_kept_for_the_next_run(bench, serve) -> None:
    down = Fault(status=503, body=b"")
    first, second = serve(BODY, [CUT], always=down), serve(BODY, always=down)
    with pytest.raises(EveryPlaceFailed, match="503") as caught:
        run(bench, first, second)
    assert "continues where it stopped" in caught.value.hint
    assert bench.kept == HALF
    second.always = Fault()
    assert run(bench, first, second).transferred == len(BODY) - HALF
    assert is_right(bench)


def test_one_place_alone_fails_with_its_own_error(bench, serve) -> None:
    with pytest.raises(AccessDenied):
        run(bench, serve(BODY, always=GONE))
    with pytest.raises(SourceUnavailable):
        run(bench, serve(BODY, always=Fault(status=503, body=b"")))


def test_a_lying_second_place_costs_a_fetch_and_is_told(bench, serve) -> None:
    first, liar, third = serve(BODY, [CUT], always=GONE), serve(OTHER), serve(BODY)
    fetched = run(bench, first, liar, third)
    assert is_right(bench)
    assert fetched.origin == third.url
    assert fetched.warning is not None
    assert f"{liar.url} sent other bytes" in fetched.warning
    assert first.url not in fetched.warning
    assert third.requests[0].start in (None, 0)


def test_a_lying_second_place_alone_is_a_mismatch_and_leaves_nothing(bench, serve) -> None:
    first, liar = serve(BODY, [CUT], always=GONE), serve(OTHER)
    with pytest.raises(EveryPlaceFailed) as caught:
        run(bench, first, liar)
    assert isinstance(caught.value.failures[liar.url], DigestMismatch)
    assert [request.start or 0 for request in liar.requests] == [HALF, 0]
    assert not bench.destination.exists()
    assert not list(bench.staging.glob("*.part"))


def test_a_lying_first_place_that_died_is_told_and_the_second_sends_all_of_it(bench, serve) -> None:
    liar, second = serve(OTHER, [CUT], always=GONE), serve(BODY)
    fetched = run(bench, liar, second)
    assert is_right(bench)
    assert [request.start or 0 for request in second.requests] == [HALF, 0]
    assert fetched.warning is not None
    assert liar.url in fetched.warning
    assert "came anew" in fetched.warning


def test_a_lying_first_place_that_sends_all_is_told_and_the_second_is_asked(bench, serve) -> None:
    liar, second = serve(OTHER), serve(BODY)
    fetched = run(bench, liar, second)
    assert is_right(bench)
    assert fetched.warning is not None
    assert f"{liar.url} sent other bytes" in fetched.warning


def test_a_place_with_a_file_of_another_length_is_passed_over(bench, serve) -> None:
    first, longer, third = serve(BODY, [CUT], always=GONE), serve(OTHER + b"x"), serve(BODY)
    assert run(bench, first, longer, third, size=len(BODY)).origin == third.url
    assert is_right(bench)


def test_a_second_place_without_ranges_sends_all_of_it(bench, serve) -> None:
    first, second = serve(BODY, [CUT], always=GONE), serve(BODY, always=Fault(ignore_range=True))
    fetched = run(bench, first, second)
    assert is_right(bench)
    assert fetched.transferred == HALF + len(BODY)


def test_a_git_blob_id_proves_the_whole_as_well(bench, serve) -> None:
    second = serve(BODY)
    run(bench, serve(BODY, [CUT], always=GONE), second, digest=git_sha1(BODY), size=len(BODY))
    assert second.requests[0].start == HALF


@pytest.mark.parametrize("digest", [Digest("blake3", "c" * 64), Digest("autov3", "d" * 12)], ids=str)
@pytest.mark.parametrize("etag", ['"first"', '"second"'])
def test_what_no_digest_proves_is_never_mixed(bench, serve, digest, etag, monkeypatch) -> None:
    monkeypatch.setattr("modelget.fetch.receiving.check_digest", lambda *_words: False)
    first, second = serve(OTHER, [CUT], always=GONE), serve(BODY, etag=etag)
    fetched = run(bench, first, second, digest=digest)
    assert is_right(bench)
    assert fetched.origin == second.url
    assert [request.start or 0 for request in second.requests] == [0]


def test_a_next_run_does_not_mix_the_unproven_bytes_of_two_places_either(bench, serve) -> None:
    digest = Digest("blake3", "c" * 64)
    first, second = serve(OTHER, [CUT], always=GONE), serve(BODY)
    with pytest.raises(AccessDenied):
        run(bench, first, digest=digest)
    assert bench.kept == HALF
    run(bench, second, digest=digest)
    assert is_right(bench)


def test_bytes_that_are_right_and_unsafe_are_fetched_from_no_other_place(bench, serve) -> None:
    broken = BODY + b"x"
    first, second = serve(broken), serve(broken)
    with pytest.raises(UnsafeFile):
        run(bench, first, second, digest=sha256(broken))
    assert second.requests == []
    assert not list(bench.staging.glob("*.part"))


def test_an_aged_link_is_renewed_before_another_place_is_asked(bench, serve) -> None:
    aged, fresh, second = serve(BODY, [CUT], always=GONE), serve(BODY), serve(BODY)

    def renew(candidate: Candidate) -> Candidate | None:
        return replace(candidate, url=fresh.url) if candidate.url == aged.url else None

    with bench.http(aged) as http:
        http = Http(HostPolicy.of((), {aged.origin, fresh.origin, second.origin}), clock=http.clock)
        fetched = fetch(at(bench, aged, second), http, bench.reporter, bench.stop, None, renew)
        http.close()
    assert (fresh.requests[0].start, second.requests) == (HALF, [])
    assert fetched.origin == aged.url  # the id stays


def test_a_person_who_stops_it_does_not_set_the_next_place_going(bench, serve) -> None:
    first, second = serve(BODY, [Fault(then=lambda _server: bench.stop.set())]), serve(BODY)
    with pytest.raises(Cancelled):
        run(bench, first, second)
    assert second.requests == []


def test_a_full_disk_does_not_set_the_next_place_going(bench, serve, monkeypatch) -> None:
    monkeypatch.setattr("modelget.fetch.terms.Terms._free", 0)
    second = serve(BODY)
    with pytest.raises(NotEnoughSpace):
        run(bench, serve(BODY), second)
    assert second.requests == []


def test_a_redirect_off_the_list_sends_on_to_the_next_place(bench, serve) -> None:
    away = Fault(status=302, body=b"", headers={"Location": "https://elsewhere.example/x"})
    second = serve(BODY)
    assert run(bench, serve(BODY, always=away), second).origin == second.url
