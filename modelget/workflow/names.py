"""What looks like the name of a model file, and where inside a widget's value such names hide."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .untyped import is_encodable

SUFFIXES = (".safetensors", ".ckpt", ".pt", ".pth", ".bin", ".gguf", ".sft", ".onnx")
"""What ComfyUI's own page takes for a model, plus .gguf and .onnx of the common packs."""

NO_MODEL = frozenset({"", "none", "[none]", "disabled"})
"""What loaders offer, lower-cased, to choose no file at all."""

LONGEST_SUFFIX = max(map(len, SUFFIXES))
_MAX_LENGTH = 400
_MAX_WORDS = 12
_MAX_NESTING = 100

# Windows forbids these characters in file names, so shared models do not carry them; URLs, prompts and
# "%node.widget%" templates do.
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f:*?"<>|%]')
_ROOTED = re.compile(r"[\\/~]")
_ONLY_SUFFIX = re.compile(r"(?:^|[\\/])\.\w+$")
_SECOND_NAME = re.compile(rf"(?:{'|'.join(map(re.escape, SUFFIXES))})[\s,;]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """A model name inside a value; ``enabled`` is False in a row that is switched off."""

    name: str
    enabled: bool = True


def is_model_name(value: object) -> bool:
    """Tell whether the whole value names a model file: no path from a root, no URL, no running text."""
    return (
        isinstance(value, str)
        and value[-LONGEST_SUFFIX:].lower().endswith(SUFFIXES)
        and is_name(value)
        and not _ONLY_SUFFIX.search(value)
        and not _SECOND_NAME.search(value)
    )


def is_name(text: str) -> bool:
    """Tell whether the text can name a file below a model folder, with or without its suffix."""
    return (
        0 < len(text) <= _MAX_LENGTH
        and not _ROOTED.match(text)
        and not _FORBIDDEN.search(text)
        and len(text.split()) <= _MAX_WORDS
        and text.lower() not in NO_MODEL
        and is_encodable(text)
    )


def canonical(name: str) -> str:
    """Give the name as we compare and report it: Windows' separators become ``/``."""
    return name.strip().replace("\\", "/")


def names_in(value: object, enabled: bool = True, depth: int = 0) -> Iterator[Found]:
    """Find names at any depth of lists, objects and JSON inside a string."""
    if isinstance(value, str):
        if is_model_name(value):
            yield Found(canonical(value), enabled)
        elif value[:1] in ("[", "{"):
            yield from _names_in_json(value, enabled, depth)
    elif isinstance(value, (list, dict)) and depth < _MAX_NESTING:
        if isinstance(value, dict):
            enabled = enabled and not any(value.get(key) is False for key in ("on", "active", "enabled"))
        for item in value.values() if isinstance(value, dict) else value:
            yield from names_in(item, enabled, depth + 1)


def _names_in_json(text: str, enabled: bool, depth: int) -> Iterator[Found]:
    if not any(suffix in text.lower() for suffix in SUFFIXES):
        return
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return
    yield from names_in(value, enabled, depth + 1)
