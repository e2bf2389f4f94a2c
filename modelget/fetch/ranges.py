"""Receive the rest of a file over several connections at once, and hand its bytes on in order."""

from __future__ import annotations

from collections.abc import Callable, Generator
from heapq import heapify, heappop, heappush
from threading import Condition, Thread
from typing import Any

from ..errors import ModelgetError, SourceUnavailable
from ..http import Http, Reply, retry_after
from .headers import content_range

PART = 2 * 2**20
"""Bytes asked for at once: small enough that little waits in memory, large enough to be worth a request."""

_PARTS_AHEAD = 1.5
"""Parts on their way or waiting, for each connection; with PART it bounds the memory."""

_CHUNK = 2**20  # fewer, larger reads: threads lose more time taking turns than copying
_PATIENCE = 0.2  # seconds


class Ranges:
    """The bytes from ``start`` to ``stop`` of a file, received in parts by a few threads.

    Parts are handed out in the order of the file, so what is written and hashed grows from the front: to
    continue after an interruption, nothing has to be remembered but a length.
    """

    def __init__(
        self,
        http: Http,
        url: str,
        start: int,
        stop: int,
        is_same_file: Callable[[int, Reply], bool],
        connections: int,
    ) -> None:
        """Prepare; ``is_same_file`` judges an answer by its total length and its headers."""
        self.received = 0
        """Body bytes that came over the network, those that were thrown away included."""
        self._http, self._url, self._is_same_file = http, url, is_same_file
        self._next, self._stop = start, stop
        self._todo = list(range(start, stop, PART))
        heapify(self._todo)
        self._connections = min(connections, len(self._todo))
        self._ahead = int(self._connections * _PARTS_AHEAD * PART)
        self._arrived: dict[int, memoryview] = {}
        self._spare: list[Any] = []  # buffers to use again: fresh memory costs more than the copying
        self._changed = Condition()
        self._running = 0
        self._ended = False
        self._failure: ModelgetError | None = None

    def chunks(self) -> Generator[memoryview, None, None]:
        """Yield the parts in order, each valid until the next; close the iterator to end all connections.

        Raises:
            SourceUnavailable: no connection can bring the next part; those before it were handed on.
        """
        threads = [Thread(target=self._work, daemon=True) for _ in range(self._connections)]
        self._running = len(threads)
        for thread in threads:
            thread.start()
        try:
            while self._next < self._stop:
                part = self._take()
                yield part
                self._spare.append(part.obj)
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()
            for thread in threads:  # one that waits for a silent server ends by itself, later
                thread.join(_PATIENCE)

    def _take(self) -> memoryview:
        with self._changed:
            self._changed.wait_for(lambda: self._next in self._arrived or not self._running)
            part = self._arrived.pop(self._next, None)
            if part is None:
                raise self._failure or SourceUnavailable("every connection ended early")
            self._next += len(part)
            self._changed.notify_all()
            return part

    def _work(self) -> None:
        """Receive part after part; end when one fails, for the other connections may fare better."""
        try:
            while (start := self._claim()) is not None:
                try:
                    part = self._receive(start)
                except ModelgetError as error:
                    with self._changed:
                        heappush(self._todo, start)
                        self._failure = error
                    return
                with self._changed:
                    self._arrived[start] = part
                    self._changed.notify_all()
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _claim(self) -> int | None:
        """Wait for room ahead of what was handed on; return where the next part starts, None at the end."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._ended or not self._todo or self._todo[0] < self._next + self._ahead
            )
            return heappop(self._todo) if self._todo and not self._ended else None

    def _receive(self, start: int) -> memoryview:
        length = min(PART, self._stop - start)
        headers = {"Range": f"bytes={start}-{start + length - 1}"}
        with self._http.open(self._url, headers=headers) as reply:
            if reply.status != 206:
                wait = retry_after(reply.headers, self._http.clock.wall())
                raise SourceUnavailable(f"a part was refused with HTTP {reply.status}", retry_after=wait)
            at, _stop, total = content_range(reply) or (-1, 0, 0)
            if at != start or not self._is_same_file(total, reply):
                raise SourceUnavailable("a part does not belong to this file; it changed at its source")
            return self._read(reply, length)

    def _read(self, reply: Reply, length: int) -> memoryview:
        with self._changed:
            buffer = self._spare.pop() if self._spare else bytearray(PART)
        part, filled = memoryview(buffer)[:length], 0
        for chunk in reply.chunks(_CHUNK):
            with self._changed:
                self.received += len(chunk)
            if self._ended or filled + len(chunk) > length:
                raise SourceUnavailable("a part was given up, or goes on after its end")
            part[filled : filled + len(chunk)] = chunk
            filled += len(chunk)
        if filled != length:
            raise SourceUnavailable("a part ended early")
        return part
