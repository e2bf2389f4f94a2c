"""What a folder model on disk says of itself: its index, its configuration and its weights must all be there."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ..errors import UnsafeFile
from ..folder_models import is_weights, what_is_missing
from ..types import Digest, PartOfFolder
from .contents import check_contents

_MOST_FILES = 10_000
_LARGEST_JSON = 64 * 2**20


def folder_complaint(folder: Path) -> str | None:
    """Say what is wrong with a folder model, None when it is complete; reads its indexes and each file's opening."""

    def read(name: str) -> Any:
        path = folder / name
        if path.stat().st_size > _LARGEST_JSON:
            raise ValueError(f"its {name} is too large")
        try:
            return json.loads(path.read_bytes())
        except (ValueError, RecursionError):
            raise ValueError(f"its {name} cannot be read") from None

    try:
        names = _names_below(folder)
        if missing := what_is_missing(names, read):
            return f"it is not complete: it lacks {missing}"
        for name in filter(is_weights, names):
            check_contents(folder / name, name)
    except UnsafeFile as error:
        return str(error)
    except ValueError as error:
        return str(error)
    except OSError as error:
        return f"it cannot be read ({error.strerror})"
    return None


def unlike_locked(
    folder: Path, files: Iterable[PartOfFolder], digest_of: Callable[[Path], Digest | None]
) -> str | None:
    """Say in what a folder differs from what its lock names, as far as sizes and recorded digests tell."""
    for part in files:
        path = folder.joinpath(*part.path.split("/"))
        try:
            size = path.stat().st_size
        except OSError:
            return f"it is not what was locked: it lacks {part.path}"
        recorded = digest_of(path)
        known = recorded.in_terms_of(part.digest) if recorded and part.digest else None
        if size != part.size or known not in (None, part.digest):
            return f"it is not what was locked: {part.path} is another file"
    return None


def _names_below(folder: Path) -> list[str]:
    names: list[str] = []
    for place, folders, files in os.walk(folder):
        folders.sort()
        names += (Path(place, name).relative_to(folder).as_posix() for name in sorted(files))
        if len(names) > _MOST_FILES:
            raise ValueError(f"it holds more than {_MOST_FILES} files")
    return names
