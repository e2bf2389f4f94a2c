"""Let ComfyUI's own nodes load a model, and say how fast that was."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import comfy.model_management
import folder_paths

import nodes

_TEXT_ENCODER_LOADERS = ("CLIPLoader", "DualCLIPLoader", "TripleCLIPLoader", "QuadrupleCLIPLoader")
_logger = logging.getLogger("modelget")


def load_with(node: str, folder: str, inputs: dict[str, Any]) -> tuple[Any, ...]:
    """Run one of ComfyUI's own loaders and return its outputs; its inputs name the files of a model folder."""
    with _measured(_files(folder, inputs)):
        return _run(node, inputs)


def load_text_encoders(names: Sequence[str], kind: str, device: str) -> Any:
    """Load one to four text encoders with the loader that ComfyUI has for so many."""
    node = _TEXT_ENCODER_LOADERS[len(names) - 1]
    numbered = {f"clip_name{number}": name for number, name in enumerate(names, 1)}
    inputs = {"clip_name": names[0]} if len(names) == 1 else numbered
    known = _inputs_of(node)
    options = {name: value for name, value in {"type": kind, "device": device}.items() if name in known}
    return load_with(node, "text_encoders", {**inputs, **options})[0]


def _run(node: str, inputs: dict[str, Any]) -> tuple[Any, ...]:
    loader = nodes.NODE_CLASS_MAPPINGS[node]
    if hasattr(loader, "define_schema"):
        return tuple(loader.execute(**inputs).args)
    return tuple(getattr(loader(), loader.FUNCTION)(**inputs))


def _inputs_of(node: str) -> set[str]:
    inputs = nodes.NODE_CLASS_MAPPINGS[node].INPUT_TYPES()
    return {name for part in ("required", "optional") for name in inputs.get(part, ())}


def _files(folder: str, inputs: dict[str, Any]) -> list[Path]:
    found = (folder_paths.get_full_path(folder, value) for value in inputs.values() if isinstance(value, str))
    return [Path(path) for path in found if path]


@contextmanager
def _measured(files: Sequence[Path]) -> Iterator[None]:
    """Log what was loaded: from which files, onto which device, how fast."""
    size = sum(file.stat().st_size for file in files)
    began = perf_counter()
    yield
    seconds = max(perf_counter() - began, 1e-9)
    names = ", ".join(file.name for file in files)
    device = comfy.model_management.get_torch_device()
    _logger.info(
        "Modelget: loaded %s for %s: %d bytes in %.2f s, %.0f MB/s",
        names,
        device,
        size,
        seconds,
        size / seconds / 1e6,
    )
