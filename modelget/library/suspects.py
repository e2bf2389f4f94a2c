"""Which files of unrecorded bytes may well be those of a model: their name and size say so, or their size alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from ..types import ModelFile
from .disk import identity, regular_file
from .tree import Tree


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


def _distinct(paths: Iterable[Path]) -> dict[object, Path]:
    """Return each file once, whatever links lead to it, by what its names have in common."""
    return {identity(path) or path: path for path in paths}


def _size_of(path: Path) -> int | None:
    facts = regular_file(path)
    return facts.st_size if facts else None
