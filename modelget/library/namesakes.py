"""Which files a name without a suffix may mean: WebUIs, prompts and tags leave suffix and sub-folder out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from ..types import ModelFile, stem_of
from .disk import regular_file
from .tree import Tree

_EMBEDDING_SUFFIXES = (".safetensors", ".pt", ".bin")
"""In the order in which ComfyUI tries them (comfy/sd1_clip.py, load_embed)."""


def namesakes(trees: Iterable[Tree], name: str, *, embeddings: bool = False) -> tuple[ModelFile, ...]:
    """Return the model files that bear the stem or the whole name, in whatever sub-folder; copies once.

    A file in the sub-folder that the name states hides those elsewhere, and of one embedding in several
    formats ComfyUI itself takes the first.
    """
    found: dict[str, Path] = {}
    for tree in trees:
        for path in tree.like(*_tails(name)):
            relative = path.relative_to(tree.root).as_posix()
            if _bears(relative, name):
                found.setdefault(relative, path)
    exact = [relative for relative in found if name in (relative, stem_of(relative))]
    chosen = list(_first_formats(exact or found)) if embeddings else exact or list(found)
    files: dict[tuple[str, int], ModelFile] = {}
    for relative in sorted(chosen):
        if facts := regular_file(found[relative]):
            key = (PurePosixPath(relative).name, facts.st_size)
            files.setdefault(key, ModelFile(found[relative], facts.st_size))
    return tuple(files.values())


def _tails(name: str) -> list[str]:
    """Return what may be the file's own part of a name: older WebUIs write "SDXL_x" for SDXL/x.safetensors."""
    return [name, *(name[at + 1 :] for at, character in enumerate(name) if character == "_")]


def _bears(relative: str, name: str) -> bool:
    stem, file = stem_of(relative), PurePosixPath(relative).name
    return name in (relative, stem, file, stem_of(file), stem.replace("/", "_"))


def _first_formats(relatives: Iterable[str]) -> Iterator[str]:
    """Keep one file for each stem: that whose suffix ComfyUI tries first."""
    best: dict[str, tuple[int, str]] = {}
    for relative in relatives:
        suffix = PurePosixPath(relative).suffix.lower()
        if suffix in _EMBEDDING_SUFFIXES:
            rank = (_EMBEDDING_SUFFIXES.index(suffix), relative)
            best[stem_of(relative)] = min(rank, best.get(stem_of(relative), rank))
    return (relative for _, relative in best.values())
