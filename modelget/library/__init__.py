"""Model folders on disk: what is here, where a new file belongs, which digests are known."""

from __future__ import annotations

from .library import Library
from .opening import open_library
from .suspects import is_alike

__all__ = ["Library", "is_alike", "open_library"]
