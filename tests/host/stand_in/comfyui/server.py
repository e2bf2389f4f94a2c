"""The server object that packs attach themselves to."""

from __future__ import annotations

import asyncio
import json
import logging
import urllib.parse
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from aiohttp import WSMsgType, web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@web.middleware
async def origin_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what another site's page sends, as far as the host does."""
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return web.Response(status=403)
    if "Origin" in request.headers:
        host = urllib.parse.urlsplit(f"//{request.host.lower()}")
        origin = urllib.parse.urlsplit(request.headers["Origin"].lower())
        if host.hostname in _LOOPBACK and origin.netloc and origin.netloc != host.netloc:
            return web.Response(status=403)
    return await handler(request)


class PromptServer:
    """Routes, middlewares, websockets and what packs add to them."""

    instance: ClassVar[PromptServer]

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        PromptServer.instance = self
        self.app = web.Application(client_max_size=100 * 2**20, middlewares=[origin_only])
        self.routes = web.RouteTableDef()
        self.loop = loop
        self.messages: asyncio.Queue[tuple[str, Any, str | None]] = asyncio.Queue()
        self.sockets: dict[str, web.WebSocketResponse] = {}
        self.on_prompt_handlers: list[Callable[[Any], Any]] = []
        self.client_id: str | None = None
        self.last_node_id: str | None = None
        self.remaining = 0

    def add_on_prompt_handler(self, handler: Callable[[Any], Any]) -> None:
        """Let a pack change prompts before they are validated; runs on the event loop."""
        self.on_prompt_handlers.append(handler)

    def trigger_on_prompt(self, prompt: Any) -> Any:
        """Ask the packs, and go on when one fails."""
        for handler in self.on_prompt_handlers:
            try:
                prompt = handler(prompt)
            except Exception:
                logging.warning("[ERROR] An error occurred during the on_prompt_handler processing")
        return prompt

    def send_sync(self, event: str, data: Any, sid: str | None = None) -> None:
        """Send an event to one page or, without ``sid``, to all; from any thread."""
        self.loop.call_soon_threadsafe(self.messages.put_nowait, (event, data, sid))

    def queue_info(self) -> dict[str, Any]:
        """Say how many prompts wait or run."""
        return {"exec_info": {"queue_remaining": self.remaining}}

    async def publish(self) -> None:
        """Send events as they come, for ever."""
        while True:
            event, data, sid = await self.messages.get()
            chosen = list(self.sockets.values()) if sid is None else [self.sockets.get(sid)]
            for socket in filter(None, chosen):
                try:
                    await socket.send_json({"type": event, "data": data})
                except ConnectionError:
                    logging.warning("a page went away")

    async def websocket(self, request: web.Request) -> web.StreamResponse:
        """Keep a page's socket: its ``clientId`` again, or a new one."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        sid = request.query.get("clientId") or uuid.uuid4().hex
        self.sockets[sid] = socket
        try:
            await socket.send_json({"type": "status", "data": {"status": self.queue_info(), "sid": sid}})
            async for message in socket:
                if message.type is WSMsgType.TEXT and json.loads(message.data).get("type") == "feature_flags":
                    await socket.send_json({"type": "feature_flags", "data": {}})
        finally:
            if self.sockets.get(sid) is socket:
                del self.sockets[sid]
        return socket

    def add_routes(self) -> None:
        """Give every route its ``/api`` twin; called once, after the packs were loaded."""
        for route in list(self.routes):
            if isinstance(route, web.RouteDef):
                self.app.router.add_route(
                    route.method, "/api" + route.path, route.handler, **dict(route.kwargs)
                )
        self.app.add_routes(self.routes)
