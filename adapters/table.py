"""Our routes by name, so that they can be added to the server before anything of ours is imported."""

from __future__ import annotations

from typing import NamedTuple

SMALL, LARGE = 64 * 2**10, 20_000_000
"""Bytes that a body may have: a few fields, or a workflow."""


class Route(NamedTuple):
    """One route below ``/modelget/``; ``answer`` names the method of ``routes.Routes`` that answers."""

    method: str
    path: str
    answer: str
    changes: bool = False
    most_bytes: int = SMALL


ROUTES = (
    Route("GET", "settings", "settings"),
    Route("GET", "state", "state"),
    Route("GET", "plans/{plan}", "show"),
    Route("POST", "plan", "plan", most_bytes=LARGE),
    Route("POST", "plans/{plan}/rescan", "rescan"),
    Route("POST", "plans/{plan}/install", "install", changes=True),
    Route("POST", "plans/{plan}/pause", "pause", changes=True),
    Route("POST", "plans/{plan}/resume", "resume", changes=True),
    Route("POST", "plans/{plan}/cancel", "cancel", changes=True),
    Route("POST", "plans/{plan}/retry", "retry", changes=True),
    Route("POST", "credentials/{place}", "set_credential", changes=True),
    Route("POST", "credentials/{place}/test", "test_credential", changes=True),
)
