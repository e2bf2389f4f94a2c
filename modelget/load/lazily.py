"""Policy ``lazy``: CPU tensors that stay in the file, whose pages are read ahead while the host builds its model."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import Any

from .page_cache import WARMING_BYTES, is_cached, warm_behind
from .plainly import load_plainly


def load_lazily(path: Path, stop: Event) -> tuple[dict[str, Any], int]:
    """Return the tensors at once, and the bytes of host memory that reading ahead takes; reading ahead goes on afterwards until it is done or ``stop`` is set.

    Raises:
        SafetensorError, OSError, RuntimeError: as ``load_plainly``.
    """
    cold = not is_cached(path)
    if cold:
        warm_behind(path, stop)
    return load_plainly(path, "cpu"), WARMING_BYTES if cold else 0
