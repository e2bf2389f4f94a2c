"""What the names of ComfyUI's folders mean: old names, and those that are no place for models."""

from __future__ import annotations

import unicodedata

CODE_FOLDER = "custom_nodes"

_OLD_NAMES = {"unet": "diffusion_models", "clip": "text_encoders"}
"""ComfyUI's own renames: ``folder_paths.map_legacy``."""

# ComfyUI registers these beside the model folders, but they hold code, settings and pictures.
_NOT_MODELS = frozenset({CODE_FOLDER, "configs", "datasets"})


def current_folder(folder: str) -> str:
    """Return the name that ComfyUI uses today for an old folder name."""
    return _OLD_NAMES.get(folder, folder)


def holds_no_models(folder: str) -> bool:
    """Tell whether the name means a folder that must never receive a file, however it is spelt."""
    return _plain(folder) in _NOT_MODELS


def holds_code(folder: str) -> bool:
    """Tell whether ComfyUI imports what lies in the folder."""
    return _plain(folder) == CODE_FOLDER


def _plain(folder: str) -> str:
    return unicodedata.normalize("NFKC", folder).strip(" .").casefold()
