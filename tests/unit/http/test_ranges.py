"""Ranges over our own connections: several answers on one line, whatever pieces they arrive in."""

from __future__ import annotations

import select
import socket
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from unit.http.sites import CERTIFICATES, Internet, Say, Seen, Site, by_path, redirect

from modelget.errors import HostNotAllowed, SourceUnavailable
from modelget.hosts import HostPolicy
from modelget.http import Clock, Http, RangeAnswer, RangeConnection, RangePlace
from modelget.settings import Secret

Serve = Callable[..., Site]
Client = Callable[..., Http]
BODY = bytes(range(256)) * 1000


def head(
    start: int, stop: int, more: str = "", version: str = "1.1", status: str = "206 Partial Content"
) -> bytes:
    facts = f"Content-Range: bytes {start}-{stop - 1}/{len(BODY)}\r\nContent-Length: {stop - start}\r\n"
    return f"HTTP/{version} {status}\r\n{facts}{more}\r\n".encode()


def part(start: int, stop: int, more: str = "", version: str = "1.1") -> bytes:
    return head(start, stop, more, version) + BODY[start:stop]


def next_answer(connection: RangeConnection) -> RangeAnswer:
    """Wait for the head of the next answer, as a crew does."""
    while (answer := connection.answer()) is None:
        assert select.select([connection], [], [], 5)[0]
    return answer


def read_body(connection: RangeConnection, size: int, found: bytearray) -> None:
    """Read the rest of an answer's body through a buffer of this size, into what was found."""
    buffer = memoryview(bytearray(size))
    while connection.left:
        count = connection.read_into(buffer)
        found += buffer[:count]
        if not count:
            assert select.select([connection], [], [], 5)[0]


