"""Bytes of a workflow file → a JSON object of known shape, or InvalidWorkflow with the reason."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ..errors import InvalidWorkflow
from .recipes import is_recipe
from .untyped import as_dict

MAX_BYTES = 32 * 2**20
"""Larger input is refused unread: the largest workflow we know of has 2 MB."""

MAX_TEXT_BYTES = 4 * 2**20
"""A longer file is not read as plain text: an infotext has some ten thousand characters."""

MAX_DEPTH = 100
"""Deeper nesting is refused: real workflows have about 10 levels, and readers would recurse."""


@dataclass(frozen=True, slots=True)
class Document:
    """The parts of a file that matter: an API prompt (or None), the UI graph and what wraps them (or {})."""

    graph: dict[str, object]
    prompt: dict[str, object] | None
    envelope: dict[str, object]
    recipe: dict[str, object] | None = None
    """The whole file, when it is no workflow but a recipe."""


def load(raw: bytes, name: str) -> Document:
    """Check the bytes and decide the shape; the only place that decodes a workflow file."""
    if len(raw) > MAX_BYTES:
        reason = f"is larger than {MAX_BYTES // 2**20} MB ({len(raw)} bytes)"
        raise InvalidWorkflow(name, reason, "Pass the workflow's own .json file, not a model or an archive.")
    root = _decode(raw, name)
    if _is_deeper_than(MAX_DEPTH, root):
        raise _too_deep(name)
    if not isinstance(root, dict):
        raise InvalidWorkflow(name, f"is no workflow: it holds {_kind(root)}, not an object")
    return _shape(root, name)


def plain_text(raw: bytes) -> str:
    """Return the text of a file that is not JSON, nothing of one that is, or is no text, or is too long."""
    start = raw[:256].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")
    if len(raw) > MAX_TEXT_BYTES or start[:1] in (b"{", b"["):
        return ""
    try:
        return raw.decode(json.detect_encoding(raw))
    except UnicodeDecodeError:
        return ""


def _decode(raw: bytes, name: str) -> object:
    try:
        text = raw.decode(json.detect_encoding(raw))
    except UnicodeDecodeError as error:
        raise InvalidWorkflow(name, "is not a text file, so not JSON") from error
    if not text.strip():
        raise InvalidWorkflow(name, "is empty")
    try:
        root: object = json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidWorkflow(name, _where(error, text)) from error
    except RecursionError as error:
        raise _too_deep(name) from error
    except ValueError as error:  # an integer with thousands of digits
        raise InvalidWorkflow(name, f"is not valid JSON: {str(error).splitlines()[0]}") from error
    return root


def _where(error: json.JSONDecodeError, text: str) -> str:
    place = f"line {error.lineno}, column {error.colno}"
    cut_off = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
    if cut_off and text.lstrip()[0] in "[{":
        return f"is cut off: the JSON ends too early (read up to {place})"
    return f"is not valid JSON: {error.msg} ({place})"


def _is_deeper_than(limit: int, root: object) -> bool:
    level = [root] if isinstance(root, (dict, list)) else []
    for _ in range(limit):
        if not level:
            return False
        level = [
            value
            for holder in level
            for value in (holder.values() if type(holder) is dict else holder)
            if type(value) is dict or type(value) is list
        ]
    return bool(level)


def _too_deep(name: str) -> InvalidWorkflow:
    return InvalidWorkflow(
        name, f"is nested more than {MAX_DEPTH} levels deep", "No editor writes such a file."
    )


def _kind(root: object) -> str:
    kinds = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return kinds.get(type(root), "a number")


def _shape(root: dict[str, object], name: str) -> Document:
    if "nodes" in root:
        if not isinstance(root["nodes"], list):
            raise InvalidWorkflow(name, 'is a damaged workflow: "nodes" is not a list')
        return Document(graph=root, prompt=None, envelope={})
    if isinstance(root.get("prompt"), dict):
        posted = as_dict(as_dict(root.get("extra_data")).get("extra_pnginfo")).get("workflow")
        graph = as_dict(posted) or as_dict(root.get("workflow"))
        return Document(graph, _prompt(as_dict(root["prompt"]), name), envelope=root)
    if is_recipe(root):
        return Document(graph={}, prompt=None, envelope={}, recipe=root)
    wrapped = as_dict(root.get("workflow"))
    if isinstance(wrapped.get("nodes"), list):
        return Document(graph=wrapped, prompt=None, envelope=root)
    if not root:
        raise InvalidWorkflow(name, "is no workflow: it holds an empty object")
    return Document(graph={}, prompt=_prompt(root, name), envelope={})


def _prompt(nodes: dict[str, object], name: str) -> dict[str, object]:
    if nodes and not any(isinstance(as_dict(node).get("class_type"), str) for node in nodes.values()):
        raise InvalidWorkflow(name, 'is no workflow: it has neither "nodes" nor entries with a "class_type"')
    return nodes
