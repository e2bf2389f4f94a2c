"""Let ComfyUI's own nodes load a model, with the bytes read ahead, and say how fast that was."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from time import perf_counter
from typing import Any

import nodes

_logger = logging.getLogger("modelget")


def load_with(node: str, folder: str, inputs: dict[str, Any]) -> tuple[Any, ...]:
    """Run a loader of ComfyUI's and return its outputs."""
    loader = nodes.NODE_CLASS_MAPPINGS[node]
    if hasattr(loader, "define_schema"):
        return tuple(loader.execute(**inputs).args)
    return tuple(getattr(loader(), loader.FUNCTION)(**inputs))
