"""The story of one load: what is it, by content; by which policy; and if that fails, plainly."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Collection, Mapping
from pathlib import Path
from threading import Event
from typing import Any

from ..errors import Cancelled, LoadFailed, UnsafeFile
from ..progress import Reporter, Silent
from ..types import Digest
from ..verify import OPENING, TensorHeader, check_opening, is_pickle, looks_like_tensors
from .crew import Watch
from .facts import LoadReport, Policy
from .into_memory import load_into_memory
from .layout import lay_out
from .lazily import load_lazily
from .onto_device import load_onto_device
from .pickled import load_pickle
from .plainly import load_plainly
from .reading import Opened
from .slabs import Cutter

_LOG = logging.getLogger(__name__)

Loaded = tuple[dict[str, Any], Mapping[str, str], LoadReport]


def load_state_dict(
    path: Path,
    *,
    policy: Policy,
    device: str = "cpu",
    reporter: Reporter | None = None,
    stop: Event | None = None,
    allow_pickle: bool = False,
    known: Collection[Digest] = (),
) -> Loaded:
    """Read a file's tensors; return them by name, the texts of its metadata, and what it took.

    The policies ``lazy`` and ``memory`` give CPU tensors whatever ``device`` says. Any failure but those below falls
    back to ``plain``, and the report says why. ``known``: the sha256 of files that somebody vouches for, without which
    a pickle is not loaded by a torch before 2.10.

    Raises:
        UnsafeFile: it is not what its name promises, its header is forged, or it is a pickle without consent.
        LoadFailed: it cannot be read, torch lacks a type, or the device cannot take it.
        Cancelled: ``stop`` was set; it is looked at between blocks.
    """
    torch = import_torch()
    start, stop = time.perf_counter(), stop or Event()
    try:
        opened = Opened(path)
    except OSError as error:
        raise LoadFailed(f"{path}: {error.strerror}", "Check the path.") from error
    with opened:
        opening = _opening_of(opened, path)
        watch = Watch(path.name, opened.size, reporter or Silent(), stop)
        watch.refuse_when_stopped()
        if looks_like_tensors(opening):
            header = opened.read_start()
            watch.advance(header.data_start)
            weights, held, policy, reason = _read(opened, header, path, watch, policy, device)
            metadata, form = header.metadata, "safetensors"
        else:
            weights, held = load_pickle(path, opening, device, allow_pickle, known), None
            metadata, form, policy, reason = {}, "pickle", Policy.PLAIN, ""
    size = sum(tensor.nbytes for tensor in weights.values())
    where = "cpu" if policy in (Policy.LAZY, Policy.MEMORY) else _name(torch, device)
    seconds = time.perf_counter() - start
    report = LoadReport(path, policy, form, where, len(weights), size, seconds, held, reason)
    return weights, metadata, report


def import_torch() -> Any:
    """Import torch without its remark about NumPy, of which nothing here needs any."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Failed to initialize NumPy")
        import torch
    return torch


def _opening_of(opened: Opened, path: Path) -> bytes:
    """Return the first bytes of what can be loaded."""
    buffer = bytearray(min(OPENING, opened.size))
    opened.read_into(0, [memoryview(buffer)] if buffer else [])
    opening = bytes(buffer)
    if looks_like_tensors(opening):
        return opening
    check_opening(path.name, opening)
    if opening.startswith(b"GGUF"):
        raise LoadFailed(f"{path.name}: GGUF is read by the node packs that use it", "Use their loaders.")
    if not is_pickle(opening):
        raise LoadFailed(f"{path.name}: neither safetensors nor a pickle", "Check where it comes from.")
    return opening


def _read(
    opened: Opened, header: TensorHeader, path: Path, watch: Watch, policy: Policy, device: str
) -> tuple[dict[str, Any], int | None, Policy, str]:
    reason = ""
    try:
        weights, held = _follow(opened, header, path, watch, policy, device)
    except (Cancelled, UnsafeFile):
        raise
    except Exception as error:  # whatever it is, the library's own way may still work
        reason = _first_line(error)
    else:
        return weights, held, policy, ""
    # Outside the handler: the failure's traceback would keep the memory that was taken.
    if policy is Policy.PLAIN:
        raise _failure(header, path, reason)
    _LOG.warning("%s: policy %s failed (%s); loading it plainly", path.name, policy.value, reason)
    try:
        weights = load_plainly(path, device if policy is Policy.DEVICE else "cpu")
    except Exception as error:
        raise _failure(header, path, _first_line(error)) from error
    return weights, None, Policy.PLAIN, reason


def _follow(
    opened: Opened, header: TensorHeader, path: Path, watch: Watch, policy: Policy, device: str
) -> tuple[dict[str, Any], int | None]:
    if policy is Policy.MEMORY:
        return load_into_memory(opened, header, path, watch)
    if policy is Policy.DEVICE:
        return load_onto_device(opened, header, path, watch, device)
    if policy is Policy.LAZY:
        return load_lazily(opened, header, path, watch)
    weights = load_plainly(path, device)
    watch.advance(header.data_size)
    return weights, None


def _failure(header: TensorHeader, path: Path, reason: str) -> LoadFailed:
    """Say what is wrong: a type that torch lacks, in words of ours, or what the library said."""
    try:
        Cutter(path.name, lay_out(header.tensors))
    except LoadFailed as error:
        return error
    return LoadFailed(f"{path.name}: {reason}", "Try --device cpu, or free memory on the device.")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__


def _name(torch: Any, device: str) -> str:
    chosen = torch.device(device)
    return f"{device} ({torch.cuda.get_device_name(chosen)})" if chosen.type == "cuda" else device
