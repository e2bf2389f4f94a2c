"""The file names of one owner's repositories, as the Hub lists them and as a note keeps them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..types import has_model_suffix, is_generic
from ..workflow.untyped import as_text, dicts_in

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class OwnerIndex:
    """Where an owner has a file of a name."""

    endpoint: str
    listed_at: float
    """Seconds since the epoch."""
    files: Mapping[str, tuple[str, ...]]
    """``owner/repo/path`` by the last part of the path; names that say nothing are left out."""
    is_complete: bool = True

    def as_note(self) -> bytes:
        """Return it as JSON."""
        note = {
            "format": _FORMAT,
            "endpoint": self.endpoint,
            "listed_at": self.listed_at,
            "is_complete": self.is_complete,
            "files": [path for paths in self.files.values() for path in paths],
        }
        return json.dumps(note).encode()


def paths_on(page: Iterable[object], owner: str) -> list[str]:
    """Read a page of the Hub's list; what has another shape, says nothing or is another owner's is left out."""
    return [
        f"{repository['id']}/{sibling['rfilename']}"
        for repository in dicts_in(page)
        if _is_repository_of(owner, repository)
        for sibling in dicts_in(repository.get("siblings"))
        if _says_something(sibling.get("rfilename"))
    ]


def by_name(paths: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Sort paths by their last part."""
    found: dict[str, list[str]] = {}
    for path in sorted(paths):
        found.setdefault(path.rpartition("/")[2], []).append(path)
    return {name: tuple(listed) for name, listed in found.items()}


def from_note(note: bytes | None, endpoint: str) -> OwnerIndex | None:
    """Read a note; None for one that is broken, of another format, or about another endpoint."""
    try:
        told = json.loads(note or b"null")
        if told["format"] != _FORMAT or told["endpoint"] != endpoint:
            return None
        paths = [path for path in told["files"] if isinstance(path, str) and path.count("/") >= 2]
        return OwnerIndex(endpoint, float(told["listed_at"]), by_name(paths), told["is_complete"] is True)
    except (ValueError, TypeError, LookupError, RecursionError):
        return None


def _is_repository_of(owner: str, repository: dict[str, object]) -> bool:
    parts = as_text(repository.get("id")).split("/")
    return len(parts) == 2 and parts[0].lower() == owner.lower() and bool(parts[1])


def _says_something(path: object) -> bool:
    name = as_text(path).rpartition("/")[2]
    return has_model_suffix(name) and not is_generic(name)
