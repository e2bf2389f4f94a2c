"""A server on loopback that hands out one file, with a scripted fault for each request."""

from __future__ import annotations

import gzip
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mmap import mmap
from typing import Any

Body = bytes | mmap

_BLOCK = 2**16
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


@dataclass(frozen=True)
class Fault:
    """How one request goes wrong; as it stands, it does not."""

    cut_after: int | None = None
    """Close the line after this many bytes of the body."""
    framing: str = "length"
    """``length``, ``chunked``, or ``none``: the body ends where the line does."""
    status: int | None = None
    body: bytes | None = None
    """Instead of the file."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Beside the usual ones; an empty value removes one."""
    ignore_range: bool = False
    flip: int | None = None
    """Offset in the file of a byte with one wrong bit."""
    compress: bool = False
    extra: int = 0
    """Bytes that follow the declared ones."""
    endless: bool = False
    then: Callable[[FaultServer], object] = lambda _server: None
    """What happens at the server while it answers, before the last bytes leave."""
    pause_at: int | None = None
    """Wait at this byte of the body for ``FaultServer.go_on``."""
    is_silent: bool = False
    """Wait for ``FaultServer.go_on`` before the first byte of the answer."""
    hangs_up: bool = False
    """Close the line behind a right answer, and say nothing of it before."""
    wait: float = 0.0
    """Seconds before each piece of the body."""
    piece: int = _BLOCK
    """Bytes that are sent at once."""

    @property
    def ends_the_line(self) -> bool:
        """Tell whether nothing can be sent behind this answer."""
        return self.cut_after is not None or self.framing == "none" or self.endless or bool(self.extra)


@dataclass(frozen=True)
class Request:
    """A request for the file as it arrived."""

    path: str
    start: int | None
    """First byte that was asked for; None without a range."""
    if_range: str | None
    stop: int | None = None
    """Byte after the last one that was asked for; None for all the rest."""


