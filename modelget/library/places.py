"""Where new files belong, from one look at the disk: what files of one folder have in common is asked once."""

from __future__ import annotations

import stat
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import UnsafePath
from ..model_folders import current_folder, holds_no_models
from .disk import entry, is_folder, is_inside, is_writable, names_in
from .safe_names import safe_folder_parts, safe_parts
from .staging import staging_folder


@dataclass(frozen=True, slots=True)
class RootsForNew:
    """Which folders new files may go to."""

    models_root: Path
    defaults: Mapping[str, Path]
    """The root that the owner chose for a model folder."""
    code: tuple[Path, ...]
    """Folders of code that ComfyUI runs: nothing new goes there."""
    of: Callable[[str], tuple[Path, ...]]
    """The roots of a model folder, in ComfyUI's order."""
    everywhere: tuple[Path, ...]
    """Every root of every model folder."""


class Places:
    """The places for new files, as the disk is now: made for one plan and dropped with it.

    A fetch looks again before it gives a file its name.
    """

    def __init__(self, roots: RootsForNew) -> None:
        self._roots = roots
        self._chosen: dict[tuple[str, tuple[str, ...]], _Place] = {}
        self._staging: dict[Path, Path] = {}

    def destination(self, folder: str, name: str) -> Path:
        """Return the path for a new file; raise UnsafePath unless it is certain to stay in its root."""
        return self._free(folder, safe_parts(name))

    def folder_destination(self, folder: str, name: str) -> Path:
        """Return the path for a new folder model; raise UnsafePath unless it is certain to stay in its root."""
        return self._free(folder, safe_folder_parts(name))

    def staging(self, destination: Path) -> Path:
        """Return the folder for the unfinished file: same file system, not listed by ComfyUI if possible."""
        above = destination.parent
        if above not in self._staging:
            self._staging[above] = staging_folder(
                destination, self._roots.models_root, self._roots.everywhere
            )
        return self._staging[above]

    def _free(self, folder: str, parts: tuple[str, ...]) -> Path:
        *above, name = parts
        key = (folder, tuple(above))
        if key not in self._chosen:
            self._chosen[key] = _Place(self._root_for(folder, key[1]), key[1])
        return self._chosen[key].path_for(name)

    def _root_for(self, folder: str, above: tuple[str, ...]) -> Path:
        roots = self._roots.of(folder)
        if not roots:
            raise _unknown_folder(folder)
        ranked = self._by_preference(current_folder(folder), roots)
        allowed = [root for root in ranked if not self._is_code(root.joinpath(*above))]
        if not allowed:
            raise UnsafePath(folder, "its folder holds code that ComfyUI runs")
        # A read-only share may come first; with nowhere to write, the error should name the usual place.
        return next(filter(is_writable, allowed), allowed[0])

    def _is_code(self, folder: Path) -> bool:
        return any(is_inside(folder, code) for code in self._roots.code)

    def _by_preference(self, name: str, roots: tuple[Path, ...]) -> Iterator[Path]:
        """Yield the owner's default, then the first root, unless that is only an old name's folder."""
        namesakes = [root for root in roots if root.name == name]
        first = self._roots.defaults.get(name)
        if first is None and roots[0].parent == self._roots.models_root:
            first = next(iter(namesakes), None)
        yield from dict.fromkeys((first or roots[0], *roots))


class _Place:
    """One folder below a root, and the names that are taken in it."""

    def __init__(self, root: Path, above: tuple[str, ...]) -> None:
        self._shown, self._folder = "/".join(above), root.joinpath(*above)
        self._fault = _fault(root, self._folder)
        self._names = _by_folded_name(() if self._fault else names_in(self._folder))

    def path_for(self, name: str) -> Path:
        """Return the path of a new file; raise UnsafePath if a link leads out of the root or something is in the way."""
        path = self._folder / name
        shown = f"{self._shown}/{name}" if self._shown else name
        if self._fault:
            raise UnsafePath(shown, self._fault)
        existing = entry(path)
        if existing and not stat.S_ISREG(existing.st_mode):
            raise UnsafePath(shown, "a link or a folder has this name already")
        if twin := self._case_twin(name):
            raise UnsafePath(shown, f"{twin!r} is there, and some systems cannot tell them apart")
        return path

    def _case_twin(self, name: str) -> str | None:
        """Return a neighbour whose name differs only in case."""
        own = unicodedata.normalize("NFC", name)
        return next((other for other in self._names.get(own.casefold(), ()) if other != own), None)


def _fault(root: Path, folder: Path) -> str | None:
    # The root itself may be a link: that is the owner's choice. Below it, links must stay below it.
    if not is_inside(folder, root):
        return "a link leads out of the model folder"
    inner = folder.relative_to(root)
    if any(entry(root / place) and not is_folder(root / place) for place in (inner, *inner.parents)):
        return "something that is not a folder is in the way"
    return None


def _by_folded_name(names: Iterable[str]) -> dict[str, list[str]]:
    # macOS may list a name in NFD that was created in NFC: that is the same file.
    folded: dict[str, list[str]] = {}
    for name in (unicodedata.normalize("NFC", name) for name in names):
        folded.setdefault(name.casefold(), []).append(name)
    return folded


def _unknown_folder(folder: str) -> UnsafePath:
    if holds_no_models(folder):
        return UnsafePath(folder, "this folder is never a place for models")
    error = UnsafePath(folder, "this is not one of ComfyUI's model folders")
    error.hint = "If a node pack uses this folder, create it in the models folder and try again."
    return error
