"""The unfinished file, and the journal that says how much of it can be trusted."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from ..types import Download

CHECKPOINT_BYTES = 64 * 2**20
"""At most this much is fetched twice after a crash."""


def staged_name(download: Download) -> str:
    """Return the stem of a download's files in the staging folder, different for each destination."""
    place = hashlib.sha256(os.fsencode(download.destination)).hexdigest()[:8]
    return f"{download.destination.name}.{place}"


class Part:
    """Bytes of one download, appended in order; ``size`` of them are here.

    The journal is written after the bytes it counts are on the disk, so after a power cut the file may
    hold less than was received, and never something else.
    """

    def __init__(self, path: Path, journal: Path, identity: str) -> None:
        self.path, self._journal, self._identity = path, journal, identity
        self.etag = ""
        self.total: int | None = None
        self._file: BinaryIO = path.open("ab")
        self._synced = 0
        self.size = 0

    @classmethod
    def open(cls, download: Download) -> Part:
        """Open what an earlier fetch of the same bytes left, else an empty part."""
        name = staged_name(download)
        part = cls(
            download.staging / f"{name}.part",
            download.staging / f"{name}.json",
            f"{download.candidate.digest or download.candidate.id} -> {download.destination}",
        )
        part._recall()
        return part

    def write(self, data: bytes) -> None:
        """Append bytes."""
        self._file.write(data)
        self.size += len(data)
        if self.size - self._synced >= CHECKPOINT_BYTES:
            self.checkpoint()

    def checkpoint(self) -> None:
        """Put the bytes on the disk, then say so in the journal."""
        self._file.flush()
        os.fsync(self._file.fileno())
        state = {"identity": self._identity, "etag": self.etag, "total": self.total, "synced": self.size}
        scratch = self._journal.with_suffix(".json.new")
        scratch.write_text(json.dumps(state), encoding="utf-8")
        scratch.replace(self._journal)
        self._synced = self.size

    def restart(self) -> None:
        """Forget all bytes: the file changed at its source, or the server cannot continue."""
        self._file.flush()
        self._file.truncate(0)
        self.size = self._synced = 0
        self.etag, self.total = "", None
        self._journal.unlink(missing_ok=True)

    def close(self) -> None:
        """Keep what is here for the next time."""
        if self._file.closed:
            return
        with suppress(OSError):  # a full disk must not hide the error that led here
            if self.size > self._synced:
                self.checkpoint()
        with suppress(OSError):
            self._file.close()
        if self.size == 0:
            self.discard()

    def seal(self) -> None:
        """Put all bytes on the disk and close, before the file gets its name."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def discard(self) -> None:
        """Remove the bytes and the journal."""
        with suppress(OSError):
            self._file.close()
        self.path.unlink(missing_ok=True)
        self._journal.unlink(missing_ok=True)

    def _recall(self) -> None:
        state = _read_journal(self._journal)
        synced = state.get("synced")
        here = self.path.stat().st_size
        if state.get("identity") != self._identity or not isinstance(synced, int) or not 0 < synced <= here:
            self.restart()
            return
        self.etag = str(state.get("etag") or "")
        self.total = state["total"] if isinstance(state.get("total"), int) else None
        self._file.truncate(synced)
        self.size = self._synced = synced


def _read_journal(path: Path) -> dict[str, Any]:
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return state if isinstance(state, dict) else {}
