"""Narrow what JSON holds to what we expect; anything else counts as absent."""

from __future__ import annotations

from collections.abc import Iterator


def as_dict(value: object) -> dict[str, object]:
    """Give the JSON object, or an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    """Give the JSON array, or an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: object) -> str:
    """Give the string, or an empty one."""
    return value if isinstance(value, str) else ""


def dicts_in(value: object) -> Iterator[dict[str, object]]:
    """Give the objects of a JSON array, skipping whatever else it holds."""
    return (item for item in as_list(value) if isinstance(item, dict))


def as_id(value: object) -> str:
    """Give a node's or link's id as printable text (files mix ``12`` and ``"12"``), ``?`` when it has none."""
    return as_key(value) or "?"


def as_key(value: object) -> str | None:
    """Give the id that one part of the file uses to refer to another, None when there is none."""
    if type(value) is int:
        return str(value)
    return value[:200].encode("utf-8", "replace").decode() if isinstance(value, str) else None


def is_encodable(text: str) -> bool:
    """Tell whether the text can be written anywhere: a lone surrogate cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
