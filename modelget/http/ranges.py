"""Byte ranges over connections of our own, one request waiting behind another on each.

``requests`` reads one answer per request, and between two of them the line is idle for a round trip. Here
the next range is asked for while the last one arrives (HTTP/1.1 pipelining), and bytes go from the socket
into the caller's buffer. Redirects, credentials and proxies are settled before, by the first answer.
"""

from __future__ import annotations

import http.client
import io
import re
import socket
import ssl
import struct
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress

from requests.structures import CaseInsensitiveDict

from ..errors import ModelgetError, SourceUnavailable
from ..hosts import redact

_LARGEST_HEAD = 2**16
_STATUS = re.compile(rb"HTTP/1\.([01]) ([0-9]{3})(?: [^\r\n]*)?\r\n")
_LENGTH = re.compile(r"[0-9]{1,18}")


class RangePlace:
    """Where an answer came from, and how to ask there again."""

    def __init__(
        self, url: str, target: str, headers: Mapping[str, str], dial: Callable[[], socket.socket]
    ) -> None:
        """Take what the first request settled: its final URL, path and headers, and a way to connect."""
        self.url, self.is_pipelined = url, True
        """``is_pipelined``: a request may be sent before the last one is answered; not all servers cope."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._ask = f"GET {target} HTTP/1.1\r\n{lines}"
        self._dial = dial

    def connect(self) -> RangeConnection:
        """Open a connection; raises SourceUnavailable when that fails."""
        try:
            return RangeConnection(self._dial(), self._ask, redact(self.url))
        except ModelgetError:
            raise
        except (OSError, http.client.HTTPException) as error:
            raise SourceUnavailable(f"{redact(self.url)}: could not connect ({error})") from None


class RangeConnection:
    """One connection; answers come in the order of the requests."""

    def __init__(self, line: socket.socket, ask: str, shown: str) -> None:
        self._line, self._ask, self._shown = line, ask, shown
        self._flags = _let_the_kernel_wait(line)
        self._early = b""  # what arrived behind the last head or body that was read
        self._left = 0

    def ask(self, start: int, stop: int, if_range: str = "") -> None:
        """Ask for the bytes from ``start`` up to ``stop``; only of the file with that validator, if given."""
        condition = f"If-Range: {if_range}\r\n" if if_range else ""
        request = f"{self._ask}Range: bytes={start}-{stop - 1}\r\n{condition}\r\n"
        try:
            self._line.sendall(request.encode("latin-1"))
        except OSError as error:
            raise self._broken(error) from None

    def answer(self) -> RangeAnswer:
        """Return the head of the next answer."""
        found = _STATUS.match(head := self._read_head())
        if not found:
            raise SourceUnavailable(f"{self._shown}: the answer is not HTTP/1")
        try:
            parsed = http.client.parse_headers(io.BytesIO(head[found.end() :]))
        except http.client.HTTPException:
            raise SourceUnavailable(f"{self._shown}: the answer's headers cannot be read") from None
        headers = CaseInsensitiveDict(parsed.items())
        answer = RangeAnswer(int(found[2]), headers, is_last=found[1] == b"0")
        if answer.length is None and answer.status == 206:
            raise SourceUnavailable(f"{self._shown}: a part of unknown length")
        self._left = answer.length or 0
        return answer

    def read_into(self, buffer: memoryview) -> int:
        """Read the answer's body into a buffer until that is full; return how many bytes, 0 at the body's end."""
        wanted = buffer[: self._left]
        if not wanted:
            return 0
        if self._early:
            count = min(len(self._early), len(wanted))
            wanted[:count] = self._early[:count]
            self._early = self._early[count:]
        else:
            count = self._fill(wanted)
        self._left -= count
        return count

    def abort(self) -> None:
        """End the connection from another thread: whoever waits for it fails at once."""
        with suppress(OSError):
            # Below TLS: above it, shutting down takes the state away from under whoever is reading.
            socket.socket.shutdown(self._line, socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection; answers on their way are lost."""
        self.abort()
        self._line.close()

    def _fill(self, room: memoryview) -> int:
        """Receive until the buffer is full; less when the line breaks or is silent, which the next call tells."""
        count = self._receive(room, self._flags)
        while count < len(room) and not self._flags:  # TLS, for one, hands out 16 KiB at a time
            try:
                count += self._receive(room[count:])
            except SourceUnavailable:
                break
        return count

    def _read_head(self) -> bytes:
        head = bytearray(self._early)
        room = memoryview(bytearray(2**13))
        while (end := head.find(b"\r\n\r\n")) < 0:
            if len(head) > _LARGEST_HEAD:
                raise SourceUnavailable(f"{self._shown}: the answer's headers are too long")
            head += room[: self._receive(room)]
        self._early = bytes(head[end + 4 :])
        return bytes(head[: end + 4])

    def _receive(self, room: memoryview, flags: int = 0) -> int:
        try:
            count = self._line.recv_into(room, 0, flags)
        except OSError as error:
            raise self._broken(error) from None
        if not count:
            raise SourceUnavailable(f"{self._shown}: the connection ended early")
        return count

    def _broken(self, error: OSError) -> SourceUnavailable:
        return SourceUnavailable(f"{self._shown}: the connection broke ({type(error).__name__})")


class RangeAnswer:
    """Status and headers of an answer to a range."""

    def __init__(self, status: int, headers: Mapping[str, str], *, is_last: bool) -> None:
        self.status, self.headers = status, headers
        options = headers.get("Connection", "").lower()
        self.is_last = "close" in options or (is_last and "keep-alive" not in options)
        """The server will answer nothing more on this connection."""

    @property
    def length(self) -> int | None:
        """Bytes of the body; None when only the end of the connection, or its own framing, would tell."""
        value = self.headers.get("Content-Length", "")
        framed = "Transfer-Encoding" in self.headers
        return int(value) if _LENGTH.fullmatch(value) and not framed else None


def _let_the_kernel_wait(line: socket.socket) -> int:
    """Set a plain line so that one call fills a whole buffer; return the flags for that call.

    With a timeout of Python's own, a call returns with whatever is there, and each return costs a turn of
    the interpreter lock. Where the system has no such wait, or TLS stands between, that is how it stays.
    """
    seconds = line.gettimeout()
    if sys.platform == "win32" or seconds is None or isinstance(line, ssl.SSLSocket):
        return 0
    whole = int(seconds)
    line.setblocking(True)
    limit = struct.pack("@ll", whole, int((seconds - whole) * 1e6))
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
    return socket.MSG_WAITALL
