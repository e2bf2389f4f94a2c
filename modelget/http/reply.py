"""One answer of a server: status, headers and a body that is read at most once."""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http.client import HTTPException, HTTPResponse
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from ..errors import SourceUnavailable
from ..hosts import redact

_LARGEST_DOCUMENT = 64 * 2**20
_SHORT_BODY = 2**14
_LENGTH = re.compile(r"[0-9]{1,18}")


class Reply:
    """A server's answer. Use it in a ``with`` block, or read it to the end: both free the connection."""

    def __init__(self, response: requests.Response) -> None:
        self._response = response
        self.status: int = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self.url: str = response.url or ""

    def __enter__(self) -> Reply:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connection up; bytes not yet read are lost."""
        self._response.close()

    def abort(self) -> None:
        """End the connection from another thread: whoever waits for its bytes fails at once."""
        raw = self._response.raw
        line = getattr(getattr(raw, "connection", None), "sock", None)
        if line is None:  # the last answer on a connection keeps the socket to itself
            inner = getattr(raw, "_original_response", None)
            line = getattr(getattr(getattr(inner, "fp", None), "raw", None), "_sock", None)
        if isinstance(line, socket.socket):
            with suppress(OSError):
                socket.socket.shutdown(line, socket.SHUT_RDWR)

    def take_line(self) -> tuple[socket.socket, bytes]:
        """Hand the connection, which must not wait any more, and what came of the body to another reader.

        The reply stays responsible for closing it.
        """
        stream: Any = getattr(self._response.raw, "_original_response", None)
        line: socket.socket = stream.fp.raw._sock
        line.setblocking(False)
        try:
            return line, stream.fp.peek()
        except ssl.SSLWantReadError:  # a plain socket says so by an empty answer
            return line, b""

    @property
    def is_framed(self) -> bool:
        """Whether the body is as long as declared: what follows on the connection is the next answer."""
        return self.length is not None and "Transfer-Encoding" not in self.headers

    @property
    def is_old(self) -> bool:
        """Whether the server speaks HTTP/1.0, in which an answer is the last one on its connection."""
        return int(self._response.raw.version) < 11

    def finish(self) -> None:
        """Have no use for the body: a short one is read, so that the connection serves the next request."""
        if self.length is not None and self.length <= _SHORT_BODY:
            with suppress(SourceUnavailable):
                self.read()
        self.close()

    @property
    def asked(self) -> tuple[str, dict[str, str]]:
        """The path with its query, and the headers of the request that was answered, without its range."""
        request = self._response.request
        dropped = ("range", "if-range", "connection", "host")
        headers = {name: str(value) for name, value in request.headers.items() if name.lower() not in dropped}
        return request.path_url, {"Host": urlsplit(self.url).netloc, **headers}

    @property
    def length(self) -> int | None:
        """Bytes of the body as the server declares them."""
        value = self.headers.get("Content-Length", "")
        return int(value) if _LENGTH.fullmatch(value) else None

    def chunks(self, size: int = 2**20) -> Iterator[bytes]:
        """Yield the body in pieces of at most ``size`` bytes, exactly as sent.

        Raises:
            SourceUnavailable: the connection broke, stalled, or ended before the declared length.
        """
        if not is_as_stored(self.headers):
            raise SourceUnavailable(
                f"{redact(self.url)}: the server compressed the file although asked not to"
            )
        received = 0
        try:
            while piece := self._read_some(size):
                received += len(piece)
                yield piece
        except (HTTPError, HTTPException, OSError) as error:
            raise SourceUnavailable(f"{redact(self.url)}: the connection broke ({_short(error)})") from error
        if self.length is not None and received < self.length:
            raise SourceUnavailable(f"{redact(self.url)}: the connection ended early")
        self._free_connection()

    def _read_some(self, size: int) -> bytes:
        """Return what has arrived: urllib3 would wait for all of ``size``, however slowly it comes."""
        inner: HTTPResponse | None = getattr(self._response.raw, "_original_response", None)
        if inner is None:
            return bytes(self._response.raw.read(size, decode_content=False))
        return inner.read1(size)

    def _free_connection(self) -> None:
        """Let the next request use the connection, now that the body was read behind urllib3's back."""
        inner: HTTPResponse | None = getattr(self._response.raw, "_original_response", None)
        if inner is not None:
            with suppress(HTTPException, OSError):
                inner.read()  # nothing is left; Pythons before 3.13 notice the end only so
            self._response.raw.release_conn()

    def read(self, limit: int = _LARGEST_DOCUMENT) -> bytes:
        """Return the whole body of a document; raise SourceUnavailable when it exceeds ``limit`` bytes."""
        body = bytearray()
        with self:
            for piece in self.chunks():
                body += piece
                if len(body) > limit:
                    raise SourceUnavailable(f"{redact(self.url)}: the answer is larger than {limit} bytes")
        return bytes(body)

    def json(self) -> Any:
        """Return the body parsed as JSON; raise SourceUnavailable when it is none."""
        try:
            return json.loads(self.read())
        except (ValueError, RecursionError):
            raise SourceUnavailable(f"{redact(self.url)}: the answer is not JSON") from None


def is_as_stored(headers: Mapping[str, str]) -> bool:
    """Tell whether a body is the file itself and not a compressed form of it."""
    return headers.get("Content-Encoding", "identity").lower() in ("identity", "")


def _short(error: Exception) -> str:
    return type(error).__name__
