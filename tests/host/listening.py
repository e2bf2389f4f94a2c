"""A page's websocket, as far as its messages go."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import aiohttp


class Page:
    """Collects what the server tells while the ``with`` lasts."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/ws".replace("http", "ws", 1)
        self.messages: list[tuple[float, str, Any]] = []
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(
            target=self._loop.run_until_complete, args=(self._listen(),), daemon=True
        )
        self._end = asyncio.Event()

    def __enter__(self) -> Page:
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(30)

    def told(self, kind: str) -> list[Any]:
        """Return the contents of all messages of a kind, in order."""
        return [data for _, name, data in list(self.messages) if name == kind]

    def times(self, kind: str) -> list[float]:
        return [when for when, name, _ in list(self.messages) if name == kind]

    async def _listen(self) -> None:
        async with aiohttp.ClientSession() as session, session.ws_connect(self._url) as socket:
            self._ready.set()
            ended = asyncio.ensure_future(self._end.wait())
            while not ended.done():
                received = asyncio.ensure_future(socket.receive())
                await asyncio.wait({received, ended}, return_when=asyncio.FIRST_COMPLETED)
                if not received.done():
                    received.cancel()
                    return
                message = received.result()
                if message.type is aiohttp.WSMsgType.TEXT:
                    body = message.json()
                    self.messages.append((time.monotonic(), body["type"], body.get("data")))
