"""Tell the pages what changes, a few times a second at most."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

_PAUSE = 0.25
_logger = logging.getLogger("modelget")

Send = Callable[[str, dict[str, Any]], None]


class Events:
    """Sends ``modelget.*`` events from a thread of its own; whoever reports a change is never held up."""

    def __init__(self, send: Send, state: Callable[[int], dict[str, Any]]) -> None:
        """``state`` gives what changed after a number."""
        self._send, self._state = send, state
        self._wake, self._starting = threading.Event(), threading.Lock()
        self._thread: threading.Thread | None = None
        self._last = 0

    def changed(self) -> None:
        """Take note that the state of a file changed."""
        self._wake.set()
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._work, name="modelget events", daemon=True)
                    self._thread.start()

    def planned(self, plan: str) -> None:
        """Tell that every place has answered for a plan."""
        self._send("modelget.plan", {"plan": plan, "complete": True})

    def held(self, plan: str, files: list[str], held: bool) -> None:
        """Tell that a prompt waits for files, or waits no longer."""
        self._send("modelget.queue", {"plan": plan, "files": files, "held": held})

    def _work(self) -> None:
        while self._wake.wait():
            self._wake.clear()
            try:
                state = self._state(self._last)
                if state["sequence"] > self._last:
                    self._last = state["sequence"]
                    self._send("modelget.state", state)
            except Exception:
                _logger.exception("Modelget: an event could not be sent")
            time.sleep(_PAUSE)
