"""ComfyUI's ``folder_paths`` and node definitions, in the words of the core."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import folder_paths

from ..modelget.library import Library
from ..modelget.workflow.host_table import loader_table
from ..modelget.workflow.loader_nodes import LoaderTable, Place

_Folders = dict[str, tuple[Path, ...]]


class Folders:
    """The model folders as they are now: packs and settings may add places at any time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: tuple[_Folders, Path] | None = None
        self._library: Library | None = None

    def library(self) -> Library:
        """Return the library; the same one, with its index of files, until the folders change."""
        with self._lock:
            found = _folders(), Path(folder_paths.models_dir)
            if self._library is None or found != self._known:
                self._library, self._known = Library(*found), found
            return self._library


def home() -> Path:
    """Return the folder of our settings, out of reach of ComfyUI's routes for users' data."""
    if hasattr(folder_paths, "get_system_user_directory"):
        return Path(folder_paths.get_system_user_directory("modelget"))
    return Path(folder_paths.get_user_directory()) / "__modelget"


def installation() -> Path:
    """Return the folder that holds this ComfyUI's models and packs."""
    return Path(folder_paths.base_path)


def loaders() -> LoaderTable:
    """Return what this ComfyUI's nodes say about the model folders that their inputs list, asked when needed."""
    return LoaderTable(_Loaders())


def _folders() -> _Folders:
    listed = dict(folder_paths.folder_names_and_paths)
    return {name: tuple(Path(root).absolute() for root in places[0]) for name, places in listed.items()}


class _Loaders(Mapping[str, "tuple[Place, ...]"]):
    """Places by node type; a type is asked for its inputs when somebody looks it up."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[Place, ...]] = {}

    def __getitem__(self, node_type: str) -> tuple[Place, ...]:
        if node_type not in self._found:
            self._found[node_type] = _places_of(node_type)
        if not self._found[node_type]:
            raise KeyError(node_type)
        return self._found[node_type]

    def __iter__(self) -> Iterator[str]:
        return iter(_node_classes())

    def __len__(self) -> int:
        return len(_node_classes())


def _places_of(node_type: str) -> tuple[Place, ...]:
    node_class = _node_classes().get(node_type)
    if node_class is None:
        return ()
    try:
        with _marked_lists():
            inputs = node_class.INPUT_TYPES()
    except Exception:  # another pack's fault: then the node says nothing
        return ()
    marked = {
        part: _with_folders(specs) for part, specs in inputs.items() if part in ("required", "optional")
    }
    listings = {name: [_stands_for(name)] for name in folder_paths.folder_names_and_paths}
    return loader_table({node_type: {"input": marked}}, listings).places.get(node_type, ())


def _node_classes() -> Mapping[str, Any]:
    # ComfyUI's own module of that name; our package of nodes is another.
    return getattr(sys.modules.get("nodes"), "NODE_CLASS_MAPPINGS", {})


class _Files(list[str]):
    """A folder's files that know their folder, to be recognised even when there is none."""

    folder = ""


class _File(str):
    """A file name that knows its folder, to be recognised in a list that a node made from it."""

    __slots__ = ("folder",)
    folder: str


class _marked_lists:  # noqa: N801 - used like a function
    """While a node is asked for its inputs, let ``folder_paths`` mark what it lists; for this thread only."""

    _lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()
        self._original, thread = folder_paths.get_filename_list, threading.get_ident()

        def marked(folder_name: str) -> list[str]:
            names = self._original(folder_name)
            return _mark(names, folder_name) if threading.get_ident() == thread else names

        folder_paths.get_filename_list = marked

    def __exit__(self, *_: object) -> None:
        folder_paths.get_filename_list = self._original
        self._lock.release()


def _mark(names: list[str], folder: str) -> list[str]:
    files = _Files()
    files.folder = folder
    for name in names:
        file = _File(name)
        file.folder = folder
        files.append(file)
    return files


def _with_folders(specs: Mapping[str, Any]) -> dict[str, Any]:
    """Put the one file that stands for a folder in place of its files, where an input lists them."""
    found = {}
    for name, spec in specs.items():
        kind, settings = (*spec, {}, {})[:2]
        options = (
            kind
            if isinstance(kind, list)
            else settings.get("options")
            if isinstance(settings, dict)
            else None
        )
        folder = _folder_of(options) if isinstance(options, list) else None
        found[name] = [[_stands_for(folder)], settings] if folder else list(spec)
    return found


def _folder_of(options: list[Any]) -> str | None:
    folders = {option.folder for option in options if isinstance(option, _File)}
    if not folders and isinstance(options, _Files):
        return options.folder
    return folders.pop() if len(folders) == 1 else None


def _stands_for(folder: str) -> str:
    return f"of-{folder}.safetensors"
