"""What the live tests share with those of the sources."""

from __future__ import annotations

from sources.conftest import closed_port

__all__ = ["closed_port"]
