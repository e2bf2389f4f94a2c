"""A server that says what a test tells it to, clients that never really wait, and a watch on the network."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import huggingface_hub.constants
import pytest

from modelget.hosts import HostPolicy
from modelget.http import Clock, Http
from modelget.hub import EmbeddedHub, HubRules
from modelget.settings import MIRRORED, Settings
from modelget.sources import all_sources
from modelget.types import Candidate, Requirement


class Site:
    """A local server with one answer for each path; everything else is 404."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                site.requests.append((self.command, self.path, dict(self.headers)))
                status, headers, body = site.answers.get(path, (404, {}, b""))
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def do_HEAD(self) -> None:
                self.do_GET()

            def log_message(self, *words: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def says(self, path: str, status: int = 200, body: bytes = b"", **headers: str) -> str:
        """Set the answer for a path and return its URL; ``Content_Range`` in ``headers`` is a header name."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = (status, named, body)
        return self.origin + path

    def says_json(self, path: str, value: object) -> str:
        return self.says(path, body=json.dumps(value).encode(), Content_Type="application/json")

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    running = Site()
    yield running
    running.close()


@pytest.fixture
def hub_with() -> Iterator[Callable[..., EmbeddedHub]]:
    """A hub of its own for each call: ``hub_with(gated=frozenset({"o/r"}))``."""
    with ExitStack() as stack:
        yield lambda **rules: stack.enter_context(EmbeddedHub(HubRules(**rules)))


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What anybody would have slept: huggingface_hub 0.x waits by itself before it asks again."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


@pytest.fixture(autouse=True)
def quiet_client(monkeypatch: pytest.MonkeyPatch, naps: list[float]) -> None:
    """Keep huggingface_hub to what it is asked; it would ask its home for a list of programs first."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_TELEMETRY", True)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


def settings_for(hub: EmbeddedHub, **more: Any) -> Settings:
    """Settings that send the questions to all places to one embedded hub."""
    listed = (hub.storage_origin, *more.pop("allow_hosts", ()))
    return Settings(**(all_at(hub.endpoint) | {"allow_hosts": listed} | more))


def all_at(endpoint: str) -> dict[str, Any]:
    """The settings that have every place asked at one endpoint."""
    mirrors = dict.fromkeys(MIRRORED, endpoint)
    return {
        "hub_endpoint": endpoint,
        "civitai_endpoints": (endpoint,),
        "endpoints": mirrors,
        "mirrors": (f"{endpoint}/mirror",),
        "civarchive": True,
    }


def http_for(settings: Settings) -> Http:
    """The client as the pipeline makes it, with a clock that does not wait."""
    sources = all_sources(settings)
    hosts = {host for source in sources for host in source.hosts}
    endpoints = [endpoint for source in sources for endpoint in source.endpoints]
    policy = HostPolicy.of(hosts, (*settings.allow_hosts, *endpoints))
    clock = Clock(sleep=lambda seconds: None)
    return Http(policy, settings.credentials, offline=settings.offline, clock=clock)


class Question:
    """Asks one source with its own client: ``ask("civitai:5", digest=…)`` gives its candidates."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.source = next(source for source in all_sources(settings) if source.name == name)
        self.http = http_for(settings)

    def __call__(self, *urls: str, name: str = "wanted.safetensors", **more: Any) -> list[Candidate]:
        return list(self.source.find(Requirement(name, urls=urls, **more), self.http))

    def one(self, *urls: str, **more: Any) -> Candidate:
        (found,) = self(*urls, **more)
        return found


@pytest.fixture
def asks() -> Iterator[Callable[[str, Settings], Question]]:
    """``asks("civitai", settings)`` gives a Question; its client is closed afterwards."""
    with ExitStack() as stack:

        def make(name: str, settings: Settings) -> Question:
            question = Question(name, settings)
            stack.callback(question.http.close)
            return question

        yield make


@pytest.fixture
def closed_port() -> str:
    """An origin where nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def contacted(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, int]]:
    """Every address that somebody tried to reach; none but this machine's can be."""
    seen: set[tuple[str, int]] = set()
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def watched(self: socket.socket, address: Any) -> None:
        seen.add((str(address[0]), int(address[1])))
        if address[0] not in ("127.0.0.1", "::1"):
            raise OSError("a test may not leave this machine")
        connect(self, address)

    def watched_look_up(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if str(host) not in ("127.0.0.1", "localhost", "::1"):
            seen.add((str(host), int(port or 0)))
            raise OSError("a test may not ask for this name")
        return look_up(host, port, *args, **options)

    monkeypatch.setattr(socket.socket, "connect", watched)
    monkeypatch.setattr(socket, "getaddrinfo", watched_look_up)
    return seen
