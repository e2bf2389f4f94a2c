"""Places where checkpoints are shared: one file each, found by looking into this folder."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from ..settings import Settings
from .shared.base import CopyFinder, Source

__all__ = ["CopyFinder", "Source", "all_sources"]


def all_sources(settings: Settings) -> list[Source]:
    """Make every source in this folder, where all but ``shared`` is one; each module says how in ``source(settings)``."""
    names = sorted(module.name for module in iter_modules(__path__) if module.name != "shared")
    return [import_module(f".{name}", __name__).source(settings) for name in names]
