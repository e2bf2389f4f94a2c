"""The plumbing: two origins, keep-alive, ranges, counters, line speed."""

from __future__ import annotations

import http.client
import socket
import threading
from urllib.parse import urlsplit

import pytest
import requests

from modelget.hub import EmbeddedHub
from modelget.hub.limits import Throttle
from modelget.hub.listener import Listener
from modelget.hub.messages import Origin
from modelget.hub.traffic import Traffic

MIB = 2**20


def location(hub: EmbeddedHub, name: str = "a-2MiB.safetensors") -> str:
    return requests.head(hub.url("o/r", name), timeout=10).headers["Location"]


def test_hub_and_storage_have_different_host_names(hub: EmbeddedHub) -> None:
    assert urlsplit(hub.endpoint).hostname == "127.0.0.1"
    assert urlsplit(hub.storage_origin).hostname == "localhost"


def test_storage_does_without_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    class OnlyIPv4(Listener):
        def __init__(self, host: str, port: int, origin: Origin) -> None:
            if host == "::1":
                raise OSError
            super().__init__(host, port, origin)

    monkeypatch.setattr("modelget.hub.server.Listener", OnlyIPv4)
    with EmbeddedHub() as hub:
        assert requests.get(hub.url("o/r", "a.safetensors"), timeout=10).status_code == 200


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_storage_listens_on_both_loopbacks(hub: EmbeddedHub, address: str) -> None:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            pytest.skip("this machine has no such address")
    port = urlsplit(hub.storage_origin).port
    socket.create_connection((address, port), timeout=5).close()


def test_one_connection_serves_many_requests(hub: EmbeddedHub) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(hub.endpoint).port, timeout=10)
    paths = ["/o/r/resolve/main/a.json", "/api/models/o/r", "/nothing", "/o/r/resolve/main/a.safetensors"]
    connection.connect()
    first = connection.sock
    for method in ("HEAD", "GET"):
        for path in paths:
            connection.request(method, path)
            response = connection.getresponse()
            body = response.read()
            length = int(response.headers["Content-Length"])
            assert len(body) == (0 if method == "HEAD" else length)
            assert length > 0
    assert connection.sock is first
    connection.close()


def test_the_whole_file_arrives(hub: EmbeddedHub) -> None:
    response = requests.get(hub.url("o/r", "a-2MiB.safetensors"), timeout=10)
    assert response.status_code == 200
    assert response.content == hub.content("o/r/a-2MiB.safetensors").read()
    assert response.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=1048000-1049000", 1048000, 1049001),
        ("bytes=2000000-", 2000000, 2 * MIB),
        ("bytes=-10", 2 * MIB - 10, 2 * MIB),
        ("bytes=5-99999999", 5, 2 * MIB),
    ],
)
def test_a_range_gives_206_and_the_slice(hub: EmbeddedHub, asked: str, start: int, stop: int) -> None:
    response = requests.get(location(hub), headers={"Range": asked}, timeout=10)
    assert response.status_code == 206
    assert response.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{2 * MIB}"
    assert response.content == hub.content("o/r/a-2MiB.safetensors").read(start, stop - start)


@pytest.mark.parametrize("asked", ["bytes=2097152-", "bytes=9999999-", "bytes=-0"])
def test_a_range_outside_gives_416_and_the_size(hub: EmbeddedHub, asked: str) -> None:
    response = requests.get(location(hub), headers={"Range": asked}, timeout=10)
    assert response.status_code == 416
    assert response.headers["Content-Range"] == f"bytes */{2 * MIB}"
    assert response.content == b""


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "lines=0-1", "bytes=5-2", "bytes=-", "junk"])
def test_a_range_that_cannot_be_served_gives_the_whole(hub: EmbeddedHub, asked: str) -> None:
    response = requests.get(location(hub), headers={"Range": asked}, timeout=10)
    assert (response.status_code, len(response.content)) == (200, 2 * MIB)


def test_if_range_resumes_only_the_same_bytes(hub: EmbeddedHub) -> None:
    url = location(hub)
    etag = requests.head(url, timeout=10).headers["ETag"]
    same = requests.get(url, headers={"Range": "bytes=5-", "If-Range": etag}, timeout=10)
    changed = requests.get(url, headers={"Range": "bytes=5-", "If-Range": '"other"'}, timeout=10)
    assert (same.status_code, len(same.content)) == (206, 2 * MIB - 5)
    assert (changed.status_code, len(changed.content)) == (200, 2 * MIB)


def test_small_files_on_the_hub_take_ranges_too(hub: EmbeddedHub) -> None:
    response = requests.get(hub.url("o/r", "a.json"), headers={"Range": "bytes=0-0"}, timeout=10)
    assert (response.status_code, response.content) == (206, b"{")


