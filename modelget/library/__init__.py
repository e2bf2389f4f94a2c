"""Model folders on disk: what is here, where a new file belongs, which digests are known."""

from __future__ import annotations

from .disk import files_below
from .library import Library, inside
from .opening import open_library
from .places import Places
from .suspects import is_alike

__all__ = ["Library", "Places", "files_below", "inside", "is_alike", "open_library"]
