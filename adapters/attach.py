"""Attach the pack to ComfyUI's server while it imports us; whatever fails of ours, ComfyUI goes on."""

from __future__ import annotations

import logging
from typing import Any

_logger = logging.getLogger("modelget")


def attach() -> None:
    """Add routes and the queue's middleware; called at import, since the server takes nothing more once it runs.

    No network, no file is touched: settings and folders are read when somebody asks first.
    """
    try:
        from server import PromptServer

        _attach_to(PromptServer.instance)
    except Exception:
        _logger.exception("Modelget: panel and queue are not available; the nodes are")


def _attach_to(server: Any) -> None:
    from .office import office
    from .queue import Gate
    from .routes import add_routes

    add_routes(server.routes, office)
    server.app.middlewares.append(Gate(office).middleware)
