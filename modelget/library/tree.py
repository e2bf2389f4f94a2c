"""The names of the model files below one root; only folders that changed are read again.

A folder's times tell whether names came or went in it, so an unchanged one costs one ``stat`` and its files none.
"""

from __future__ import annotations

import logging
import os
import stat
import time
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from ..types import MODEL_SUFFIXES
from .staging import STATE_FOLDER

_log = logging.getLogger(__name__)

_NOT_ENTERED = frozenset({".git", STATE_FOLDER})
"""ComfyUI lists every other folder, hidden ones too, and follows every link to one."""

TICK = 3.0
"""Seconds: what happens twice within the clock tick of a file system leaves the same times. FAT's tick is 2."""

CLOCKS_APART = 86_400.0
"""Seconds by which a file server's clock, or FAT's local time, may differ from ours."""

BELIEVED_FOR = 60.0
"""Seconds: FAT and exFAT do not always change a folder's time when a file comes."""

_MAX_DEPTH, _MAX_FOLDERS = 40, 100_000


class _Stamp(NamedTuple):
    """What changes when a name comes or goes. The second time cannot be set back, as rsync does with the first."""

    device: int
    inode: int
    modified: int
    changed: int

    def is_same_place(self, other: _Stamp) -> bool:
        """Tell whether both are of one folder, as far as the file system numbers its folders."""
        return (self.device, self.inode) == (other.device, other.inode) and self.inode != 0


@dataclass(frozen=True, slots=True)
class _Folder:
    path: str
    stamp: _Stamp
    since: float
    """When it was first seen with this stamp."""
    read_at: float
    is_settled: bool
    """Whether any change after it was read must give it another stamp."""
    files: dict[str, tuple[str, ...]]
    """The names of model files by their key."""
    inner: tuple[str, ...]
    """The paths of the folders in it."""


class Tree:
    """The model files below one root, links followed; may be asked by several threads at once.

    The names are kept in memory only: to read all anew takes less time than ComfyUI takes to list them.
    """

    def __init__(
        self,
        root: Path,
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.root, self._now, self._wall = root, now, wall
        self._walking = Lock()
        self._folders: dict[str, _Folder] = {}

    def like(self, *names: str) -> list[Path]:
        """Return the files of these base names in any sub-folder, case or model suffix; the least deep first."""
        bases = (name.replace("\\", "/").rpartition("/")[2] for name in names)
        keys = {_model_key(base) or _plain(base) for base in bases}
        folders = self._current()
        found = [Path(at.path, file) for at in folders for key in keys for file in at.files.get(key, ())]
        return sorted(found, key=lambda path: (len(path.parts), path))

    def of_size(self, size: int) -> list[Path]:
        """Return the files of this size, in any order; asks the file system about every file."""
        return [Path(path) for path in self._paths() if _size_of(path) == size]

    def files(self) -> list[Path]:
        """Return all files, in any order."""
        return [Path(path) for path in self._paths()]

    def _paths(self) -> Iterator[str]:
        for folder in self._current():
            for names in folder.files.values():
                yield from (os.path.join(folder.path, name) for name in names)  # noqa: PTH118

    def _current(self) -> list[_Folder]:
        # Whoever comes second had better wait for the first one's result than read the same again.
        with self._walking:
            self._folders = self._walk()
            return list(self._folders.values())

    def _walk(self) -> dict[str, _Folder]:
        """Return every folder as it is; one that a link leads back into is not entered again."""
        found: dict[str, _Folder] = {}
        left: list[tuple[str, tuple[_Stamp, ...]]] = [(os.fspath(self.root), ())]
        while left:
            path, above = left.pop()
            stamp = _stamp_of(path)
            if stamp is None or len(above) > _MAX_DEPTH or any(map(stamp.is_same_place, above)):
                continue
            if len(found) == _MAX_FOLDERS:
                _log.warning("%s: more than %d folders; the others are not searched", self.root, _MAX_FOLDERS)
                break
            found[path] = folder = self._as_it_is(path, stamp)
            left.extend((inner, (*above, stamp)) for inner in folder.inner)
        return found

    def _as_it_is(self, path: str, stamp: _Stamp) -> _Folder:
        now = self._now()
        known = self._folders.get(path)
        if known is None or known.stamp != stamp:
            return self._read(path, stamp, since=now, now=now)
        if known.is_settled and now - known.read_at < BELIEVED_FOR:
            return known
        return self._read(path, stamp, since=known.since, now=now)

    def _read(self, path: str, stamp: _Stamp, since: float, now: float) -> _Folder:
        changed = max(stamp.modified, stamp.changed) / 1e9
        is_settled = now - since >= TICK or self._wall() - changed >= CLOCKS_APART
        files, inner, is_all = _contents(path)
        return _Folder(path, stamp, since, now, is_settled and is_all, files, inner)


def _contents(path: str) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...], bool]:
    """Return a folder's model files by their key, its folders, and whether its stamp tells of any change in these."""
    files: dict[str, tuple[str, ...]] = {}
    inner: list[str] = []
    is_all = True
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if _is_folder(entry):
                    if entry.name not in _NOT_ENTERED:
                        inner.append(entry.path)
                elif (key := _model_key(entry.name)) is not None:
                    files[key] = (*files.get(key, ()), entry.name)
                # A link to nothing may lead to a folder as soon as its disk is there.
                if entry.is_symlink() and not _leads_somewhere(entry):
                    is_all = False
    except OSError as error:
        _log.debug("%s: not readable: %s", path, error)
        is_all = False
    return files, tuple(inner), is_all


def _model_key(name: str) -> str | None:
    """Return the key of a model file's name, None for a file that is none."""
    stem, dot, suffix = name.rpartition(".")
    return _plain(stem) if dot + suffix.lower() in MODEL_SUFFIXES else None


def _plain(stem: str) -> str:
    """Return what names have in common that differ in case or normal form only."""
    return stem.lower() if stem.isascii() else unicodedata.normalize("NFC", stem).casefold()


def _stamp_of(path: str) -> _Stamp | None:
    try:
        facts = os.stat(path)  # noqa: PTH116 - a Path costs more than the question
    except (OSError, ValueError):  # ValueError: a name that this system cannot express
        return None
    if not stat.S_ISDIR(facts.st_mode):
        return None
    return _Stamp(facts.st_dev, facts.st_ino, facts.st_mtime_ns, facts.st_ctime_ns)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _leads_somewhere(entry: os.DirEntry[str]) -> bool:
    try:
        entry.stat()
    except OSError:
        return False
    return True


def _size_of(path: str) -> int | None:
    try:
        facts = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return facts.st_size if stat.S_ISREG(facts.st_mode) else None
