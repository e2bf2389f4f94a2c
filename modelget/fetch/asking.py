"""A question to a server that may take long to say anything, and need not be waited for."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Lock, Thread

from ..http import Reply


class Asking:
    """Asks in a thread of its own, from the moment it is made."""

    def __init__(self, ask: Callable[[], Reply]) -> None:
        self._ask = ask
        self._ended, self._lock = Event(), Lock()
        self._reply: Reply | None = None
        self._error: BaseException | None = None
        self._is_unwanted = False
        Thread(target=self._run, name="modelget ask", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Wait at most so long; tell whether there is an answer, or a reason why there is none."""
        return self._ended.wait(seconds)

    def reply(self) -> Reply:
        """Return the answer, or raise what kept it from coming."""
        self._ended.wait()
        if self._reply is None:
            raise self._error or AssertionError("unreachable")
        return self._reply

    def give_up(self) -> None:
        """Have no use for the answer; when it comes it is closed."""
        with self._lock:
            self._is_unwanted = True
            if self._reply:
                self._reply.close()

    def _run(self) -> None:
        try:
            reply = self._ask()
        except BaseException as error:
            self._error = error
        else:
            with self._lock:
                self._reply = reply
                if self._is_unwanted:
                    reply.close()
        self._ended.set()