class FaultServer:
    """One file at ``url``; ``faults`` answer in turn, and then ``always`` does."""

    def __init__(
        self,
        body: Body,
        faults: Iterable[Fault] = (),
        *,
        always: Fault | None = None,
        etag: str = '"first"',
        honours_if_range: bool = True,
        signs: bool = False,
        keeps_alive: bool = True,
        most_connections: int = 1000,
        is_silent: bool = False,
    ) -> None:
        """Begin to listen; connections beyond ``most_connections`` are closed, or get no answer."""
        self.body, self.etag = body, etag
        self.faults, self.always = list(faults), always or Fault()
        self.honours_if_range, self.signs, self.keeps_alive = honours_if_range, signs, keeps_alive
        self.most_connections, self.is_silent = most_connections, is_silent
        self.turned_away = 0
        """Connections beyond those allowed, so far."""
        self.requests: list[Request] = []
        self.served = 0
        """Bytes of bodies that were sent, so far."""
        self.go_on = threading.Event()
        self.paused = threading.Event()
        self._lock = threading.Lock()
        self._open = self._signed = 0
        self._expired: set[str] = set()
        self._listener = _Listener(self)
        self.origin = f"http://127.0.0.1:{self._listener.server_address[1]}"
        self.url = f"{self.origin}/file"

    def __enter__(self) -> FaultServer:
        threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.go_on.set()
        self._listener.shutdown()
        self._listener.server_close()

    def replace(self, body: Body, etag: str) -> None:
        """Publish another file under the same URL."""
        self.body, self.etag = body, etag

    def next_fault(self, request: Request) -> Fault:
        with self._lock:
            self.requests.append(request)
            return self.faults.pop(0) if self.faults else self.always

    def sign(self) -> str:
        with self._lock:
            self._signed += 1
            return f"/signed/{self._signed}"

    def accepts(self, path: str) -> bool:
        """Tell whether a signed path is used for the first time."""
        with self._lock:
            fresh = path not in self._expired
            self._expired.add(path)
            return fresh

    @contextmanager
    def connection(self) -> Iterator[bool]:
        """Tell whether one more connection is served."""
        with self._lock:
            is_served = self._open < self.most_connections
            self._open += is_served
            self.turned_away += not is_served
        try:
            yield is_served
        finally:
            with self._lock:
                self._open -= is_served

    def count(self, sent: int) -> None:
        with self._lock:
            self.served += sent


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    """With the usual 5, of the connections that a client makes at once some would wait a second for a place."""

    def __init__(self, site: FaultServer) -> None:
        self.site = site
        super().__init__(("127.0.0.1", 0), _Answer)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet: clients of these tests hang up."""


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Listener

    def log_message(self, *_args: Any) -> None:
        pass

    def handle(self) -> None:
        site = self.server.site
        with site.connection() as is_served:
            if is_served:
                super().handle()
            elif site.is_silent:
                site.go_on.wait(30)

    def do_GET(self) -> None:
        site = self.server.site
        if site.signs and self.path == "/file":
            self._head(302, {"Location": site.sign(), "Content-Length": "0"})
            return
        if site.signs and not site.accepts(self.path):
            self._head(403, {"Content-Length": "0"})
            return
        found = _RANGE.fullmatch(self.headers.get("Range", ""))
        start = int(found[1]) if found else None
        stop = int(found[2]) + 1 if found and found[2] else None
        request = Request(self.path, start, self.headers.get("If-Range"), stop)
        fault = site.next_fault(request)
        with suppress(OSError):  # the client may leave
            if fault.is_silent:
                site.paused.set()
                site.go_on.wait(30)
            self._answer(fault, request)

    def _answer(self, fault: Fault, request: Request) -> None:
        site = self.server.site
        if fault.status == 416 and request.start is None:
            fault = Fault()  # nobody answers that to a request for the whole file
        body, start = (site.body, request.start) if fault.body is None else (fault.body, None)
        stale = site.honours_if_range and request.if_range not in (None, site.etag)
        if fault.ignore_range or stale:
            start = None
        status, headers = 200, {"Content-Type": "application/octet-stream", "ETag": site.etag}
        if start is not None and start >= len(body):
            status, headers = 416, {"Content-Range": f"bytes */{len(body)}"}
            body, start = b"", None
        elif start is not None:
            status = 206
            stop = min(request.stop or len(body), len(body))
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(body)}"
        if fault.flip is not None:
            body = body[: fault.flip] + bytes([body[fault.flip] ^ 1]) + body[fault.flip + 1 :]
        rest = memoryview(body)[start or 0 : request.stop if status == 206 else None]
        if fault.compress:
            rest = memoryview(gzip.compress(rest, 0))
            headers["Content-Encoding"] = "gzip"
        if fault.framing == "length":
            headers["Content-Length"] = str(len(rest))
        elif fault.framing == "chunked":
            headers["Transfer-Encoding"] = "chunked"
        if fault.ends_the_line:
            self.close_connection = True
        self._head(fault.status or status, {**headers, **fault.headers})
        self.close_connection = self.close_connection or fault.hangs_up
        self._send(fault, memoryview(bytes(rest) + bytes(fault.extra)) if fault.extra else rest)

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        self.close_connection = self.close_connection or not self.server.site.keeps_alive
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def _send(self, fault: Fault, body: memoryview) -> None:
        site, sent = self.server.site, 0
        end = len(body) if fault.cut_after is None else min(fault.cut_after, len(body))
        while sent < end or fault.endless:
            if fault.pause_at is not None and sent >= fault.pause_at:
                self.wfile.flush()
                site.paused.set()
                site.go_on.wait(30)
            if fault.wait:
                site.go_on.wait(fault.wait)
            until = sent + fault.piece
            if fault.pause_at is not None and sent < fault.pause_at:
                until = min(until, fault.pause_at)
            if until >= end:
                fault.then(site)
            piece = bytes(body[sent : min(until, end)]) or bytes(_BLOCK)
            if fault.framing == "chunked":
                self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            else:
                self.wfile.write(piece)
            sent += len(piece)
            site.count(len(piece))
        if fault.framing == "chunked" and end == len(body):
            self.wfile.write(b"0\r\n\r\n")
