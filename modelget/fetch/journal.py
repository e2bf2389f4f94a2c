"""The note beside an unfinished file that says which of its bytes are on the disk."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .spans import Span

STRONG_ETAG = re.compile(r'"[!#-~]*"')
"""A validator for which equal means byte for byte the same, and that is safe to send back."""

_MOST_SPANS = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known about the bytes of an unfinished file."""

    identity: str
    """Which bytes, and for which place: another identity is another file."""
    spans: tuple[Span, ...]
    """Stretches that were on the disk before this was written."""
    etag: str = ""
    """The strong validator that the server gave with them, empty when there was none."""


class Journal:
    """One entry, replaced as a whole or not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._scratch = path.with_suffix(".json.new")

    def read(self) -> Entry | None:
        """Return the entry; None when there is none, or it was not written by us as it stands."""
        try:
            return _entry(json.loads(self.path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return None

    def write(self, entry: Entry) -> None:
        """Replace the entry."""
        state = {"identity": entry.identity, "etag": entry.etag, "spans": entry.spans}
        self._scratch.unlink(missing_ok=True)
        with self._scratch.open("x", encoding="utf-8") as file:
            json.dump(state, file)
        self._scratch.replace(self.path)

    def discard(self) -> None:
        """Remove the entry."""
        for path in (self.path, self._scratch):
            with suppress(FileNotFoundError):
                path.unlink()


def _entry(state: Any) -> Entry:
    """Read an entry strictly; raises ValueError, TypeError or KeyError for anything else."""
    identity, etag, spans = state["identity"], state["etag"], state["spans"]
    if not isinstance(identity, str) or len(spans) > _MOST_SPANS:
        raise ValueError("not an entry")
    end = -1
    for start, stop in spans:
        if type(start) is not int or type(stop) is not int or not end < start < stop:
            raise ValueError("not stretches in order")
        end = stop
    strong = isinstance(etag, str) and STRONG_ETAG.fullmatch(etag)
    return Entry(identity, tuple((start, stop) for start, stop in spans), etag if strong else "")
