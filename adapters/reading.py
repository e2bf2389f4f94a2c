"""Read the files of one node's models: in parallel, where that is safe, else as ComfyUI does; whatever fails, as ComfyUI does."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import comfy.model_management
import comfy.utils

from ..modelget.errors import UnsafeFile
from ..modelget.load import Loaded, Policy, load_state_dict, policy_for, warm_behind
from ..modelget.progress import Progress
from ..modelget.types import Digest
from ..modelget.verify import OPENING, check_opening, looks_like_tensors
from .host import STEPS
from .host_facts import device, has_dynamic_vram, host_facts
from .rebinding import Asked

_logger = logging.getLogger("modelget")
_MAPPED = (".safetensors", ".sft")
"""What ComfyUI reads as tensors, by the name."""


class Reading:
    """Answers ComfyUI's calls for weights while one of our nodes runs, and remembers how."""

    def __init__(self, folder: str, known: Collection[Digest]) -> None:
        """Read files of a model folder; ``known``: the sha256 of files that somebody vouches for."""
        self._folder, self._known = folder, known
        self._ways: dict[str, None] = {}

    @property
    def way(self) -> str:
        """How the files were read, for the log."""
        return ", ".join(self._ways) or "ComfyUI's own"

    def __call__(self, asked: Asked) -> tuple[Any, Any]:
        """Return the weights and the metadata of a file.

        Raises:
            UnsafeFile: it is a pickle that this torch cannot load safely, or that asks for code.
        """
        is_tensors, watch = _is_tensors(asked.path), _Watch()
        if is_tensors and _stays_in_file(asked.path):
            return self._by(asked, "ComfyUI's own, read ahead")
        try:
            weights, metadata, report = self._read(asked.path, watch)
        except Exception as error:
            watch.end_node()
            if isinstance(error, UnsafeFile) and not is_tensors:
                raise
            _logger.warning("Modelget: %s: ComfyUI reads it itself: %s", asked.path.name, error)
            return self._by(asked, "ComfyUI's own")
        self._ways[report.policy.value] = None
        return weights, dict(metadata) or None

    def _by(self, asked: Asked, way: str) -> tuple[Any, Any]:
        self._ways[way] = None
        return asked.own()

    def _read(self, path: Path, watch: _Watch) -> Loaded:
        policy = policy_for(host_facts(self._folder), path.stat().st_size)
        return load_state_dict(
            path,
            policy=policy,
            device=str(device()) if policy is Policy.DEVICE else "cpu",
            reporter=watch,
            stop=watch.stop,
            allow_pickle=True,  # it is installed: consent was given when it came
            known=self._known,
        )


def read_ahead(files: Sequence[Path], stop: Event) -> None:
    """Have the system read files that ComfyUI's own loader will map, until ``stop`` is set."""
    for file in filter(_stays_in_file, files):
        warm_behind(file, stop)


def _stays_in_file(file: Path) -> bool:
    """Tell whether ComfyUI moves these weights from their file to the device, if its own loader has marked them."""
    return has_dynamic_vram() and file.suffix.lower() in _MAPPED


def refuse_disguised(files: Sequence[Path]) -> None:
    """Look at the first bytes of files before ComfyUI does.

    Raises:
        UnsafeFile: a pickle bears a name that does not say so, or it is no model at all.
    """
    for file in files:
        with file.open("rb") as opened:
            opening = opened.read(OPENING)
        try:
            check_opening(file.name, opening)
        except UnsafeFile as error:
            hint = "It was not loaded. Get it again from where it is published, or rename it to what it is."
            raise UnsafeFile(file.name, error.reason, hint) from error


def _is_tensors(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return looks_like_tensors(opened.read(OPENING))
    except OSError:
        return False


class _Watch:
    """A reporter that several threads may call; it never raises, and sets ``stop`` when somebody pressed Interrupt."""

    def __init__(self) -> None:
        self.stop = Event()
        self._bar = comfy.utils.ProgressBar(STEPS)
        self._interruption: BaseException | None = None

    def report(self, progress: Progress) -> None:
        """Show a state on the node."""
        try:
            comfy.model_management.throw_exception_if_processing_interrupted()
            if progress.total:
                self._bar.update_absolute(min(STEPS, progress.done * STEPS // progress.total))
        except BaseException as error:  # ComfyUI's interruption is no Exception in newer versions
            self._interruption = error
            self.stop.set()

    def end_node(self) -> None:
        """Raise in the node's own thread what was raised in one that reads."""
        if self._interruption:
            raise self._interruption
