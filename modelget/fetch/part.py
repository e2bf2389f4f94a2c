"""The unfinished file: bytes may arrive anywhere in it, and it knows which are here and which are safe."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
import sys
from contextlib import suppress
from io import FileIO
from pathlib import Path
from threading import Condition, Event, Lock

from ..types import Download
from ..verify import Hasher
from .journal import Entry, Journal
from .spans import Span, Spans

CHECKPOINT_BYTES = 32 * 2**20
"""After this much a checkpoint is due: about what is fetched twice after a crash."""

DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})

_ROOM_FOR_JOURNAL = 64 * 2**10
_OPEN = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def staged_name(download: Download) -> str:
    """Return the stem of a download's files in the staging folder, the same for the same bytes.

    Without a digest nothing tells which bytes are the same, and each destination has its own.
    """
    wanted = download.candidate.identity
    key = str(wanted).encode() if wanted else os.fsencode(download.destination)
    return (
        wanted.hex[:16] if wanted and wanted.algorithm == "sha256" else hashlib.sha256(key).hexdigest()[:16]
    )


def bytes_on_disk(download: Download) -> int:
    """Return how much of the disk an unfinished file takes already."""
    path, _journal = _places(download)
    try:
        facts = path.stat()
    except OSError:
        return 0
    return min(getattr(facts, "st_blocks", 2**60) * 512, facts.st_size)


def discard_leftovers(download: Download) -> None:
    """Remove what an interrupted fetch left of a file that is complete elsewhere, or no longer wanted."""
    path, journal = _places(download)
    with suppress(OSError):  # the file itself is fine
        path.unlink(missing_ok=True)
        journal.discard()


class Part:
    """Bytes of one download, written by several threads.

    The journal is written after the bytes it counts are on the disk, so after a power cut the file may
    hold less than was received, and never something else.
    """

    def __init__(self, path: Path, journal: Journal, identity: str) -> None:
        self.path, self.etag = path, ""
        self.total: int | None = None
        """Length of the whole file in bytes, once something tells."""
        self.received = 0
        """Bytes written since the part was opened, those of a part given up included."""
        self.unsynced = 0
        """Bytes written since the last checkpoint."""
        self.due = Event()
        """Set when it is time for a checkpoint."""
        self._journal, self._identity = journal, identity
        self._file = _open_own(path)
        self._spans = Spans()
        self._front = 0
        self._targets: list[int] = []  # what threads wait for: waking them for less costs more than it helps
        self._changed = Condition()
        self._is_sound = True  # after a failed sync the next one may succeed although bytes are lost
        self._is_private = False
        self._checkpointing, self._seeking = Lock(), Lock()

    @classmethod
    def open(cls, download: Download) -> Part:
        """Open what an earlier fetch of the same bytes left, else an empty part."""
        path, journal = _places(download)
        part = cls(path, journal, _identity(download))
        part._recall()
        return part

    @classmethod
    def of(cls, download: Download, *, is_alone: bool) -> Part:
        """Open the part that all share, unless others may write it at the same time."""
        return cls.open(download) if is_alone else cls.private(download)

    @classmethod
    def private(cls, download: Download) -> Part:
        """Make a part that nobody else opens and nobody continues."""
        path = download.staging / f"{staged_name(download)}.{secrets.token_hex(8)}.part"
        part = cls(path, Journal(path.with_suffix(".json")), _identity(download))
        part._is_private = True
        return part

    @property
    def size(self) -> int:
        """Bytes that are here."""
        with self._changed:
            return self._spans.size

    @property
    def front(self) -> int:
        """Bytes that are here without a gap from the beginning."""
        return self._front

    @property
    def spans(self) -> list[Span]:
        """The stretches that are here."""
        with self._changed:
            return list(self._spans)

    @property
    def end(self) -> int:
        """The byte after the last one that is here."""
        with self._changed:
            return self._spans.end

    @property
    def is_complete(self) -> bool:
        """Tell whether all bytes are here."""
        return self._front == self.total

    def gaps(self, total: int) -> list[Span]:
        """Return what is missing of a file of ``total`` bytes."""
        with self._changed:
            return self._spans.gaps(total)

    def write(self, at: int, data: bytes | memoryview) -> None:
        """Put bytes in their place."""
        rest = memoryview(data)
        while rest:
            rest = rest[self._write_some(at + len(data) - len(rest), rest) :]
        with self._changed:
            self._spans.add(at, at + len(data))
            self.received += len(data)
            self.unsynced += len(data)
            self._front = self._spans.front
            if self._targets and (self._front >= min(self._targets) or self._front == self.total):
                self._changed.notify_all()
        if self.unsynced >= CHECKPOINT_BYTES:
            self.due.set()

    def wait(self, target: int, seconds: float) -> int:
        """Wait until the first ``target`` bytes are here, at most so long; return how many are."""
        with self._changed:
            self._targets.append(target)
            self._changed.wait(seconds if self._front < target else 0)
            self._targets.remove(target)
            return self._front

    def wake(self) -> None:
        """End all waits now."""
        with self._changed:
            self._changed.notify_all()

    def checkpoint(self) -> None:
        """Put the bytes on the disk, then say so in the journal."""
        with self._checkpointing:
            with self._changed:
                entry = Entry(self._identity, tuple(self._spans), self.etag)
                covered = self.unsynced
            self.flush()
            self._journal.write(entry)
            with self._changed:
                self.unsynced -= covered

    def uncache(self, stop: int) -> None:
        """Let the system forget the pages of the first bytes, so that it keeps those of models in use."""
        if sys.platform == "linux":  # the others have no such call
            os.posix_fadvise(self._file.fileno(), 0, stop, os.POSIX_FADV_DONTNEED)

    def turn_to(self, download: Download) -> None:
        """Go on with another place: from nothing, where no digest proves bytes of whatever origin."""
        identity = _identity(download)
        if identity != self._identity:
            self.restart()
            self._identity = identity

    def restart(self) -> None:
        """Forget all bytes: the file changed at its source, or the server cannot continue."""
        with self._checkpointing, self._changed:
            self._journal.discard()
            self._file.truncate(0)
            self._spans = Spans()
            self._front = self.unsynced = 0
            self.etag, self.total = "", None

    def close(self) -> None:
        """Keep what is here for the next time."""
        if self._file.closed:
            return
        with suppress(OSError):  # a failing disk must not hide the error that led here
            self._settle()
        with suppress(OSError):
            self._file.close()
        if self.size == 0 or self._is_private:
            self.discard()

    def flush(self) -> None:
        """Put all bytes on the disk."""
        try:
            os.fsync(self._file.fileno())
        except OSError:
            self._is_sound = False
            raise

    def seal(self) -> None:
        """Put all bytes on the disk and close, before the file gets its name."""
        self.flush()
        with suppress(OSError):  # it matters only if the name turns out to be taken
            self.checkpoint()
        self._file.close()

    def discard(self) -> None:
        """Remove the bytes and the journal."""
        with suppress(OSError):
            self._file.close()
        self.path.unlink(missing_ok=True)
        self._journal.discard()

    def _write_some(self, at: int, data: memoryview) -> int:
        if sys.platform != "win32":
            return os.pwrite(self._file.fileno(), data, at)
        with self._seeking:
            self._file.seek(at)
            return self._file.write(data)

    def _settle(self) -> None:
        """Cut off what was half written, and note the rest."""
        self._file.truncate(self._spans.end)
        if not self.unsynced or not self._is_sound:
            return
        try:
            self.checkpoint()
        except OSError:
            # On a full disk the journal finds no room either: it is worth a few bytes of the file.
            self._spans.cut(self._spans.end - _ROOM_FOR_JOURNAL)
            self._file.truncate(self._spans.end)
            self.checkpoint()

    def _recall(self) -> None:
        """Believe the journal as far as the file reaches."""
        entry, here = self._journal.read(), self.path.stat().st_size
        if entry is None or entry.identity != self._identity or any(stop > here for _, stop in entry.spans):
            self.restart()
            return
        self.etag, self._spans = entry.etag, Spans(entry.spans)
        self._front = self._spans.front
        self._file.truncate(self._spans.end)


def _identity(download: Download) -> str:
    """Say which bytes a part holds: those of a digest, whoever sends them, or else those of one place."""
    candidate = download.candidate
    is_provable = Hasher(candidate.digest, candidate.size).proves(candidate.digest)
    return str(candidate.digest) if is_provable else f"{candidate.id} -> {download.destination}"


def _places(download: Download) -> tuple[Path, Journal]:
    name = staged_name(download)
    return download.staging / f"{name}.part", Journal(download.staging / f"{name}.json")


def _open_own(path: Path) -> FileIO:
    """Open never through a link, and never a file that has another name too.

    A crash in the middle of publishing leaves one file with two names; one of them is the user's.
    """
    with suppress(FileNotFoundError):
        facts = path.lstat()
        if not stat.S_ISREG(facts.st_mode) or facts.st_nlink > 1:
            path.unlink()
    return FileIO(os.open(path, _OPEN, 0o666), "r+")
