"""The unfinished file, and the journal that says how much of it can be trusted."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import stat
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Any

from ..types import Download

CHECKPOINT_BYTES = 64 * 2**20
"""At most this much is fetched twice after a crash."""

DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})

_ROOM_FOR_JOURNAL = 64 * 2**10
_OPEN = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)

STRONG_ETAG = re.compile(r'"[!#-~]*"')
"""A validator for which equal means byte for byte the same, and that is safe to send back."""


def staged_name(download: Download) -> str:
    """Return the stem of a download's files in the staging folder, different for each destination."""
    place = hashlib.sha256(os.fsencode(download.destination)).hexdigest()[:8]
    return f"{download.destination.name}.{place}"


def discard_leftovers(download: Download) -> None:
    """Remove what an interrupted fetch left of a file that is complete elsewhere."""
    path, journal = _places(download)
    for leftover in (path, journal, _scratch(journal)):
        with suppress(OSError):  # the file itself is fine
            leftover.unlink()


class Part:
    """Bytes of one download, appended in order; ``size`` of them are here.

    The journal is written after the bytes it counts are on the disk, so after a power cut the file may
    hold less than was received, and never something else.
    """

    def __init__(self, path: Path, journal: Path, identity: str) -> None:
        self.path, self._journal, self._identity = path, journal, identity
        self.etag = ""
        self.total: int | None = None
        self._file = _open_own(path)
        self._synced = 0
        self.size = 0

    @classmethod
    def open(cls, download: Download) -> Part:
        """Open what an earlier fetch of the same bytes left, else an empty part."""
        path, journal = _places(download)
        candidate = download.candidate
        part = cls(path, journal, f"{candidate.digest or candidate.id} -> {download.destination}")
        part._recall()
        return part

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes."""
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]
        self.size += len(data)
        if self.size - self._synced >= CHECKPOINT_BYTES:
            self.checkpoint()

    def checkpoint(self) -> None:
        """Put the bytes on the disk, then say so in the journal."""
        os.fsync(self._file.fileno())
        state = {"identity": self._identity, "etag": self.etag, "synced": self.size}
        scratch = _scratch(self._journal)
        scratch.unlink(missing_ok=True)
        with scratch.open("x", encoding="utf-8") as file:
            json.dump(state, file)
        scratch.replace(self._journal)
        self._synced = self.size

    def restart(self) -> None:
        """Forget all bytes: the file changed at its source, or the server cannot continue."""
        self._journal.unlink(missing_ok=True)
        self._file.truncate(0)
        self.size = self._synced = 0
        self.etag, self.total = "", None

    def close(self) -> None:
        """Keep what is here for the next time."""
        if self._file.closed:
            return
        with suppress(OSError):  # a failing disk must not hide the error that led here
            self._settle()
        with suppress(OSError):
            self._file.close()
        if self.size == 0:
            self.discard()

    def seal(self) -> None:
        """Put all bytes on the disk and close, before the file gets its name."""
        os.fsync(self._file.fileno())
        with suppress(OSError):  # it matters only if the name turns out to be taken
            self.checkpoint()
        self._file.close()

    def discard(self) -> None:
        """Remove the bytes and the journal."""
        with suppress(OSError):
            self._file.close()
        for path in (self.path, self._journal, _scratch(self._journal)):
            path.unlink(missing_ok=True)

    def _settle(self) -> None:
        """Cut off a chunk that was half written, and note the rest."""
        self._file.truncate(self.size)
        if self.size <= self._synced:
            return
        try:
            self.checkpoint()
        except OSError:
            # On a full disk the journal finds no room either: it is worth a few bytes of the file.
            self.size = max(self._synced, self.size - _ROOM_FOR_JOURNAL)
            self._file.truncate(self.size)
            self.checkpoint()

    def _recall(self) -> None:
        state = _read_journal(self._journal)
        synced, etag = state.get("synced"), state.get("etag")
        here = self.path.stat().st_size
        if state.get("identity") != self._identity or type(synced) is not int or not 0 < synced <= here:
            self.restart()
            return
        self.etag = etag if isinstance(etag, str) and STRONG_ETAG.fullmatch(etag) else ""
        self._file.truncate(synced)
        self.size = self._synced = synced


def _places(download: Download) -> tuple[Path, Path]:
    name = staged_name(download)
    return download.staging / f"{name}.part", download.staging / f"{name}.json"


def _scratch(journal: Path) -> Path:
    return journal.with_suffix(".json.new")


def _open_own(path: Path) -> FileIO:
    """Open for appending, never through a link, and never a file that has another name too.

    A crash in the middle of publishing leaves one file with two names; one of them is the user's.
    """
    with suppress(FileNotFoundError):
        facts = path.lstat()
        if not stat.S_ISREG(facts.st_mode) or facts.st_nlink > 1:
            path.unlink()
    return FileIO(os.open(path, _OPEN, 0o666), "a")


def _read_journal(path: Path) -> dict[str, Any]:
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return state if isinstance(state, dict) else {}
