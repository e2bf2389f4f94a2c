"""What nodes ask of ComfyUI: its lists of files, its progress bar, its interrupt button."""

from __future__ import annotations

import comfy.model_management
import comfy.utils
import folder_paths

import nodes

from ..modelget.model_folders import holds_no_models
from ..modelget.progress import Progress

FROM_SOURCE = "(as its source calls it)"
"""Stands in a list of installed models for the one that the source names."""

NONE = "(none)"
"""Stands in such a list for no model, where a node can do without."""

STEPS = 1000
"""Of a node's progress bar."""

_CLIP_LOADERS = ("CLIPLoader", "DualCLIPLoader")


def listed_files(folder: str) -> list[str]:
    """Return the files of a model folder as ComfyUI lists them, none for a folder that it does not have."""
    if folder not in folder_paths.folder_names_and_paths:
        return []
    names: list[str] = folder_paths.get_filename_list(folder)
    return names


def model_folders() -> list[str]:
    """Return the names of the folders that hold models."""
    return sorted(name for name in folder_paths.folder_names_and_paths if not holds_no_models(name))


def text_encoder_types() -> list[str]:
    """Return the families of diffusion models for which this ComfyUI can load text encoders."""
    known: dict[str, None] = {}
    for loader in _CLIP_LOADERS:
        node_class = nodes.NODE_CLASS_MAPPINGS.get(loader)
        if node_class is None:
            continue
        kind, *settings = node_class.INPUT_TYPES()["required"]["type"]
        options = (
            kind if isinstance(kind, list) else settings[0].get("options", [])
        )  # a V1 node's, or a V3 node's
        known.update(dict.fromkeys(options))
    return list(known) or ["stable_diffusion"]


class NodeWatch:
    """Shows on the node that runs how far it is; ends it when somebody pressed Interrupt."""

    def __init__(self) -> None:
        self._bar = comfy.utils.ProgressBar(STEPS)

    def report(self, progress: Progress) -> None:
        """Take note of a state."""
        comfy.model_management.throw_exception_if_processing_interrupted()
        if progress.total:
            self._bar.update_absolute(min(STEPS, progress.done * STEPS // progress.total))
