"""Answer ``comfy.utils.load_torch_file`` ourselves: through it go all files of weights, and there is no official hook."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import comfy.utils

_logger = logging.getLogger("modelget")


@dataclass(frozen=True, slots=True)
class Asked:
    """One call: which file, and the same call to whoever would have answered."""

    path: Path
    own: Callable[[], tuple[Any, Any]]
    """Return ComfyUI's weights and metadata; a pickle only as weights."""


Answer = Callable[[Asked], tuple[Any, Any]]
"""Returns weights and metadata (or None) of a file."""

_lock = threading.Lock()
_answers: dict[int, Answer] = {}
"""By thread: only the one in which our node runs is answered by us."""


@contextmanager
def answered_by(answer: Answer) -> Iterator[None]:
    """Answer this thread's calls until the ``with`` ends; those of other threads go where they always went."""
    me = threading.get_ident()
    with _lock:
        own = comfy.utils.load_torch_file
        ours = _dispatcher(own)
        comfy.utils.load_torch_file = ours
        before = _answers.get(me)
        _answers[me] = answer
    try:
        yield
    finally:
        with _lock:
            _answers.pop(me)
            if before:
                _answers[me] = before
            # Whoever bound it anew meanwhile calls ours, which passes everything on.
            if comfy.utils.load_torch_file is ours:
                comfy.utils.load_torch_file = own


def _dispatcher(own: Callable[..., Any]) -> Callable[..., Any]:
    def load_torch_file(*args: Any, **options: Any) -> Any:
        me = threading.get_ident()
        answer = _answers.get(me)
        call = _understood(own, *args, **options) if answer else None
        if answer is None or call is None:
            return own(*args, **options)
        _answers.pop(me)  # what asks further down is ComfyUI's own
        try:
            weights, metadata = answer(call)
        finally:
            _answers[me] = answer
        return (weights, metadata) if _wants_metadata(*args, **options) else weights

    return load_torch_file


def _understood(own: Callable[..., Any], *args: Any, **options: Any) -> Asked | None:
    """Read a call as ComfyUI 0.3.64 to 0.33 make it; None for any other, and for one that names a device."""
    try:
        path = _call(*args, **options)
    except TypeError:
        return None
    if path is None:
        return None

    def call() -> tuple[Any, Any]:
        weights, metadata = own(str(path), safe_load=True, return_metadata=True)
        return weights, metadata

    return Asked(path, call)


def _call(
    ckpt: Any, safe_load: bool = False, device: Any = None, return_metadata: bool = False
) -> Path | None:
    on_cpu = device is None or getattr(device, "type", None) == "cpu"
    return Path(ckpt) if on_cpu else None


def _wants_metadata(
    ckpt: Any, safe_load: bool = False, device: Any = None, return_metadata: bool = False
) -> bool:
    return return_metadata
