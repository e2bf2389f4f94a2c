"""Let ComfyUI's own nodes load a model, and say how fast that was."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import perf_counter
from typing import TYPE_CHECKING, Any

import comfy.model_management
import folder_paths

import nodes

from ..modelget.types import Digest
from .node_errors import with_hints

if TYPE_CHECKING:
    from .reading import Reading

_TEXT_ENCODER_LOADERS = ("CLIPLoader", "DualCLIPLoader", "TripleCLIPLoader", "QuadrupleCLIPLoader")
_logger = logging.getLogger("modelget")


@with_hints
def load_with(node: str, folder: str, inputs: dict[str, Any], pinned: Sequence[str] = ()) -> tuple[Any, ...]:
    """Run one of ComfyUI's own loaders and return its outputs; its inputs name the files of a model folder.

    ``pinned``: the sha256 that the node names.

    Raises:
        NodeError: a file is not what its name says, or its loading could run code.
    """
    from .reading import Reading, read_ahead, refuse_disguised  # ComfyUI starts faster without it
    from .rebinding import answered_by

    files, stop = _files(folder, inputs), Event()
    refuse_disguised(files)
    known = [Digest("sha256", sha256.strip()) for sha256 in pinned if sha256.strip()]
    reading = Reading(folder, [*known, *_fetched(files)])
    read_ahead(files, stop)
    try:
        with _measured(files, reading), answered_by(reading):
            return _run(node, inputs)
    except BaseException:
        stop.set()
        raise


def load_text_encoders(names: Sequence[str], kind: str, device: str, pinned: Sequence[str] = ()) -> Any:
    """Load one to four text encoders with the loader that ComfyUI has for so many."""
    node = _TEXT_ENCODER_LOADERS[len(names) - 1]
    numbered = {f"clip_name{number}": name for number, name in enumerate(names, 1)}
    inputs = {"clip_name": names[0]} if len(names) == 1 else numbered
    known = _inputs_of(node)
    options = {name: value for name, value in {"type": kind, "device": device}.items() if name in known}
    return load_with(node, "text_encoders", {**inputs, **options}, pinned)[0]


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


def _fetched(files: Sequence[Path]) -> Iterator[Digest]:
    """Yield the digests of files that we fetched, and proved by what their places publish."""
    from .office import office

    library = office().desk.shop.library
    for file in files:
        digest = library.digest_of(file)
        if digest and library.origin_of(file):
            yield digest


@contextmanager
def _measured(files: Sequence[Path], reading: Reading) -> Iterator[None]:
    """Log what was loaded: from which files, by which policy, onto which device, how fast."""
    size = sum(file.stat().st_size for file in files)
    began = perf_counter()
    yield
    seconds = max(perf_counter() - began, 1e-9)
    _logger.info(
        "Modelget: loaded %s for %s (policy: %s): %d bytes in %.2f s, %.0f MB/s",
        ", ".join(file.name for file in files),
        comfy.model_management.get_torch_device(),
        reading.way,
        size,
        seconds,
        size / seconds / 1e6,
    )
