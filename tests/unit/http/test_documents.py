"""Documents: small JSON answers, asked for again while that may help, and never trusted in size."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from typing import Any

import pytest
from unit.http.sites import FakeClock, Say, Site, in_turn

from modelget.errors import SourceUnavailable
from modelget.hosts import HostPolicy
from modelget.http import Http

Serve = Callable[..., Site]
Client = Callable[..., Http]

GOOD = Say(body=b'{"id": 1}')


def busy(status: int = 429, **headers: str) -> Say:
    return Say(status, {name.replace("_", "-"): value for name, value in headers.items()})


def test_a_document_is_returned_parsed(serve: Serve, client: Client) -> None:
    site = serve(GOOD)
    assert client(site).get_json(f"{site.origin}/x") == {"id": 1}
    assert site.seen[0].headers["Accept-Encoding"] == "identity"
    assert site.seen[0].headers["User-Agent"].startswith("Modelget/")


def test_what_is_sent_goes_by_post_as_json(serve: Serve, client: Client) -> None:
    site = serve(GOOD)
    client(site).get_json(f"{site.origin}/x", json=["a"])
    seen = site.seen[0]
    assert (seen.method, seen.body, seen.headers["Content-Type"]) == ("POST", b'["a"]', "application/json")


def test_404_means_that_there_is_none(serve: Serve, client: Client) -> None:
    site = serve(Say(404, body=b"<html>"))
    assert client(site).get_json(f"{site.origin}/x") is None
    assert len(site.seen) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ({"Retry_After": "7"}, 7),
        ({"Retry_After": " 7 "}, 7),
        ({"Retry_After": "0"}, 0),
        ({"Retry_After": formatdate(1_800_000_009, usegmt=True)}, 9),
        ({"Retry_After": formatdate(1_799_999_000, usegmt=True)}, 0),
        ({"RateLimit": '"resolvers";r=0;t=12'}, 12),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_it_waits_as_long_as_the_server_says(
    status: int, header: dict[str, str], seconds: float, serve: Serve, client: Client, time: FakeClock
) -> None:
    site = serve(in_turn(busy(status, **header), GOOD))
    assert client(site).get_json(f"{site.origin}/x") == {"id": 1}
    assert time.slept == pytest.approx([seconds], abs=1)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_it_asks_again_after_a_wait_of_its_own_when_the_server_says_nothing(
    status: int, serve: Serve, client: Client, time: FakeClock
) -> None:
    site = serve(in_turn(Say(status), Say(status), GOOD))
    assert client(site).get_json(f"{site.origin}/x") == {"id": 1}
    assert len(time.slept) == 2
    assert 0 <= time.slept[0] <= 1
    assert 0 <= time.slept[1] <= 2


@pytest.mark.parametrize("status", [400, 401, 403, 410, 418, 451, 501])
def test_it_does_not_ask_again_when_that_cannot_help(
    status: int, serve: Serve, client: Client, time: FakeClock
) -> None:
    site = serve(Say(status))
    with pytest.raises(SourceUnavailable, match=f"HTTP {status}") as caught:
        client(site).get_json(f"{site.origin}/x")
    assert (len(site.seen), time.slept) == (1, [])
    assert caught.value.kind == "unavailable"


def test_it_gives_up_after_four_answers(serve: Serve, client: Client, time: FakeClock) -> None:
    site = serve(Say(503))
    with pytest.raises(SourceUnavailable, match="HTTP 503") as caught:
        client(site).get_json(f"{site.origin}/x")
    assert (len(site.seen), len(time.slept)) == (4, 3)
    assert caught.value.retry_after is None


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ({"Retry_After": "300"}, 300),
        ({"RateLimit": '"api";r=0;t=99999'}, 600),
        ({"Retry_After": "9" * 5000}, 600),
    ],
)
def test_a_wait_that_is_too_long_is_told_instead_of_waited(
    header: dict[str, str], told: float, serve: Serve, client: Client, time: FakeClock
) -> None:
    site = serve(busy(429, **header))
    with pytest.raises(SourceUnavailable) as caught:
        client(site).get_json(f"{site.origin}/x?token=hush")
    assert (caught.value.kind, caught.value.retry_after) == ("rate-limited", told)
    assert (len(site.seen), time.slept) == (1, [])
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("junk", ["soon", "-5", "1e9", "\xb2", "Mon, 99 Foo 2026", "=?", ","])
def test_a_retry_after_that_means_nothing_does_no_harm(
    junk: str, serve: Serve, client: Client, time: FakeClock
) -> None:
    site = serve(in_turn(busy(503, Retry_After=junk), GOOD))
    assert client(site).get_json(f"{site.origin}/x") == {"id": 1}
    assert sum(time.slept) <= 1


def test_a_server_that_hangs_up_is_asked_again(serve: Serve, client: Client, time: FakeClock) -> None:
    def hang_up_once(_seen: Any) -> Say:
        if len(site.seen) == 1:
            raise ConnectionAbortedError
        return GOOD

    site = serve(hang_up_once)
    assert client(site).get_json(f"{site.origin}/x") == {"id": 1}
    assert len(time.slept) == 1


def test_a_server_that_nobody_runs_is_unavailable_in_plain_words(client: Client, time: FakeClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        origin = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with pytest.raises(SourceUnavailable, match="could not connect") as caught:
        client(origin).get_json(f"{origin}/x?token=hush")
    assert len(time.slept) == 3
    words = str(caught.value)
    assert not any(jargon in words for jargon in ("object at", "Connection(", "Pool", "hush"))


@pytest.mark.parametrize(
    "body", [b"", b"<html></html>", b"{", b"\xff\xfe\xff", b"[" * 100_000, b"1" * 5000, b"nul"]
)
def test_a_body_that_is_no_json_is_unavailable(body: bytes, serve: Serve, client: Client) -> None:
    site = serve(Say(body=body))
    with pytest.raises(SourceUnavailable, match="not JSON"):
        client(site).get_json(f"{site.origin}/x")


def test_a_document_that_is_too_large_is_dropped_while_it_arrives(serve: Serve, client: Client) -> None:
    site = serve(Say(body=b" " * (3 * 2**20)))
    with (
        client(site).open(f"{site.origin}/x") as reply,
        pytest.raises(SourceUnavailable, match="larger than"),
    ):
        reply.read(limit=2**20)


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "br", "deflate", "identity, gzip"])
def test_a_compressed_answer_is_refused_unread(encoding: str, serve: Serve, client: Client) -> None:
    site = serve(Say(200, {"Content-Encoding": encoding}, gzip.compress(b"0" * 2**20)))
    with pytest.raises(SourceUnavailable, match="compressed"):
        client(site).get_json(f"{site.origin}/x")


@pytest.mark.parametrize("encoding", ["identity", "Identity", ""])
def test_an_answer_that_says_it_is_not_compressed_is_read(
    encoding: str, serve: Serve, client: Client
) -> None:
    site = serve(Say(200, {"Content-Encoding": encoding}, b"{}"))
    assert client(site).get_json(f"{site.origin}/x") == {}


def test_a_body_that_ends_early_is_unavailable_not_short(serve: Serve, client: Client) -> None:
    site = serve(Say(body=b'{"id": 1}', length=500))
    with pytest.raises(SourceUnavailable, match="connection"):
        client(site).get_json(f"{site.origin}/x?token=hush")
    with client(site).open(f"{site.origin}/x") as reply:
        chunks = reply.chunks()
        assert next(chunks) == b'{"id": 1}'
        with pytest.raises(SourceUnavailable):
            next(chunks)


def test_a_chunked_body_that_ends_early_is_unavailable(serve: Serve, client: Client) -> None:
    headers = {"Transfer-Encoding": "chunked", "Connection": "close", "Content-Length": ""}
    site = serve(Say(200, headers, b"9\r\n{}       \r\n", length=0))
    with pytest.raises(SourceUnavailable, match="connection"):
        client(site).get_json(f"{site.origin}/x")


@pytest.mark.parametrize("junk", ["\xb2", "-1", "1.5", "0x10", "9" * 5000, "", "many", "+5"])
def test_a_length_that_is_no_number_is_no_length(junk: str, serve: Serve, client: Client) -> None:
    site = serve(Say(200, {"Content-Length": junk, "Connection": "close"}))
    with client(site).open(f"{site.origin}/x", method="HEAD") as reply:
        assert reply.length is None


def test_offline_opens_no_socket_and_does_not_wait(
    client: Client, time: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_given: object, **_named: object) -> None:
        raise AssertionError("the network was used")

    http = client("http://127.0.0.1:9", hosts=("huggingface.co",), offline=True)
    for name in ("getaddrinfo", "create_connection", "socket"):
        monkeypatch.setattr(socket, name, forbidden)
    for url in ("http://127.0.0.1:9/x", "https://huggingface.co/x"):
        with pytest.raises(SourceUnavailable, match="offline") as caught:
            http.get_json(url)
        assert caught.value.kind == "offline"
    assert time.slept == []


def test_cookies_are_never_sent_back(serve: Serve, client: Client) -> None:
    cookies = {"Set-Cookie": "session=1; Path=/"}
    site = serve(in_turn(Say(302, {**cookies, "Location": "/b"}), Say(200, cookies, b"{}"), GOOD))
    http = client(site)
    http.get_json(f"{site.origin}/a")
    http.get_json(f"{site.origin}/c")
    assert [seen.headers["Cookie"] for seen in site.seen] == [None, None, None]


def test_closing_ends_the_idle_connections_at_once_whoever_still_holds_an_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        http = Http(HostPolicy.of((), (origin,)))
        with ThreadPoolExecutor(1) as pool:
            opening = pool.submit(http.open, origin)
            line, _address = listener.accept()
            line.settimeout(10)
            line.recv(2**16)
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
            reply = opening.result()
        assert reply.read() == b"x"
        http.close()
        assert line.recv(1) == b""
        line.close()
