"""Find model files and say where new ones belong: the only builder of paths."""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import MappingProxyType

from ..errors import UnsafePath
from ..model_folders import current_folder, holds_code, holds_no_models
from ..types import FOLDER_SUFFIXES, Digest, ModelFile, Requirement, has_model_suffix
from .disk import (
    device_of,
    files_below,
    is_folder,
    names_in,
    nearest_existing,
    regular_file,
)
from .folders import EMBEDDINGS
from .namesakes import namesakes
from .notes import Notes
from .places import Places, RootsForNew
from .records import Records, state_of
from .safe_names import component_fault, lookup_parts, safe_parts
from .staging import STATE_FOLDER
from .suspects import suspects
from .tree import Tree


def inside(folder: Path, names: Iterable[str]) -> tuple[Path, ...]:
    """Return the paths of a folder model's files, each below the folder.

    Raises:
        UnsafePath: a name could lead elsewhere, is no name of such a file, or two could mean one file on some system.
    """
    listed = [safe_parts(name, FOLDER_SUFFIXES) for name in names]
    plain = [tuple(unicodedata.normalize("NFC", part).casefold() for part in parts) for parts in listed]
    folders = {parts[:depth] for parts in plain for depth in range(1, len(parts))}
    seen: set[tuple[str, ...]] = set()
    for parts, key in zip(listed, plain, strict=True):
        if key in seen or key in folders:
            raise UnsafePath(
                "/".join(parts), "another name in the same model differs only in case, or is a folder"
            )
        seen.add(key)
    return tuple(folder.joinpath(*parts) for parts in listed)


