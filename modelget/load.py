"""Read weights onto a device, and say how fast it went and what it cost."""

from __future__ import annotations

import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import LoadFailed, UnsafeFile
from .verify import check_contents

_PAGE = 4096


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading one file took."""

    path: Path
    device: str
    """The device's name: ``cpu``, or ``cuda:0 (NVIDIA …)``."""
    tensors: int
    bytes: int
    seconds: float
    peak_bytes: int | None
    """Most memory used: the device's for CUDA, the process's else; None where it cannot be told."""

    @property
    def bytes_per_second(self) -> float:
        """Speed over the whole load."""
        return self.bytes / self.seconds if self.seconds else 0.0


def load(path: Path, device: str | None = None) -> Loaded:
    """Read every tensor of a safetensors file onto ``device`` (default: CUDA if there is one, else CPU).

    On a CPU each page is touched, because a memory-mapped tensor is not in memory before.

    Raises:
        LoadFailed: no such file, not safetensors, or the device cannot take it.
    """
    if path.suffix.lower() not in (".safetensors", ".sft"):
        raise LoadFailed(
            f"{path.name}: only safetensors files are loaded here",
            "ComfyUI's own loaders read other formats.",
        )
    try:
        check_contents(path, path.name)
    except OSError as error:
        raise LoadFailed(f"{path}: {error.strerror}", "Check the path.") from error
    except UnsafeFile as error:
        raise LoadFailed(str(error), error.hint) from error
    return _read(path, device)


def _read(path: Path, device: str | None) -> Loaded:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Failed to initialize NumPy")  # we use none
        import torch
    from safetensors import SafetensorError, safe_open

    try:
        chosen = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        if chosen.type == "cuda":
            torch.cuda.init()
            torch.cuda.reset_peak_memory_stats(chosen)
        start = time.perf_counter()
        with safe_open(path, framework="pt", device=str(chosen)) as file:
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        if chosen.type == "cuda":
            torch.cuda.synchronize(chosen)
        else:
            _touch(weights)
        seconds = time.perf_counter() - start
    except (RuntimeError, AssertionError, SafetensorError) as error:
        reason = str(error).partition("\n")[0]
        raise LoadFailed(
            f"{path.name}: {reason}", "Try --device cpu, or free memory on the device."
        ) from error
    size = sum(tensor.nbytes for tensor in weights.values())
    return Loaded(path, _name(torch, chosen), len(weights), size, seconds, _peak(torch, chosen))


def _touch(weights: dict[str, Any]) -> None:
    import torch

    for tensor in weights.values():
        tensor.view(-1).view(torch.uint8)[::_PAGE].sum()


def _name(torch: Any, device: Any) -> str:
    return f"{device} ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else str(device)


def _peak(torch: Any, device: Any) -> int | None:
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    if sys.platform == "win32":
        return None
    import resource

    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
