"""Bring files here: stage, receive, prove, and only then give them their names."""

from __future__ import annotations

from .leftovers import give_up, staged_bytes
from .one import fetch

__all__ = ["fetch", "give_up", "staged_bytes"]