class Library:
    """Model folders on disk: find what is here, say where a new file belongs.

    ``folders`` may hold ComfyUI's folders that are not for models: they are left out, and what is said
    to hold code never receives a file. ``defaults`` names the root that the owner chose for new files.
    """

    def __init__(
        self,
        folders: Mapping[str, tuple[Path, ...]],
        models_root: Path,
        defaults: Mapping[str, Path] | None = None,
    ) -> None:
        self.folders: Mapping[str, tuple[Path, ...]] = MappingProxyType(
            {name: tuple(roots) for name, roots in folders.items() if not holds_no_models(name)}
        )
        self.models_root = Path(os.path.normpath(models_root.absolute()))
        self._code = tuple(root for name, roots in folders.items() if holds_code(name) for root in roots)
        self._defaults = dict(defaults or {})
        self._records = Records(self.models_root / STATE_FOLDER)
        self.notes = Notes(self.models_root / STATE_FOLDER / "notes")
        """What others remember here; it may vanish at any time."""
        self._known_names = {name.casefold() for name in self.folders}
        self._trees: dict[Path, Tree] = {}

    def find(self, folder: str | None, name: str) -> ModelFile | None:
        """Return the file that ComfyUI would load for this name; None for the folder means any folder.

        A stem finds the one file that bears it, in any format and sub-folder; None when several do.
        """
        found = self.find_all(folder, name)
        return found[0] if len(found) == 1 else None

    def find_all(self, folder: str | None, name: str) -> tuple[ModelFile, ...]:
        """Return every file that the name may mean: more than one only for a name without a sub-folder."""
        parts = lookup_parts(name)
        if parts is None:
            return ()
        roots = self._everywhere() if folder is None else self._roots_of(folder)
        for root in roots:
            path = root.joinpath(*parts)
            if facts := regular_file(path):
                return (ModelFile(path, facts.st_size),)
        # ComfyUI looks for a whole name in that very place, but for embeddings in all sub-folders.
        if has_model_suffix(name) and folder != EMBEDDINGS:
            return ()
        return namesakes(map(self._tree, roots), "/".join(parts), embeddings=folder == EMBEDDINGS)

    def holds(self, folder: str | None, file: Path) -> bool:
        """Tell whether ComfyUI finds the file when it looks into that model folder."""
        return folder is not None and any(map(file.is_relative_to, self._roots_of(folder)))

    def places(self) -> Places:
        """Return where new files belong as the disk is now: one for each plan, so that it asks once."""
        roots = RootsForNew(self.models_root, self._defaults, self._code, self._roots_of, self._everywhere())
        return Places(roots)

    def find_folder(self, folder: str | None, name: str) -> ModelFile | None:
        """Return the folder that bears this name in a model folder, whatever is in it; None when there is none."""
        parts = lookup_parts(name)
        if parts is None or folder is None:
            return None
        places = (root.joinpath(*parts) for root in self._roots_of(folder))
        found = next(filter(is_folder, places), None)
        return ModelFile(found, sum(size for _name, size in files_below(found))) if found else None

    def locate(self, wanted: Requirement) -> ModelFile | None:
        """Return the file or the folder that ComfyUI would load for a requirement."""
        find = self.find_folder if wanted.is_folder else self.find
        return find(wanted.folder, wanted.name)

    def free_bytes(self, destination: Path) -> int:
        """Return the free space where the file would go."""
        try:
            return shutil.disk_usage(nearest_existing(destination)).free
        except OSError:  # the drive is gone
            return 0

    def device(self, destination: Path) -> int | None:
        """Return the file system that the file would go to; None when its drive is gone."""
        return device_of(destination)

    def records_open(self) -> AbstractContextManager[None]:
        """Keep the records open until this ends: for many questions in a row."""
        return self._records.kept_open()

    def digest_of(self, file: Path) -> Digest | None:
        """Return the recorded sha256 if the file is unchanged since; never read the file."""
        known = self._known(file)
        return known[0] if known else None

    def last_digest(self, file: Path) -> Digest | None:
        """Return the sha256 recorded last for this path, even if the file changed since."""
        return self._records.last(self._key(file))

    def origin_of(self, file: Path) -> str | None:
        """Return where the file came from if that was recorded and the file is unchanged since."""
        known = self._known(file)
        return known[1] if known else None

    def record(self, file: Path, digest: Digest, origin: str | None = None) -> None:
        """Remember a file's sha256 for as long as the file stays unchanged."""
        if digest.algorithm != "sha256":
            raise ValueError(f"only a sha256 can be recorded, not {digest.algorithm}")
        if facts := regular_file(file):
            self._records.put(self._key(file), state_of(facts), digest, origin)

    def find_digest(self, digest: Digest) -> ModelFile | None:
        """Return a recorded, unchanged file with these bytes, under whatever name."""
        if digest.algorithm != "sha256":
            return None
        recorded = self._records.with_digest(digest)
        places = self._everywhere() if recorded else ()
        for key, state in recorded:
            path = Path(os.path.normpath(self.models_root / key))
            facts = regular_file(path)
            if facts and state_of(facts) == state and any(map(path.is_relative_to, places)):
                return ModelFile(path, facts.st_size, digest)
        return None

    def files(self, folder: str) -> list[ModelFile]:
        """Return every model file of a model folder, in any sub-folder."""
        paths = dict.fromkeys(path for root in self._roots_of(folder) for path in self._tree(root).files())
        return [ModelFile(path, facts.st_size) for path in paths if (facts := regular_file(path))]

    def suspects(self, name: str, size: int) -> Iterator[ModelFile]:
        """Yield files of unrecorded bytes that may well be those of a model of this name and size."""
        trees = [self._tree(root) for root in self._everywhere()]
        return suspects(trees, name, size, lambda path: self.digest_of(path) is not None)

    def _tree(self, root: Path) -> Tree:
        return self._trees.setdefault(root, Tree(root))

    def _known(self, file: Path) -> tuple[Digest, str | None] | None:
        facts = regular_file(file)
        return self._records.get(self._key(file), state_of(facts)) if facts else None

    def _key(self, file: Path) -> str:
        """Return the path as recorded: below the models root relative, so that the folder can move."""
        path = Path(os.path.normpath(file.absolute()))
        inside = path.is_relative_to(self.models_root)
        return (path.relative_to(self.models_root) if inside else path).as_posix()

    def _roots_of(self, folder: str) -> tuple[Path, ...]:
        name = current_folder(folder)
        if holds_no_models(name):
            return ()
        if name in self.folders:
            return self.folders[name]
        # Packs make folders of their own; another spelling of a known folder is not one of those.
        if not name or name.casefold() in self._known_names or component_fault(name):
            return ()
        place = self.models_root / name
        return (place,) if is_folder(place) else ()

    def _everywhere(self) -> tuple[Path, ...]:
        """Return every root once: ComfyUI's folders first, then those that packs made."""
        known = [root for roots in self.folders.values() for root in roots]
        others = (name for name in names_in(self.models_root) if name not in self.folders)
        made = sorted(place for name in others for place in self._roots_of(name))
        return tuple(dict.fromkeys((*known, *made)))
