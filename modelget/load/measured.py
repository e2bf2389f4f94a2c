"""Load a file to see how fast it goes and what it costs; the weights are dropped."""

from __future__ import annotations

import sys
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

from ..errors import LoadFailed
from ..progress import Reporter
from ..types import Digest
from .facts import LoadReport, Policy
from .state_dict import import_torch, load_state_dict

_PAGE = 4096


@dataclass(frozen=True, slots=True)
class Measured:
    """A load, with every page of the weights touched."""

    report: LoadReport
    peak_bytes: int | None
    """Most memory used: the device's for CUDA, the whole process's else; None where it cannot be told."""


def measure(
    path: Path,
    device: str | None = None,
    *,
    reporter: Reporter | None = None,
    stop: Event | None = None,
    allow_pickle: bool = False,
    known: Collection[Digest] = (),
) -> Measured:
    """Load onto ``device`` (default: CUDA if there is one, else CPU), and see how it went.

    Raises:
        UnsafeFile, LoadFailed, Cancelled: as ``load_state_dict``.
    """
    torch = import_torch()
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    policy = _policy(torch, path, device)
    start = time.perf_counter()
    weights, _metadata, report = load_state_dict(
        path,
        policy=policy,
        device=device,
        reporter=reporter,
        stop=stop,
        allow_pickle=allow_pickle,
        known=known,
    )
    touch(weights)
    report = replace(report, seconds=time.perf_counter() - start)
    return Measured(report, _peak(torch, torch.device(device)))


def touch(weights: Mapping[str, Any]) -> None:
    """Use one byte of each page of CPU tensors, because a tensor that stays in its file is not in memory before."""
    import torch

    for tensor in weights.values():
        if tensor.device.type == "cpu" and tensor.nbytes:
            tensor.reshape(-1).view(torch.uint8)[::_PAGE].sum()


def _policy(torch: Any, path: Path, device: str) -> Policy:
    try:
        kind = torch.device(device).type
        if kind == "cuda":
            torch.cuda.init()
            torch.cuda.reset_peak_memory_stats(device)
            return Policy.DEVICE
    except (RuntimeError, AssertionError) as error:
        reason = str(error).partition("\n")[0]
        raise LoadFailed(f"{path.name}: {reason}", "Try --device cpu.") from error
    return Policy.LAZY if kind == "cpu" else Policy.PLAIN


def _peak(torch: Any, device: Any) -> int | None:
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    if sys.platform == "win32":
        return None
    import resource

    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
