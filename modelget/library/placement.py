"""The last look at a place on disk before a new file may go there."""

from __future__ import annotations

import stat
from pathlib import Path

from ..errors import UnsafePath
from .disk import case_twin, entry, is_folder, is_inside


def refuse_unsafe_place(root: Path, path: Path) -> None:
    """Raise UnsafePath if a link leads out of the root or if something else is in the way."""
    name = path.relative_to(root).as_posix()
    # The root itself may be a link: that is the owner's choice. Below it, links must stay below it.
    if not is_inside(path.parent, root):
        raise UnsafePath(name, "a link leads out of the model folder")
    between = path.relative_to(root).parents
    if any(entry(root / place) and not is_folder(root / place) for place in between):
        raise UnsafePath(name, "something that is not a folder is in the way")
    existing = entry(path)
    if existing and not stat.S_ISREG(existing.st_mode):
        raise UnsafePath(name, "a link or a folder has this name already")
    if twin := case_twin(path):
        raise UnsafePath(name, f"{twin!r} is there, and some systems cannot tell them apart")
