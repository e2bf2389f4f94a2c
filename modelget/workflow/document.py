"""Bytes of a workflow file → a JSON object of known shape, or InvalidWorkflow with the reason."""

from __future__ import annotations

import gc
import json
from dataclasses import dataclass

from ..errors import InvalidWorkflow
from .recipes import is_recipe
from .untyped import as_dict

MAX_BYTES = 20_000_000
"""Larger input is refused unread: the largest workflow we know of has 2 MB."""

MAX_TEXT_BYTES = 4 * 2**20
"""A longer file is not read as plain text: an infotext has some ten thousand characters."""

MAX_DEPTH = 100
"""Deeper nesting is refused: real workflows have about 10 levels, and readers would recurse."""

MAX_VALUES = 1_000_000
"""More are refused undecoded, since 20 MB of ``{}`` would take half a gigabyte; the largest workflow has 150,000."""

_TOO_DEEP = f"is nested more than {MAX_DEPTH} levels deep"
_DECODER = json.JSONDecoder()


class NotJson(Exception):
    """A text cannot be decoded; the exception's text says why."""


@dataclass(frozen=True, slots=True)
class Document:
    """The parts of a file that matter; what it does not hold is None or {}."""

    graph: dict[str, object]
    """What the editor saves."""
    prompt: dict[str, object] | None
    """What is queued (API format)."""
    envelope: dict[str, object]
    """What wraps the two."""
    recipe: dict[str, object] | None = None
    """The whole file, when it is no workflow but a recipe."""
    parameters: str | None = None
    """A text of generation parameters as A1111 and Forge write it."""


def load(raw: bytes, name: str) -> Document:
    """Check the bytes and decide the shape; the only place that decodes a workflow file."""
    if len(raw) > MAX_BYTES:
        reason = f"is larger than {MAX_BYTES // 1_000_000} MB"
        raise InvalidWorkflow(name, reason, "Pass the workflow's own .json file, not a model or an archive.")
    try:
        root = decode_text(_text(raw))
    except NotJson as error:
        raise InvalidWorkflow(name, str(error)) from error
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


def decode_text(text: str) -> object:
    """Decode a text that is one JSON value; raise NotJson."""
    start = len(text) - len(text.lstrip())
    if start == len(text):
        raise NotJson("is empty")
    root, end = decode_next(text, start)
    if text[end:].strip():
        raise NotJson(_where(json.JSONDecodeError("Extra data", text, end), text))
    return root


def decode_next(text: str, start: int) -> tuple[object, int]:
    """Decode the JSON value that begins at ``start``; return it and where it ends, or raise NotJson.

    NaN and Infinity count as numbers: ComfyUI writes them.
    """
    # Counted in strings too, which is as good; where there are fewer characters there are fewer values.
    if len(text) > MAX_VALUES and sum(map(text.count, "{[,")) > MAX_VALUES:
        raise NotJson(f"holds more than {MAX_VALUES:,} values")
    try:
        root, end = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise NotJson(_where(error, text)) from error
    except RecursionError as error:
        raise NotJson(_TOO_DEEP) from error
    except ValueError as error:  # an integer with thousands of digits
        raise NotJson(f"is not valid JSON: {str(error).splitlines()[0]}") from error
    if _is_deeper_than(MAX_DEPTH, root):
        raise NotJson(_TOO_DEEP)
    return root, end


def _text(raw: bytes) -> str:
    try:
        return raw.decode(json.detect_encoding(raw))
    except UnicodeDecodeError as error:
        raise NotJson("is neither JSON nor an image, video or sound file that can hold a workflow") from error


def _where(error: json.JSONDecodeError, text: str) -> str:
    place = f"line {error.lineno}, column {error.colno}"
    cut_off = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
    if cut_off and text.lstrip()[0] in "[{":
        return f"is cut off: the JSON ends too early (read up to {place})"
    return f"is not valid JSON: {error.msg} ({place})"


def _is_deeper_than(limit: int, root: object) -> bool:
    """Tell whether lists and objects are nested deeper; an innermost object may go uncounted.

    The collector of cyclic garbage tracks what holds other holders, and knows it without a loop in Python.
    """
    level = [root]
    for _ in range(limit):
        level = list(filter(gc.is_tracked, gc.get_referents(*level)))
        if not level:
            return False
    return True


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