class Line:
    """The server's end of one connection, which says what a test makes it say."""

    def __init__(self) -> None:
        mine, self.socket = socket.socketpair()
        self.found = bytearray()
        """What the last reading brought, also when it failed."""
        self.connection = RangeConnection(
            mine, "GET /file HTTP/1.1\r\nHost: hub.example\r\n", "hub.example/file"
        )

    def say(self, *pieces: bytes) -> None:
        """Send in another thread, for a socket's buffer is small; each piece is a packet."""

        def send() -> None:
            with suppress(OSError):
                for piece in pieces:
                    self.socket.sendall(piece)

        threading.Thread(target=send, daemon=True).start()

    def say_and_close(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.socket.sendall(piece)
        self.socket.close()

    def heard(self) -> str:
        return self.socket.recv(2**16).decode()

    def read(self, size: int = 2**20) -> bytes:
        """Read the rest of an answer's body through a buffer of this size."""
        self.found = bytearray()
        read_body(self.connection, size, self.found)
        return bytes(self.found)

    def answer_and_read(self) -> bytes:
        next_answer(self.connection)
        return self.read()


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    yield line
    line.connection.close()
    line.socket.close()


def test_a_request_is_the_first_one_with_another_range(line):
    line.connection.ask(5, 10)
    assert line.heard() == "GET /file HTTP/1.1\r\nHost: hub.example\r\nRange: bytes=5-9\r\n\r\n"
    line.connection.ask(5, 10, '"v1"')
    assert line.heard().endswith('Range: bytes=5-9\r\nIf-Range: "v1"\r\n\r\n')


def test_answers_to_requests_that_were_sent_ahead_come_in_their_order(line):
    spans = [(0, 10), (10, 70_000), (70_000, 70_001)]
    for span in spans:
        line.connection.ask(*span)
    line.say(b"".join(part(*span) for span in spans))
    for start, stop in spans:
        answer = next_answer(line.connection)
        assert (answer.status, answer.length, answer.is_last) == (206, stop - start, False)
        assert line.read() == BODY[start:stop]


@pytest.mark.parametrize("size", [1, 7, 4096, 2**20])
def test_a_body_comes_through_a_buffer_of_any_size(size, line):
    line.say(part(0, 9000), part(9000, 9100))
    next_answer(line.connection)
    assert line.read(size) == BODY[:9000]
    next_answer(line.connection)
    assert line.read(size) == BODY[9000:9100]


def test_heads_and_bodies_may_arrive_byte_by_byte(line):
    whole = part(0, 100) + part(100, 200)
    line.say(*(whole[at : at + 1] for at in range(len(whole))))
    for start in (0, 100):
        next_answer(line.connection)
        assert line.read() == BODY[start : start + 100]


def test_reading_on_after_the_end_of_a_body_gives_nothing_of_the_next_one(line):
    line.say(part(0, 5) + part(5, 9))
    next_answer(line.connection)
    assert line.read() == BODY[:5]
    assert line.connection.read_into(memoryview(bytearray(100))) == 0


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 206 OK\r\nContent-", head(0, 10), part(0, 10)[:-1]])
def test_a_line_that_ends_early_is_told(said, line):
    line.say_and_close(said)
    with pytest.raises(SourceUnavailable, match="ended early"):
        line.answer_and_read()


def test_what_arrived_before_a_line_broke_is_not_lost(line):
    line.say_and_close(part(0, 10_000)[:-4000])
    next_answer(line.connection)
    with pytest.raises(SourceUnavailable, match="ended early"):
        line.read()
    assert line.found == BODY[:6000]


def test_a_head_without_an_end_is_refused(line):
    line.say(b"HTTP/1.1 206 OK\r\n" + b"X-Filler: nothing\r\n" * 10_000)
    with pytest.raises(SourceUnavailable, match="too long"):
        next_answer(line.connection)


@pytest.mark.parametrize(
    "said",
    [
        b"\r\n\r\n",
        b"HTTP/2 206\r\n\r\n",
        b"SSH-2.0-server\r\n\r\n",
        b"HTTP/1.1 2006 OK\r\n\r\n",
        b"206 OK\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused(said, line):
    line.say(said)
    with pytest.raises(SourceUnavailable, match="not HTTP/1"):
        next_answer(line.connection)


@pytest.mark.parametrize(
    "framing",
    [
        "",
        "Transfer-Encoding: chunked\r\nContent-Length: 10\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 1e3\r\n",
    ],
    ids=["none", "chunked", "negative", "no number"],
)
def test_a_part_of_unknown_length_is_refused(framing, line):
    line.say(f"HTTP/1.1 206 OK\r\n{framing}\r\n".encode())
    with pytest.raises(SourceUnavailable, match="unknown length"):
        next_answer(line.connection)


def test_a_refusal_of_unknown_length_is_told_with_what_it_says(line):
    line.say(
        b"HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwait\r\n0\r\n\r\n"
    )
    answer = next_answer(line.connection)
    assert (answer.status, answer.headers["retry-after"], answer.length) == (429, "7", None)
    assert line.read() == b""


@pytest.mark.parametrize(
    ("version", "more", "is_last"),
    [
        ("1.1", "", False),
        ("1.1", "Connection: close\r\n", True),
        ("1.1", "Connection: Close\r\n", True),
        ("1.0", "", True),
        ("1.0", "Connection: keep-alive\r\n", False),
    ],
)
def test_the_last_answer_on_a_line_is_known(version, more, is_last, line):
    line.say(part(0, 5, more, version))
    assert next_answer(line.connection).is_last is is_last
    assert line.read() == BODY[:5]


def test_nothing_is_waited_for(line):
    assert line.connection.answer() is None
    line.socket.sendall(head(0, 10) + BODY[:4])
    next_answer(line.connection)
    buffer = memoryview(bytearray(10))
    assert line.connection.read_into(buffer) == 4
    assert line.connection.read_into(buffer) == 0
    assert line.connection.left == 6


def test_a_request_that_the_line_does_not_take_at_once_is_sent_later(line):
    line.connection._line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    asked = 10 * 4096
    for _ in range(asked):
        line.connection.ask(5, 10)
    heard = 0
    line.socket.settimeout(5)
    request = len("GET /file HTTP/1.1\r\nHost: hub.example\r\nRange: bytes=5-9\r\n\r\n")
    while heard < asked * request:
        heard += len(line.socket.recv(2**20))
        line.connection.send()
    assert heard == asked * request


def test_a_line_that_is_gone_takes_no_request(line):
    line.socket.close()
    with pytest.raises(SourceUnavailable, match="broke"):
        line.connection.ask(0, 5)


def answer_ranges(seen: Seen) -> Say:
    """What a server with ranges says."""
    wanted = seen.headers["Range"]
    if not wanted:
        return Say(body=BODY)
    start, stop = (int(edge) for edge in wanted.removeprefix("bytes=").split("-"))
    return Say(206, {"Content-Range": f"bytes {start}-{stop}/{len(BODY)}"}, BODY[start : stop + 1])


def place_of(http: Http, url: str) -> RangePlace:
    with http.open(url, headers={"Range": "bytes=0-4", "If-Range": '"v1"', "Connection": "close"}) as reply:
        place = http.place_of(reply)
    assert place is not None
    return place


def fetch_part(place: RangePlace, start: int, stop: int) -> bytes:
    connection, found = place.connect(), bytearray()
    try:
        connection.ask(start, stop)
        connection.ask(0, 1)
        next_answer(connection)
        read_body(connection, 1000, found)
        next_answer(connection)
        return bytes(found)
    finally:
        connection.close()


def test_a_place_asks_for_the_same_as_the_first_request_without_its_range(
    serve: Serve, client: Client
) -> None:
    site = serve(answer_ranges)
    place = place_of(client(site), f"{site.origin}/a%20file?b=c")
    assert fetch_part(place, 5000, 9000) == BODY[5000:9000]
    first, *later = site.seen
    assert [seen.headers["Range"] for seen in later] == ["bytes=5000-8999", "bytes=0-0"]
    for seen in later:
        assert (seen.method, seen.path) == ("GET", "/a%20file?b=c")
        assert seen.headers["Host"] == first.headers["Host"]
        assert seen.headers["User-Agent"] == first.headers["User-Agent"]
        assert seen.headers["Accept-Encoding"] == "identity"
        assert (seen.headers["If-Range"], seen.headers["Connection"]) == (None, None)


def test_tls_is_spoken_with_the_owners_authority_and_the_right_name(
    serve: Serve, client: Client, internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "ca.pem"))
    internet.place("hub.example", 443, serve(answer_ranges, certificate="server.pem"))
    place = place_of(client(hosts=("hub.example",)), "https://hub.example/file")
    assert fetch_part(place, 0, len(BODY)) == BODY


@pytest.mark.parametrize(
    ("certificate", "name", "authority"),
    [
        ("server.pem", "hub.example", None),
        ("server.pem", "wrong.example", "ca.pem"),
        ("expired.pem", "hub.example", "ca.pem"),
    ],
)
def test_each_connection_proves_itself_anew(
    certificate: str,
    name: str,
    authority: str | None,
    serve: Serve,
    client: Client,
    internet: Internet,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first answer came from the right server; who is at its address later may be another one."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "ca.pem"))
    internet.place("hub.example", 443, serve(answer_ranges, certificate="server.pem"))
    http = client(hosts=("hub.example", name))
    reply = http.open("https://hub.example/file")
    if authority is None:
        monkeypatch.delenv("SSL_CERT_FILE")
    site = serve(answer_ranges, certificate=certificate)
    internet.place(name, 443, site)
    reply.url = f"https://{name}/file?signature=hush"
    place = http.place_of(reply)
    with pytest.raises(SourceUnavailable, match="could not connect") as caught:
        place.connect()
    assert site.seen == []
    assert "hush" not in str(caught.value)


def test_a_token_goes_to_its_own_origin_with_each_range(serve: Serve) -> None:
    site = serve(answer_ranges)
    http = Http(HostPolicy.of((), (site.origin,)), {site.origin: Secret("token")})
    fetch_part(place_of(http, f"{site.origin}/file"), 0, 10)
    assert site.tokens == ["Bearer token"] * 3
    http.close()


def test_a_token_does_not_follow_a_redirect_to_another_origin(serve: Serve) -> None:
    storage = serve(answer_ranges)
    site = serve(by_path({"/file": redirect(f"{storage.origin}/stored")}))
    http = Http(HostPolicy.of((), (site.origin, storage.origin)), {site.origin: Secret("token")})
    place = place_of(http, f"{site.origin}/file")
    fetch_part(place, 0, 10)
    assert place.url == f"{storage.origin}/stored"
    assert site.tokens == ["Bearer token"]
    assert storage.tokens == [None] * 3
    assert {seen.headers["Host"] for seen in storage.seen} == {storage.origin.removeprefix("http://")}
    http.close()


def test_a_stale_token_that_was_refused_is_not_sent_again(serve: Serve) -> None:
    site = serve(lambda seen: Say(401) if seen.authorization else answer_ranges(seen))
    http = Http(HostPolicy.of((), (site.origin,)), {site.origin: Secret("stale")})
    fetch_part(place_of(http, f"{site.origin}/file"), 0, 10)
    assert site.tokens == ["Bearer stale", None, None, None]
    http.close()


def test_a_name_that_leads_to_a_private_address_later_is_refused(
    serve: Serve, client: Client, internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "ca.pem"))
    site = serve(answer_ranges, certificate="server.pem")
    internet.place("hub.example", 443, site)
    place = place_of(client(hosts=("hub.example",)), "https://hub.example/file?signature=hush")
    internet.resolve("hub.example", "10.0.0.7")
    internet.route("10.0.0.7", 443, site)
    before = site.connections
    with pytest.raises(SourceUnavailable, match="private address") as caught:
        place.connect()
    assert site.connections == before
    assert "hush" not in str(caught.value)


def test_a_host_that_is_not_listed_is_no_place(serve: Serve, client: Client, internet: Internet) -> None:
    site = serve(answer_ranges)
    http = client(site)
    with http.open(f"{site.origin}/file") as reply:
        http.policy = HostPolicy.of((), ())
        place = http.place_of(reply)
    before = site.connections
    with pytest.raises(HostNotAllowed):
        place.connect()
    assert site.connections == before


def test_a_server_that_is_gone_is_told_without_the_signed_query(serve: Serve, client: Client) -> None:
    with Site(answer_ranges) as site:
        place = place_of(client(site), f"{site.origin}/file?signature=hush")
    with pytest.raises(SourceUnavailable, match="could not connect") as caught:
        place.connect()
    assert "hush" not in str(caught.value)
    assert caught.value.__suppress_context__


class Proxy:
    """An HTTP proxy that makes tunnels to a site, for those who know the password."""

    def __init__(self, site: Site, password: str = "") -> None:
        self.asked: list[str] = []
        self._site, self._password = site, password
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                line, _address = self._listener.accept()
                threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with suppress(OSError), line:
            asked = b""
            while b"\r\n\r\n" not in asked:
                asked += line.recv(4096)
            self.asked.append(asked.decode())
            wanted = b64encode(self._password.encode()).decode()
            if self._password and f"Proxy-Authorization: Basic {wanted}\r\n" not in asked.decode():
                line.sendall(b"HTTP/1.1 407 Who are you?\r\nContent-Length: 0\r\n\r\n")
                return
            with socket.create_connection(("127.0.0.1", self._site.port)) as far:
                line.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
                back = threading.Thread(target=_pass_on, args=(far, line), daemon=True)
                back.start()
                _pass_on(line, far)
                back.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while some := source.recv(2**16):
            target.sendall(some)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def tunnel(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Makes a proxy in front of ``hub.example``, with or without a password."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "ca.pem"))
    proxies: list[Proxy] = []

    def make(password: str = "") -> Proxy:
        proxies.append(Proxy(serve(answer_ranges, certificate="server.pem"), password))
        at = f"{password}@" if password else ""
        monkeypatch.setenv("HTTPS_PROXY", f"http://{at}{proxies[-1].address}")
        return proxies[-1]

    yield make
    for proxy in proxies:
        proxy.close()


@pytest.mark.parametrize("password", ["", "joe:hunter2"])
def test_behind_a_proxy_each_connection_has_its_own_tunnel(
    password: str, tunnel: Any, client: Client, internet: Internet
) -> None:
    proxy = tunnel(password)
    place = place_of(client(hosts=("hub.example",)), "https://hub.example/file")
    assert fetch_part(place, 300, 90_000) == BODY[300:90_000]
    assert [asked.partition(" HTTP")[0] for asked in proxy.asked] == ["CONNECT hub.example:443"] * 2
    assert internet.asked == []  # the proxy looks the name up
    assert all("hunter2" not in asked for asked in proxy.asked)


def test_a_password_for_the_proxy_goes_no_further(tunnel: Any, client: Client, internet: Internet) -> None:
    proxy = tunnel("joe:hunter2")
    place = place_of(client(hosts=("hub.example",)), "https://hub.example/file")
    fetch_part(place, 0, 10)
    assert all(seen.headers["Proxy-Authorization"] is None for seen in proxy._site.seen)


def test_a_proxy_that_refuses_is_told_without_its_password(
    tunnel: Any, client: Client, internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = tunnel("joe:hunter2")
    place = place_of(client(hosts=("hub.example",)), "https://hub.example/file?signature=hush")
    proxy._password = "joe:changed"
    with pytest.raises(SourceUnavailable, match="could not connect") as caught:
        place.connect()
    assert not any(secret in str(caught.value) for secret in ("hunter2", "hush"))


@pytest.mark.parametrize("proxy", ["https://127.0.0.1:1", "socks5://127.0.0.1:1"])
def test_behind_another_kind_of_proxy_there_is_no_place_for_ranges(
    proxy: str, serve: Serve, client: Client, internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "ca.pem"))
    internet.place("hub.example", 443, serve(answer_ranges, certificate="server.pem"))
    http = client(hosts=("hub.example",))
    with http.open("https://hub.example/file") as reply:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        assert http.place_of(reply) is None


def test_plain_http_that_a_proxy_forwards_has_no_place_for_ranges(
    serve: Serve, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", serve(answer_ranges).origin)
    http = client("http://models.example")
    with http.open("http://models.example/x") as reply:
        assert http.place_of(reply) is None


def continue_first_answer(http: Http, url: str) -> tuple[bytes, RangeAnswer, bytes]:
    """Read a bit of the first answer, adopt its connection, and ask there for one more part."""
    with http.open(url, headers={"Range": f"bytes=0-{len(BODY) - 1}"}) as reply:
        first = next(reply.chunks(1000))
        place = http.place_of(reply)
        connection, answer = place.adopt(reply, len(BODY) - len(first))
        rest, second = bytearray(), bytearray()
        read_body(connection, 5000, rest)
        if not answer.is_last:
            connection.ask(300, 90_000)
            assert next_answer(connection).status == 206
            read_body(connection, 5000, second)
        connection.close()
    return first + bytes(rest), answer, bytes(second)


def test_the_connection_of_the_first_answer_goes_on_with_more_parts(serve: Serve, client: Client) -> None:
    site = serve(answer_ranges)
    whole, answer, second = continue_first_answer(client(site), f"{site.origin}/file")
    assert (whole, answer.status, answer.is_last) == (BODY, 206, False)
    assert second == BODY[300:90_000]
    assert site.connections == 1


def test_the_same_goes_over_tls(
    serve: Serve, client: Client, internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "ca.pem"))
    internet.place("hub.example", 443, serve(answer_ranges, certificate="server.pem"))
    whole, _answer, second = continue_first_answer(client(hosts=("hub.example",)), "https://hub.example/file")
    assert (whole, second) == (BODY, BODY[300:90_000])


def test_a_server_that_will_close_says_so_on_the_first_answer_too(serve: Serve, client: Client) -> None:
    def close(seen: Seen) -> Say:
        said = answer_ranges(seen)
        return Say(said.status, {**said.headers, "Connection": "close"}, said.body)

    site = serve(close)
    whole, answer, _second = continue_first_answer(client(site), f"{site.origin}/file")
    assert (whole, answer.is_last) == (BODY, True)


@pytest.mark.parametrize("headers", [{"Transfer-Encoding": "chunked"}, {"Content-Length": "many"}])
def test_an_answer_whose_end_its_head_does_not_tell_is_no_place(
    headers: dict[str, str], serve: Serve, client: Client
) -> None:
    site = serve(answer_ranges)
    http = client(site)
    with http.open(f"{site.origin}/file") as reply:
        reply.headers = {**reply.headers, **headers}
        assert http.place_of(reply) is None


def test_all_fetches_from_one_host_share_its_budget() -> None:
    http = Http(HostPolicy.of((), ()), clock=Clock(), connections_per_host=3)
    assert http.budget("https://hub.example/a") is http.budget("https://hub.example:443/b?c")
    assert http.budget("https://hub.example/a") is not http.budget("https://cdn.example/a")
    assert http.budget("https://hub.example/a").most == 3
    http.close()