def test_counters_tell_what_happened_but_no_secret(hub_with) -> None:
    hub = hub_with(tokens={"hf_secret": frozenset()})
    headers = {"Authorization": "Bearer hf_secret", "Range": "bytes=0-99"}
    requests.get(hub.url("o/r", "a.safetensors"), headers=headers, timeout=10)
    seen = [(r.origin, r.method, r.path, r.status, r.authorized, r.range) for r in hub.requests]
    assert seen == [
        ("hub", "GET", "/o/r/resolve/main/a.safetensors", 302, True, "bytes=0-99"),
        ("storage", "GET", "/o/r/a.safetensors", 206, False, "bytes=0-99"),
    ]
    assert hub.storage_bytes == 100
    requests.get(hub.civitai_url(5) + "?token=hf_secret", timeout=10)
    assert "hf_secret" not in repr(hub.requests)
    assert "Signature" not in repr(hub.requests)


def test_a_client_that_hangs_up_is_no_fault(hub_with, capfd) -> None:
    hub = hub_with()
    url = urlsplit(location(hub, "a-1GiB.safetensors"))
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", url.port), timeout=10) as connection:
            connection.sendall(f"GET {url.path}?{url.query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert connection.recv(1000)
    assert requests.get(hub.url("o/r", "a.json"), timeout=10).status_code == 200
    hub.close()
    assert capfd.readouterr().err == ""


def test_many_clients_at_once_get_their_own_bytes(hub: EmbeddedHub) -> None:
    url, wrong = location(hub), []
    content = hub.content("o/r/a-2MiB.safetensors")

    def fetch(offset: int) -> None:
        asked = {"Range": f"bytes={offset}-{offset + 99_999}"}
        if requests.get(url, headers=asked, timeout=30).content != content.read(offset, 100_000):
            wrong.append(offset)

    threads = [threading.Thread(target=fetch, args=(n * 60_000,)) for n in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_closed_hub_hangs_up_on_open_connections() -> None:
    with EmbeddedHub() as hub, requests.Session() as session:
        session.get(hub.url("o/r", "a.json"), timeout=10)
        hub.close()
        with pytest.raises(requests.ConnectionError):
            session.get(hub.url("o/r", "a.json"), timeout=10)


def test_closing_twice_is_harmless() -> None:
    with EmbeddedHub() as hub:
        hub.close()


def test_a_request_without_length_is_refused(hub: EmbeddedHub) -> None:
    url = f"{hub.endpoint}/api/models/o/r/paths-info/main"
    assert requests.post(url, data=iter([b"paths=a"]), timeout=10).status_code == 411


JUNK = [
    b"GET /o/r/resolve/main/a.safetensors HTTP/1.1\r\nRange: bytes=" + b"9" * 5000 + b"-\r\n\r\n",
    b"GET /o/r/resolve/main/a.json HTTP/1.1\r\nRange: bytes=" + b"9" * 5000 + b"-\r\n\r\n",
    b"GET /%ff%00/%0d%0a/resolve/%ff/%0d%0a.safetensors HTTP/1.1\r\n\r\n",
    b"GET /api/v1/models/99999999999999999999 HTTP/1.1\r\n\r\n",
    b"POST /api/models/o/r/paths-info/main HTTP/1.1\r\nContent-Type: application/json\r\n"
    b'Content-Length: 11\r\n\r\n{"paths":5}',
    b"POST /api/v1/model-versions/by-hash HTTP/1.1\r\nContent-Length: 66\r\n\r\n[" + b"1" * 64 + b"]",
    b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"DELETE / HTTP/1.1\r\n\r\n",
    b"\x16\x03\x01 junk\r\n\r\n",
]


@pytest.mark.parametrize("raw", JUNK, ids=range(len(JUNK)))
def test_junk_gets_an_answer_and_no_traceback(hub: EmbeddedHub, raw: bytes, capfd) -> None:
    port = urlsplit(hub.endpoint).port
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(raw)
        assert connection.recv(12).startswith((b"HTTP/1.1 ", b"<!DOCTYPE"))
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "path", ["/api/agent-harnesses", "/", "/o", "/api/models", "//x/y", "/api/v1/images"]
)
def test_everything_unknown_is_404(hub: EmbeddedHub, path: str) -> None:
    assert requests.get(hub.endpoint + path, timeout=10).status_code == 404
    assert requests.post(hub.endpoint + path, timeout=10).status_code == 404


def test_the_line_speed_is_shared_by_all_connections() -> None:
    slept: list[float] = []
    throttle = Throttle(1000, clock=lambda: 50.0, sleep=slept.append)
    for _ in range(3):
        throttle.wait_for(500)
    assert slept == [0.5, 1.0, 1.5]


def test_a_slow_line_sends_in_small_pieces() -> None:
    pieces: list[int] = []
    traffic = Traffic(bytes_per_second=10**9)
    traffic.send("storage", memoryview(bytes(50 * MIB)), lambda piece: pieces.append(len(piece)))
    assert max(pieces) == 10**9 // 50
    assert sum(pieces) == traffic.storage_bytes == 50 * MIB


def test_a_throttled_hub_sends_the_right_bytes() -> None:
    with EmbeddedHub(bytes_per_second=100 * MIB) as hub:
        body = requests.get(hub.url("o/r", "a-2MiB.safetensors"), timeout=10).content
        assert body == hub.content("o/r/a-2MiB.safetensors").read()
