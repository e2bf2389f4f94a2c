"""Servers on loopback that answer as told and remember what they received, and names that lead to them."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

CERTIFICATES = Path(__file__).with_name("certificates")
_PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_CERTIFICATE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    headers: Message
    body: bytes

    @property
    def authorization(self) -> str | None:
        return self.headers["Authorization"]


@dataclass(frozen=True)
class Say:
    """An answer; ``length`` is what it declares when that is not the truth."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    length: int | None = None


Answering = Callable[[Seen], Say]


def in_turn(*answers: Say) -> Answering:
    """Give one answer after the other, and then the last one again and again."""
    left = list(answers)
    return lambda _seen: left.pop(0) if len(left) > 1 else left[0]


def by_path(answers: Mapping[str, Say]) -> Answering:
    return lambda seen: answers.get(seen.path, Say(404))


def redirect(location: str, status: int = 302, **headers: str) -> Say:
    return Say(status, {"Location": location, **headers})


class Site:
    """One listening address; with ``certificate`` it speaks TLS."""

    def __init__(self, answering: Answering | Say, certificate: str | None = None) -> None:
        self.answering = in_turn(answering) if isinstance(answering, Say) else answering
        self.seen: list[Seen] = []
        self.connections = 0
        self._server = _server(self)
        self.port = int(self._server.server_address[1])
        self.origin = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATES / certificate)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def __enter__(self) -> Site:
        return self

    def __exit__(self, *_ended: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def tokens(self) -> list[str | None]:
        """The Authorization header of every request, oldest first."""
        return [seen.authorization for seen in self.seen]


def _server(site: Site) -> ThreadingHTTPServer:
    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def get_request(self) -> tuple[socket.socket, Any]:
            connection, address = super().get_request()
            site.connections += 1
            connection.settimeout(10)
            return connection, address

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Stay quiet: clients of these tests hang up, or refuse the certificate."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            pass

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            seen = Seen(self.command, self.path, self.headers, body)
            site.seen.append(seen)
            say = site.answering(seen)
            self.send_response(say.status)
            for name, value in say.headers.items():
                self.send_header(name, value)
            if "Content-Length" not in say.headers:
                self.send_header("Content-Length", str(len(say.body) if say.length is None else say.length))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(say.body)
            self.close_connection = self.close_connection or say.length is not None

        do_GET = do_HEAD = do_POST = do_CONNECT = _answer  # noqa: N815

    return Server(("127.0.0.1", 0), Handler)


class Internet:
    """Names, addresses and ports as tests want them, each leading to a Site on loopback."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._answers: dict[str, Callable[[], list[str]]] = {}
        self._ports: dict[tuple[str, int], int] = {}
        self.asked: list[str] = []
        """Names that were looked up."""
        self.connected: list[tuple[str, int]] = []
        """Addresses that were connected to."""
        self._getaddrinfo, self._connect = socket.getaddrinfo, socket.create_connection
        monkeypatch.setattr(socket, "getaddrinfo", self._look_up)
        monkeypatch.setattr(socket, "create_connection", self._dial)

    def resolve(self, name: str, *addresses: str) -> None:
        """Let a name have these addresses, all at once."""
        self._answers[name] = lambda: list(addresses)

    def alternate(self, name: str, *addresses: str) -> None:
        """Let a name have another one of these addresses whenever it is looked up."""
        turn = iter(list(addresses) * 10_000)
        self._answers[name] = lambda: [next(turn)]

    def route(self, address: str, port: int, site: Site) -> None:
        """Let connections to this address and port arrive at a site."""
        self._ports[address, port] = site.port

    def place(self, name: str, port: int, site: Site) -> None:
        """Let a name have a public address of its own, where a site answers."""
        if name not in self._answers:
            self.resolve(name, f"93.184.216.{len(self._answers) + 1}")
        for address in self._answers[name]():
            self.route(address, port, site)

    def _look_up(self, host: str, port: Any, *rest: Any, **named: Any) -> list[Any]:
        if host not in self._answers:
            if not host.replace(".", "").isdigit() and ":" not in host:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return self._getaddrinfo(host, port, *rest, **named)
        self.asked.append(host)
        found = []
        for address in self._answers[host]():
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            tail = (0, 0) if ":" in address else ()
            found.append((family, socket.SOCK_STREAM, 6, "", (address, port, *tail)))
        return found

    def _dial(self, address: tuple[str, int], *rest: Any, **named: Any) -> socket.socket:
        self.connected.append(address)
        port = self._ports.get(address)
        if port is None and not address[0].startswith("127."):
            raise ConnectionRefusedError(f"nothing listens at {address}")
        return self._connect(address if port is None else ("127.0.0.1", port), *rest, **named)


def forget_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away proxies and certificates of the machine that runs the tests."""
    for name in (*_PROXY_VARIABLES, *_CERTIFICATE_VARIABLES):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


class FakeClock:
    """Time that passes only by sleeping."""

    def __init__(self, wall: float = 1_800_000_000.0) -> None:
        self.wall, self.slept = wall, []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.wall += seconds
