"""The device, and the interrupt button."""

from __future__ import annotations

from threading import Lock
from typing import Any

_lock, _wanted = Lock(), False


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
