"""Attach the pack to ComfyUI's server while it imports us; whatever fails of ours, ComfyUI goes on.

At import, no network and no file is touched, and nothing of the core is imported: that is left to the first request.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from aiohttp import web

from .table import ROUTES, Route

_logger = logging.getLogger("modelget")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def attach() -> None:
    """Add routes and the queue's middleware; called at import, since the server takes nothing more once it runs."""
    try:
        from server import PromptServer

        server = PromptServer.instance
        for route in ROUTES:
            server.routes.route(route.method, f"/modelget/{route.path}")(_handler(route))
        server.app.middlewares.append(_queue)
    except Exception:
        _logger.exception("Modelget: panel and queue are not available; the nodes are")


def _handler(route: Route) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        routes = await _module("routes")
        response: web.StreamResponse = await routes.answer(route, request)
        return response

    return handler


@web.middleware
async def _queue(request: web.Request, handler: Handler) -> web.StreamResponse:
    # aiohttp passes the handler by this very name.
    if request.method != "POST" or request.path not in ("/prompt", "/api/prompt"):
        return await handler(request)
    try:
        queue = await _module("queue")
    except Exception:
        _logger.exception("Modelget: a prompt goes on without us")
        return await handler(request)
    response: web.StreamResponse = await queue.serve(request, handler)
    return response


async def _module(name: str) -> Any:
    """Import a module of this package off the event loop, which has other requests to serve meanwhile."""
    return await asyncio.to_thread(import_module, f".{name}", __package__)
