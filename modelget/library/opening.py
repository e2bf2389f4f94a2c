"""Open the library of a ComfyUI installation, or of a bare folder of models; writes nothing."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import InvalidSetting
from ..model_folders import CODE_FOLDER, current_folder
from .disk import is_folder, regular_file
from .extra_paths import FILE_NAME, read_extra_paths
from .folders import Roots, add_output_roots, add_root, default_roots
from .library import Library


def open_library(*, comfyui: Path | None = None, models_dir: Path | None = None) -> Library:
    """Return the library; raise InvalidSetting when the folders are not what they should be.

    With both, ``models_dir`` takes the place of ComfyUI's own ``models``, as its --models-directory does.
    """
    home = None if comfyui is None else _comfyui_home(comfyui)
    models_root = _models_root(home, models_dir)
    roots = default_roots(models_root)
    defaults: dict[str, Path] = {}
    if home is not None:
        defaults = _add_extra_paths(roots, home / FILE_NAME)
        add_output_roots(roots, home)
        add_root(roots, CODE_FOLDER, home / CODE_FOLDER)
    return Library({name: tuple(places) for name, places in roots.items()}, models_root, defaults)


def _comfyui_home(given: Path) -> Path:
    # ComfyUI finds its own folder with realpath too, so both name the same files the same way.
    home = Path(os.path.realpath(_expanded(given)))
    if regular_file(home / "main.py") or regular_file(home / "folder_paths.py") or is_folder(home / "models"):
        return home
    if not is_folder(home):
        raise InvalidSetting(f"{given}: this folder does not exist", "Name the folder that holds main.py.")
    hint = "Name the folder that holds main.py, or a folder of models with --models-dir."
    if regular_file(home / "ComfyUI" / "main.py"):
        hint = f"Did you mean {home / 'ComfyUI'}?"
    raise InvalidSetting(f"{given}: not ComfyUI's folder: it has no main.py and no models", hint)


def _models_root(home: Path | None, models_dir: Path | None) -> Path:
    if models_dir is None:
        if home is None:
            raise InvalidSetting("no model folders were named", "Pass --comfyui DIR or --models-dir DIR.")
        return home / "models"
    root = Path(os.path.normpath(_expanded(models_dir).absolute()))
    if not is_folder(root):
        # A typing error must not send gigabytes to a new place.
        raise InvalidSetting(f"{models_dir}: this folder does not exist", "Create it, or correct its name.")
    return root


def _add_extra_paths(roots: Roots, file: Path) -> dict[str, Path]:
    """Add the owner's places and return which of them is the default for which folder."""
    defaults: dict[str, Path] = {}
    for extra in read_extra_paths(file):
        add_root(roots, extra.folder, extra.path, first=extra.is_default)
        if extra.is_default:
            defaults[current_folder(extra.folder)] = extra.path
    return defaults


def _expanded(path: Path) -> Path:
    # A shell leaves the "~" of --comfyui=~/ComfyUI as it is.
    return Path(os.path.expanduser(path))  # noqa: PTH111 - Path.expanduser raises for an unknown user
