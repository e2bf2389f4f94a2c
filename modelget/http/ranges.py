"""Byte ranges over connections of our own, one request waiting behind another on each.

``requests`` reads one answer per request, and between two of them the line is idle for a round trip. Here
the next range is asked for while the last one arrives (HTTP/1.1 pipelining), and bytes go from the socket
into the caller's buffer. Nothing waits: one thread serves many connections, whichever has something.
Redirects, credentials and proxies are settled before, by the first answer.
"""

from __future__ import annotations

import http.client
import io
import re
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress

from requests.structures import CaseInsensitiveDict

from ..errors import ModelgetError, SourceUnavailable
from ..hosts import redact
from .reply import Reply

_HEAD_ROOM, _LARGEST_HEAD = 2**13, 2**16
_STATUS = re.compile(rb"HTTP/1\.([01]) ([0-9]{3})(?: [^\r\n]*)?\r\n")
_LENGTH = re.compile(r"[0-9]{1,18}")
_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class RangePlace:
    """Where an answer came from, and how to ask there again."""

    def __init__(
        self,
        url: str,
        target: str,
        headers: Mapping[str, str],
        dial: Callable[[], socket.socket],
        silence: float,
    ) -> None:
        """Take what the first request settled: its final URL, path and headers, and a way to connect."""
        self.url, self.silence, self.is_pipelined = url, silence, True
        """``silence``: seconds without a byte after which a connection is dead. ``is_pipelined``: a request
        may be sent before the last one is answered; not all servers cope."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._ask = f"GET {target} HTTP/1.1\r\n{lines}"
        self._dial = dial

    def connect(self) -> RangeConnection:
        """Open a connection, however long that takes; raises SourceUnavailable when it fails."""
        try:
            return RangeConnection(self._dial(), self._ask, redact(self.url))
        except ModelgetError:
            raise
        except (OSError, http.client.HTTPException) as error:
            raise SourceUnavailable(f"{redact(self.url)}: could not connect ({error})") from None

    def adopt(self, reply: Reply, left: int) -> tuple[RangeConnection, RangeAnswer]:
        """Go on with the connection of the first answer, of whose body so many bytes are still to come."""
        line, early = reply.take_line()
        connection = RangeConnection(line, self._ask, redact(self.url), early)
        connection.left = left
        return connection, RangeAnswer(reply.status, reply.headers, is_last=reply.is_old)


class RangeConnection:
    """One connection; answers come in the order of the requests, and no call waits for them."""

    def __init__(self, line: socket.socket, ask: str, shown: str, early: bytes = b"") -> None:
        line.setblocking(False)
        self._line, self._ask, self._shown = line, ask, shown
        self._unsent = b""
        self._early = early  # what arrived behind the last head or body that was read
        self.left = 0
        """Bytes of the present answer's body that are still to come."""

    def fileno(self) -> int:
        """Return what a selector wants to know."""
        return self._line.fileno()

    def ask(self, start: int, stop: int, if_range: str = "") -> None:
        """Ask for the bytes from ``start`` up to ``stop``; only of the file with that validator, if given."""
        condition = f"If-Range: {if_range}\r\n" if if_range else ""
        self._unsent += f"{self._ask}Range: bytes={start}-{stop - 1}\r\n{condition}\r\n".encode("latin-1")
        self.send()

    def send(self) -> None:
        """Send what the line did not take before; nearly always it takes all at once."""
        try:
            while self._unsent:
                self._unsent = self._unsent[self._line.send(self._unsent) :]
        except _NOT_NOW:
            pass
        except OSError as error:
            raise self._broken(error) from None

    def answer(self) -> RangeAnswer | None:
        """Return the head of the next answer, None while it is not here.

        Raises:
            SourceUnavailable: the connection ended, or what came is no answer to a range.
        """
        head = self._read_head()
        if head is None:
            return None
        found = _STATUS.match(head)
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
        self.left = answer.length or 0
        return answer

    def read_into(self, buffer: memoryview) -> int:
        """Read what is here of the answer's body, a buffer at most; return how many bytes.

        Raises:
            SourceUnavailable: the connection ended or broke; what came before was returned by the last call.
        """
        wanted = buffer[: self.left]
        count = min(len(self._early), len(wanted))
        if count:
            wanted[:count] = self._early[:count]
            self._early = self._early[count:]
        while count < len(wanted):  # TLS, for one, hands out 16 KiB at a time
            try:
                more = self._receive(wanted[count:])
            except SourceUnavailable:
                if count:
                    break
                raise
            if not more:
                break
            count += more
        self.left -= count
        return count

    def close(self) -> None:
        """Close the connection; answers on their way are lost."""
        with suppress(OSError):
            # Below TLS: above it, the goodbye could block or fail.
            socket.socket.shutdown(self._line, socket.SHUT_RDWR)
        self._line.close()

    def _read_head(self) -> bytes | None:
        room = memoryview(bytearray(_HEAD_ROOM))
        while (end := self._early.find(b"\r\n\r\n")) < 0:
            if len(self._early) > _LARGEST_HEAD:
                raise SourceUnavailable(f"{self._shown}: the answer's headers are too long")
            count = self._receive(room)
            if not count:
                return None
            self._early += room[:count]
        head, self._early = self._early[: end + 4], self._early[end + 4 :]
        return head

    def _receive(self, room: memoryview) -> int:
        """Return how many bytes came, 0 while there are none."""
        try:
            count = self._line.recv_into(room)
        except _NOT_NOW:
            return 0
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
