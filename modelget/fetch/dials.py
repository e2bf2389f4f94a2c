"""Connections that are being made: names are looked up and hands shaken, which may take long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from threading import Thread

from ..http import RangeConnection


class Dials:
    """Makes connections, each in a thread of its own; must be closed."""

    def __init__(self, connect: Callable[[], RangeConnection]) -> None:
        self.pending = 0
        """Connections that are being made."""
        self._connect, self._is_closed = connect, False
        self._made: SimpleQueue[RangeConnection | Exception] = SimpleQueue()

    def start(self) -> None:
        """Begin to make one more connection."""
        self.pending += 1
        Thread(target=self._dial, name="modelget dial", daemon=True).start()

    def made(self, seconds: float) -> Iterator[RangeConnection | Exception]:
        """Yield what was made, or why it could not be; wait at most so long for the first one."""
        while self.pending:
            try:
                made = self._made.get(seconds > 0, seconds or None)
            except Empty:
                return
            self.pending -= 1
            seconds = 0
            yield made

    def close(self) -> None:
        """Have no use for more connections; those still being made close by themselves."""
        self._is_closed = True
        self._close_made()

    def _dial(self) -> None:
        try:
            self._made.put(self._connect())
        except Exception as error:
            self._made.put(error)
        if self._is_closed:
            self._close_made()

    def _close_made(self) -> None:
        while True:
            try:
                made = self._made.get_nowait()
            except Empty:
                return
            if isinstance(made, RangeConnection):
                made.close()
