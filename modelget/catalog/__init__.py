"""Lists of models that are on this machine already, one file each: nothing here asks the network."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from ..by_name import NameList
from ..types import Listing
from .listed import LazyList
from .manager import read_manager_lists
from .own import read_own_list
from .places import package_folders
from .templates import read_templates

__all__ = ["local_lists"]


def local_lists(own: Path | None, comfyui: Path | None) -> tuple[NameList, ...]:
    """Return the owner's own list, and before all others; then what comes with ComfyUI and ComfyUI-Manager.

    ``comfyui`` is the installation beside which to look; without one, only the running Python's packages count.
    Nothing is read before somebody asks for a name.
    """
    installed = LazyList("catalogue", partial(_read_installed, comfyui))
    return (LazyList("catalogue", partial(read_own_list, own)), installed) if own else (installed,)


def _read_installed(comfyui: Path | None) -> Iterator[Listing]:
    packages = package_folders(comfyui)
    yield from read_templates(packages)
    yield from read_manager_lists(packages, comfyui)
