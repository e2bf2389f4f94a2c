"""Where unfinished files wait: on the destination's file system, out of ComfyUI's sight."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from .disk import device_of, identity, is_link, is_writable

STATE_FOLDER = ".modelget"
"""Beside the model folders, never in one: ComfyUI walks those again whenever a file comes or goes."""


def staging_folder(destination: Path, models_root: Path, roots: Iterable[Path]) -> Path:
    """Return the folder for a file that will be renamed to its destination."""
    device = device_of(destination)
    above = set(destination.parents)
    roots = tuple(roots)
    holding = [root for root in roots if root in above]
    listed = {identity(root) for root in roots} - {None}
    homes = [models_root, *(name.parent for root in holding for name in _both_names(root))]
    for home in homes:
        place = home / STATE_FOLDER
        if (
            not _is_below(home, listed)
            and not is_link(place)
            and device_of(place) == device
            and is_writable(place)
        ):
            return place
    # A disk mounted exactly at the model folder has no other place.
    on_device = (root for root in holding if device_of(root) == device)
    return next(on_device, destination.parent) / STATE_FOLDER


def _is_below(home: Path, folders: set[tuple[int, int] | None]) -> bool:
    """Tell whether the folder is one of these or lies in one, compared by identity, whatever the links."""
    real = Path(os.path.realpath(home))
    return any(identity(place) in folders for place in (real, *real.parents))


def _both_names(root: Path) -> tuple[Path, Path]:
    return root, Path(os.path.realpath(root))
