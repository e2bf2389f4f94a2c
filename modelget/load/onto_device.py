"""Policy ``device``: device tensors through a few reused buffers.

Each thread reads its next block while its last one is on the way. No memory of the size of the file is allocated on
the host: first touching new memory is several times slower than copying, and pinning it slower still.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from ..verify import TensorHeader
from .crew import Watch, Worker, work_through
from .layout import Block, Layout, lay_out
from .reading import Opened
from .slabs import Cutter

BLOCK = 16 * 2**20
MOST_THREADS = 8
_SLOTS = 2
MOST_HOST_BYTES = BLOCK * MOST_THREADS * _SLOTS
"""256 MiB: all that is pinned at one time."""


class Mark(Protocol):
    """A point in a lane's work."""

    def synchronize(self) -> None:
        """Wait until the lane has come here."""


class Lane(Protocol):
    """The way of one thread's bytes to the device; copies are done in order, some time after they are asked for."""

    def buffer(self, size: int) -> tuple[Any, memoryview]:
        """Return host memory that the lane copies from, as torch's bytes and as Python's."""

    def copy(self, target: Any, source: Any) -> None:
        """Ask for bytes of a buffer to be copied to a stretch of a slab."""

    def mark(self) -> Mark:
        """Return a point behind all that was asked for."""

    def finish(self) -> None:
        """Wait for all that was asked for."""


OpenLane = Callable[[], Lane]


def load_onto_device(
    opened: Opened, header: TensorHeader, path: Path, watch: Watch, device: Any
) -> tuple[dict[str, Any], int]:
    """Return tensors on a CUDA device, and the most host memory that was held, in bytes.

    Raises:
        Cancelled: somebody stopped it.
        LoadFailed: torch lacks a type, or the file is cut meanwhile.
        RuntimeError: the device has not enough memory.
        OSError: the disk cannot be read.
    """
    import torch

    from .cuda_lane import CudaLane

    layout = lay_out(header.tensors)
    cutter = Cutter(path.name, layout)
    slabs = [torch.empty(max(size, 1), dtype=torch.uint8, device=device) for size in layout.slabs]
    before = torch.cuda.current_stream(device)
    held = fill(opened, layout, slabs, watch, lambda: CudaLane(device, before))
    return cutter.cut(slabs), held


def fill(
    opened: Opened, layout: Layout, slabs: list[Any], watch: Watch, open_lane: OpenLane, block: int = BLOCK
) -> int:
    """Read all blocks of a file into the slabs; return the bytes of the buffers that it took.

    Raises:
        Cancelled, LoadFailed, OSError, RuntimeError: as ``load_onto_device``; nothing is on its way any more then.
    """
    buffers: list[int] = []

    def make_worker() -> AbstractContextManager[Worker]:
        return _worker(opened, slabs, open_lane(), block, buffers)

    threads = max(2, min(MOST_THREADS, os.cpu_count() or 2))
    work_through(layout.blocks(block), make_worker, threads, watch)
    return sum(buffers)


@dataclass(slots=True)
class _Slot:
    """A buffer, and the point after which its bytes are on the device."""

    buffer: Any
    view: memoryview
    free: Mark | None = None


@contextmanager
def _worker(opened: Opened, slabs: list[Any], lane: Lane, size: int, buffers: list[int]) -> Iterator[Worker]:
    slots: list[_Slot] = []
    turns = count()

    def work(block: Block) -> None:
        slot = _next_slot(next(turns))
        opened.read_into(block.offset, [slot.view[: block.size]])
        at = 0
        for piece in block.pieces:
            target = slabs[piece.slab][piece.start : piece.start + piece.size]
            lane.copy(target, slot.buffer[at : at + piece.size])
            at += piece.size
        slot.free = lane.mark()

    def _next_slot(turn: int) -> _Slot:
        if len(slots) < _SLOTS:
            slots.append(_Slot(*lane.buffer(size)))
            buffers.append(size)
            return slots[-1]
        slot = slots[turn % _SLOTS]
        if slot.free is not None:
            slot.free.synchronize()
        return slot

    try:
        yield work
    finally:
        lane.finish()  # slabs and buffers may be given back when this returns
