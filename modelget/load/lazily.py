"""Policy ``lazy``: CPU tensors that stay in the file, whose pages are read ahead by several threads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..verify import TensorHeader
from .crew import Watch
from .layout import Layout, Place
from .page_cache import WARMING_BYTES, is_worth_warming, read_through
from .reading import Opened
from .slabs import Cutter


def load_lazily(opened: Opened, header: TensorHeader, path: Path, watch: Watch) -> tuple[dict[str, Any], int]:
    """Return the tensors, and the bytes of host memory that reading ahead took.

    Their pages are in memory then, unless they would take too much of it. Each page that had to be waited for later
    would cost more, because whoever touches it asks the disk for one stretch after the other. Pages that the host
    changes become its own: the file stays as it is.

    Raises:
        Cancelled: somebody stopped it.
        LoadFailed: torch lacks a type.
        OSError, ValueError: the file cannot be read or mapped.
    """
    import torch

    # In file order, so that whoever goes through them reads the disk in its order.
    places = tuple(Place(tensor, 0, tensor.start) for tensor in header.tensors)
    cutter = Cutter(path.name, Layout((opened.size,), places))
    held = WARMING_BYTES if is_worth_warming(path, opened.size) else 0
    if held:
        read_through(opened, watch, header.data_start)
    else:
        watch.advance(header.data_size)
    return cutter.cut([torch.frombuffer(opened.mapped(), dtype=torch.uint8)]), held
