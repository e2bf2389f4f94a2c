"""Small questions to the file system that answer instead of raising."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path


def regular_file(path: Path) -> os.stat_result | None:
    """Return the facts about a regular file, links followed; None when there is none."""
    facts = _facts(path)
    return facts if facts and stat.S_ISREG(facts.st_mode) else None


def is_folder(path: Path) -> bool:
    """Tell whether a folder is there, links followed."""
    facts = _facts(path)
    return facts is not None and stat.S_ISDIR(facts.st_mode)


def entry(path: Path) -> os.stat_result | None:
    """Return the facts about whatever bears this name, a broken link included."""
    try:
        return path.lstat()
    except (OSError, ValueError):
        return None


def identity(path: Path) -> tuple[int, int] | None:
    """Return what two names of the same file or folder have in common, links followed; None when nothing tells."""
    facts = _facts(path)
    return (facts.st_dev, facts.st_ino) if facts and facts.st_ino else None


def is_link(path: Path) -> bool:
    """Tell whether the name itself is a symbolic link, wherever it leads."""
    facts = entry(path)
    return facts is not None and stat.S_ISLNK(facts.st_mode)


def nearest_existing(path: Path) -> Path:
    """Return the path itself or the closest ancestor that exists."""
    return next((place for place in (path, *path.parents) if _facts(place)), path)


def device_of(path: Path) -> int | None:
    """Return the file system on which the path is, or would be once created."""
    facts = _facts(nearest_existing(path))
    return facts.st_dev if facts else None


def is_writable(folder: Path) -> bool:
    """Tell whether files can be created in the folder, or the folder itself can be."""
    place = nearest_existing(folder)
    return is_folder(place) and os.access(place, os.W_OK | os.X_OK)


def is_inside(path: Path, root: Path) -> bool:
    """Tell whether the path leads to the root or below it once every link is followed."""
    real_root = os.path.normcase(os.path.realpath(root))
    real_path = os.path.normcase(os.path.realpath(path))
    try:
        return os.path.commonpath((real_path, real_root)) == real_root
    except ValueError:  # two Windows drives
        return False


def names_in(folder: Path) -> list[str]:
    """Return the names in a folder, or none when it cannot be read."""
    try:
        return [neighbour.name for neighbour in folder.iterdir()]
    except OSError:
        return []


def files_below(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield the name inside (with ``/``) and the size in bytes of each file below a folder, links to files followed.

    A link to a folder is not entered: it may lead back, or anywhere.
    """
    for place, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = Path(place, name)
            if facts := regular_file(path):
                yield path.relative_to(folder).as_posix(), facts.st_size


def _facts(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except (OSError, ValueError):  # ValueError: a name that this system cannot express
        return None
