"""What loading depends on, what it may do, and what it took: the values that pass between its steps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

GIB = 2**30


class Policy(Enum):
    """How the bytes of a file become tensors; each is one file beside this one."""

    LAZY = "lazy"
    """CPU tensors that stay in the file, whose pages are read ahead in parallel (``lazily.py``)."""
    MEMORY = "memory"
    """CPU tensors in memory of their own, read in parallel (``into_memory.py``)."""
    DEVICE = "device"
    """Device tensors, through a few reused pinned buffers (``onto_device.py``)."""
    PLAIN = "plain"
    """As the safetensors library does it (``plainly.py``): what the others fall back to."""


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What a host says about itself; sizes in bytes, None where it cannot tell."""

    cuda: bool = False
    """There is a CUDA device, and weights are wanted on it in the end."""
    dynamic_vram: bool = False
    """The host moves weights from their file to the device by itself, when they are first used."""
    high_vram: bool = False
    """The host builds its models on the device, so that device tensors stay where they are."""
    takes_device_tensors: bool = False
    """The host was told (``offload_device``) to build this one model on the device."""
    free_vram: int | None = None
    no_mmap: bool = False
    """The host's owner does not want weights that stay in their file."""


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What loading one file took."""

    path: Path
    policy: Policy
    """What was done in the end."""
    format: str
    """``safetensors`` or ``pickle``, by content."""
    device: str
    """Where the tensors are: ``cpu``, or ``cuda:0 (NVIDIA …)``."""
    tensors: int
    bytes: int
    seconds: float
    peak_host_bytes: int | None
    """Most host memory that the reader held at one time, page cache not counted; None where another library read."""
    fallback: str = ""
    """Why the policy that was asked for could not be followed; empty if it was."""

    @property
    def bytes_per_second(self) -> float:
        """Speed over the whole load."""
        return self.bytes / self.seconds if self.seconds else 0.0
