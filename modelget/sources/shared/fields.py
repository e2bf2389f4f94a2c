"""Reading a place's JSON, in which every field may be missing, null or of another type."""

from __future__ import annotations

from typing import Any

from ...types import Digest


def text(document: Any, key: str) -> str:
    """Return a text of a JSON object, an empty one when there is none."""
    value = document.get(key) if isinstance(document, dict) else None
    return value if isinstance(value, str) else ""


def whole(document: Any, key: str) -> int | None:
    """Return a number of zero or more of a JSON object, None when there is none."""
    value = document.get(key) if isinstance(document, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def entries(document: Any, key: str) -> list[dict[str, Any]]:
    """Return the objects in a list of a JSON object, and nothing else that it holds."""
    value = document.get(key) if isinstance(document, dict) else None
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def digest(algorithm: str, digits: str) -> Digest | None:
    """Return a digest as a place publishes it, None for what is none."""
    try:
        return Digest(algorithm, digits)
    except ValueError:
        return None
