"""Which files of unrecorded bytes may well be those of a model: their name and size say so, or their size alone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePath

from ..types import ModelFile
from .disk import identity, regular_file
from .tree import Tree

_ALTERED = re.compile(r"^copy of | ?\([0-9]{1,3}\)$| - copy(?: \([0-9]{1,3}\))?$| copy(?: [0-9]{1,3})?$")
_BLANKS = re.compile(r"[ _+]|%20")


def suspects(
    trees: Sequence[Tree], name: str, size: int, is_recorded: Callable[[Path], bool]
) -> Iterator[ModelFile]:
    """Yield the files of that base name and size, then the one other file of that size if it is the only one.

    Fine-tuned models have the size of their base, and to read all of them may take hours.
    """
    namesakes = _distinct(path for tree in trees for path in tree.like(name) if _size_of(path) == size)
    yield from (ModelFile(path, size) for path in namesakes.values() if not is_recorded(path))
    same_size = _distinct(path for tree in trees for path in tree.of_size(size))
    strangers = [path for key, path in same_size.items() if key not in namesakes]
    if len(strangers) == 1 and not is_recorded(strangers[0]):
        yield ModelFile(strangers[0], size)


def is_alike(name: str, wanted: str) -> bool:
    """Tell whether a name is the wanted one as browsers and file managers alter it: ``x (1).pth``, ``x - Copy.pth``."""
    stem, wanted_stem = _bare(name), _bare(wanted.replace("\\", "/").rpartition("/")[2])
    return _ALTERED.sub("", stem) == wanted_stem or stem == wanted_stem


def _bare(name: str) -> str:
    """Return a stem with the characters alike that are taken for each other when a file is saved."""
    return _BLANKS.sub(" ", unicodedata.normalize("NFC", PurePath(name).stem).casefold())


def _distinct(paths: Iterable[Path]) -> dict[object, Path]:
    """Return each file once, whatever links lead to it, by what its names have in common."""
    return {identity(path) or path: path for path in paths}


def _size_of(path: Path) -> int | None:
    facts = regular_file(path)
    return facts.st_size if facts else None
