"""What all lists share: reading strangers' JSON, checking a line, and finding lines by name."""

from __future__ import annotations

import json
import logging
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from threading import Lock

from ..http import Http
from ..types import Listing, Requirement, has_model_suffix, stem_of
from ..workflow.names import is_name

LARGEST_LIST = 32 * 2**20
"""Bytes of one file; the largest that is known has 1 MiB."""

_log = logging.getLogger(__name__)
_LINK = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f\x7f]{1,2000}")


class LazyList:
    """The lines of some lists, read when the first name is asked for and never again."""

    only_suggests = False

    def __init__(self, name: str, read: Callable[[], Iterable[Listing]]) -> None:
        self.name, self._read, self._lock = name, read, Lock()
        self._by_stem: dict[str, list[Listing]] | None = None

    def listings(self, wanted: Requirement, http: Http) -> Iterator[Listing]:
        """Yield the lines of that name, upper and lower case being the same; for a stem, those of any format."""
        name = _base(wanted.name)
        for listing in self._lines().get(_key(name), ()):
            if not has_model_suffix(name) or _base(listing.name).casefold() == name.casefold():
                yield listing

    def _lines(self) -> dict[str, list[Listing]]:
        with self._lock:
            if self._by_stem is None:
                by_stem = defaultdict(list)
                for listing in self._read():
                    by_stem[_key(listing.name)].append(listing)
                self._by_stem = dict(by_stem)
            return self._by_stem


def is_listable(name: str, url: str) -> bool:
    """Tell whether a line names a model file and a place as such names and places look."""
    return is_name(name) and _LINK.fullmatch(url) is not None


def read_json(path: Path) -> object:
    """Return what a list holds; None, and a word in the log, when it cannot be read."""
    try:
        if path.stat().st_size > LARGEST_LIST:
            raise ValueError(f"larger than {LARGEST_LIST} bytes")
        document: object = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        _log.warning("%s: not read: %s", path, error)
        return None
    return document


def _key(name: str) -> str:
    return stem_of(_base(name)).casefold()


def _base(name: str) -> str:
    return name.rpartition("/")[2]
