"""Places where checkpoints are shared: one file each, found by looking into this folder."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from ..settings import Settings
from .base import CopyFinder, Source

__all__ = ["SHARED", "CopyFinder", "Source", "all_sources"]

SHARED = frozenset(
    {"base", "buckets", "by_hand", "fields", "file_host", "look", "public_links", "terms", "zoo"}
)
"""Modules of this folder that are no source: what several sources are made of."""


def all_sources(settings: Settings) -> list[Source]:
    """Make every source in this folder; each module says how in ``source(settings)``."""
    names = sorted(module.name for module in iter_modules(__path__) if module.name not in SHARED)
    return [import_module(f".{name}", __name__).source(settings) for name in names]
