"""Policy ``memory``: CPU tensors in memory of their own, each thread reading its blocks straight to their places."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..verify import TensorHeader
from .crew import READERS, Watch, Worker, work_through
from .layout import Block, lay_out
from .memory import fresh_memory
from .reading import Opened
from .slabs import Cutter

_BLOCK = 8 * 2**20


def load_into_memory(
    opened: Opened, header: TensorHeader, path: Path, watch: Watch
) -> tuple[dict[str, Any], int]:
    """Return the tensors, and the bytes of host memory that they lie in.

    Raises:
        Cancelled: somebody stopped it.
        LoadFailed: torch lacks a type, or the file is cut meanwhile.
        OSError: no memory, or the disk cannot be read.
    """
    import torch

    layout = lay_out(header.tensors)
    cutter = Cutter(path.name, layout)
    memory = [fresh_memory(size) for size in layout.slabs]
    views = [memoryview(slab) for slab in memory]

    @contextmanager
    def make_worker() -> Iterator[Worker]:
        yield read

    def read(block: Block) -> None:
        targets = [views[piece.slab][piece.start : piece.start + piece.size] for piece in block.pieces]
        opened.read_into(block.offset, targets)

    work_through(layout.blocks(_BLOCK), make_worker, READERS, watch)
    slabs = [torch.frombuffer(slab, dtype=torch.uint8) for slab in memory]
    return cutter.cut(slabs), sum(layout.slabs)
