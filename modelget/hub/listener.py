"""HTTP/1.1 on one address: reads requests, sends answers, and stays quiet about clients that leave."""

from __future__ import annotations

import socket
import socketserver
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs

from .content import Content
from .messages import Answer, Origin, Part, Request, json_answer, part_of
from .traffic import Traffic

App = Callable[[Request], Answer]


class Listener(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """One address of one origin; its threads die with the process."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, origin: Origin) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)
        self.origin: Origin = origin
        self.port = int(self.socket.getsockname()[1])
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def start(self, app: App, traffic: Traffic) -> None:
        """Answer requests from now on."""
        self.app, self.traffic = app, traffic
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Stop answering, also on connections that clients keep open."""
        self.shutdown()
        self.server_close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection and remember it until it ends."""
        connection, address = super().get_request()
        with self._lock:
            self._open.add(connection)
        return connection, address

    def close_request(self, request: Any) -> None:
        """Forget a connection that ended."""
        with self._lock:
            self._open.discard(request)
        super().close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report faults of the hub, but not clients that hang up."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Listener

    def do_GET(self) -> None:
        self._serve()

    def do_HEAD(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def version_string(self) -> str:
        return "EmbeddedHub"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _serve(self) -> None:
        body = self._read_body()
        path, _, query = self.path.partition("?")
        origin = self.server.origin
        request = Request(origin, self.command, path, parse_qs(query), self.headers, body or b"")
        answer = json_answer(411, {"error": "Length Required"}) if body is None else self.server.app(request)
        part = part_of(request, answer)
        self.server.traffic.add(request, part.status)
        self._send_head(part)
        if self.command != "HEAD":
            self._send_body(answer, part)

    def _read_body(self) -> bytes | None:
        """Read the body; None when its length is not known, after which the connection must end."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self.close_connection = True
            return None
        return self.rfile.read(int(length))

    def _send_head(self, part: Part) -> None:
        self.send_response(part.status)
        for name, value in part.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(part.stop - part.start))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def _send_body(self, answer: Answer, part: Part) -> None:
        origin, traffic = self.server.origin, self.server.traffic
        if isinstance(answer.body, Content):
            for chunk in answer.body.chunks(part.start, part.stop):
                traffic.send(origin, chunk, self.wfile.write)
        else:
            self.wfile.write(answer.body)
