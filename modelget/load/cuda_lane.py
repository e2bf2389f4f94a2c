"""A thread's own CUDA stream with pinned buffers."""

from __future__ import annotations

import ctypes
from typing import Any


class CudaLane:
    """Copies on a stream of its own, so that neither the host's work nor other threads wait for them."""

    def __init__(self, device: Any, before: Any) -> None:
        """Open a stream on ``device`` that begins after the work in the stream ``before``.

        The device memory that is written to may still be in use by that work.
        """
        import torch

        self._torch = torch
        self._stream = torch.cuda.Stream(device)
        self._stream.wait_stream(before)

    def buffer(self, size: int) -> tuple[Any, memoryview]:
        """Return pinned memory; torch keeps it when it is given back, so that the next load does not pin again."""
        buffer = self._torch.empty(size, dtype=self._torch.uint8, pin_memory=True)
        array = (ctypes.c_uint8 * size).from_address(buffer.data_ptr())
        return buffer, memoryview(array).cast("B")

    def copy(self, target: Any, source: Any) -> None:
        """Ask for a copy."""
        with self._torch.cuda.stream(self._stream):
            target.copy_(source, non_blocking=True)

    def mark(self) -> Any:
        """Return an event."""
        event = self._torch.cuda.Event()
        event.record(self._stream)
        return event

    def finish(self) -> None:
        """Wait for the stream."""
        self._stream.synchronize()
