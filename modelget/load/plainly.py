"""Policy ``plain``: the safetensors library's own way."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def load_plainly(path: Path, device: str) -> dict[str, Any]:
    """Return the tensors of a safetensors file; those on a CPU stay in the file until they are used.

    Raises:
        SafetensorError: the library refuses the file, or torch lacks a type.
        RuntimeError, AssertionError: the device is unknown, absent or full.
        OSError: the file cannot be read.
    """
    from safetensors import safe_open

    with safe_open(path, framework="pt", device=device) as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
