"""The device, and the interrupt button."""

from __future__ import annotations

from enum import Enum
from threading import Lock
from typing import Any

_lock, _wanted = Lock(), False


class VRAMState(Enum):
    """How much memory the host's owner lets models have."""

    DISABLED = 0
    NORMAL_VRAM = 3
    HIGH_VRAM = 4


vram_state = VRAMState.DISABLED


class InterruptProcessingException(Exception):
    """Somebody pressed the interrupt button."""


def interrupt_current_processing(value: bool = True) -> None:
    """Press it."""
    global _wanted
    with _lock:
        _wanted = value


def processing_interrupted() -> bool:
    """Tell whether it was pressed."""
    with _lock:
        return _wanted


def throw_exception_if_processing_interrupted() -> None:
    """End the node that runs, once, when it was pressed."""
    global _wanted
    with _lock:
        pressed, _wanted = _wanted, False
    if pressed:
        raise InterruptProcessingException


def get_torch_device() -> Any:
    """Return the device on which models run."""
    import torch

    return torch.device("cpu")


def get_free_memory(dev: Any = None, torch_free_too: bool = False) -> int:
    """Return the bytes that are free on a device."""
    return 8 * 2**30
