"""The disk under the fetch engine: it notes every act, can be full, and can take no more of them at any moment."""

from __future__ import annotations

import errno
import json
import os
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from threading import RLock
from typing import Any

import pytest

from modelget.fetch import part as part_module

_PAGE = 2**12
_PARTIAL = frozenset({"write", "note"})
"""Acts of which a kill can leave a half."""


@dataclass(frozen=True)
class Act:
    """Something that was done to the disk, noted when it was done (a ``syncing`` when it began)."""

    kind: str
    """``write``, ``cut``, ``syncing``, ``synced``, ``name`` (a link or a rename), ``note`` or ``remove``."""
    path: Path
    span: tuple[int, int] = (0, 0)
    """The bytes of a write; a cut leaves those from 0."""
    target: Path | None = None
    """The new name."""
    claims: tuple[tuple[int, int], ...] = ()
    """What the journal says from here on, when that is what got its name."""


class Disk:
    """Stands between the engine and the real disk until ``monkeypatch`` is undone.

    Once it is ``gone``, each act fails and changes nothing. What a fetch leaves behind is then what a
    ``kill -9`` at that moment leaves, and lives through in this process.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.acts: list[Act] = []
        self.room = 2**60
        self.gone = False
        self._left: int | None = None
        self._left_once_named: int | None = None
        self._lock = RLock()
        self._paths: dict[int, Path] = {}
        self._safe: dict[Path, bytes] = {}
        self._notes: list[bytes] = []
        self._forgotten = 0
        self._patch_files(monkeypatch)
        self._patch_names(monkeypatch)

    def goes_after(self, acts: int, *, once_named: bool = False) -> None:
        """Let so many acts more pass, or so many once a file has its final name; leave the next one half done."""
        self._left, self._left_once_named = (None, acts) if once_named else (acts, None)

    def returns(self) -> None:
        """Be as healthy as before."""
        self.gone, self.room = False, 2**60
        self._left = self._left_once_named = None

    def lose_power(self, part: Path, journal: Path, chance: random.Random, *, is_proven: bool) -> None:
        """Lose what was not synced: each page that was written since may be here, as it was before, or zeros.

        The journal is never synced, so it may be an older one, cut short or gone. An older one than the last
        time that everything was forgotten is only tried where a digest ``is_proven`` in the end.
        """
        if part.exists():
            with suppress(FileNotFoundError):
                part.write_bytes(self._torn(part.read_bytes(), self._safe.get(part, b""), chance))
        notes = self._notes if is_proven else self._notes[self._forgotten :]
        outcome = chance.choice(["kept", "kept", "older", "cut", "gone"])
        if outcome == "older" and notes:
            journal.write_bytes(chance.choice(notes))
        elif journal.exists() and outcome == "cut":
            text = journal.read_bytes()
            journal.write_bytes(text[: chance.randrange(len(text) + 1)])
        elif outcome == "gone":
            journal.unlink(missing_ok=True)

    @staticmethod
    def _torn(here: bytes, safe: bytes, chance: random.Random) -> bytes:
        size = chance.choice([len(here), max(len(safe), chance.randrange(len(here) + 1))])
        torn = bytearray(here[:size].ljust(len(safe), b"\0"))
        for at in range(0, len(torn), _PAGE):
            page, synced = bytes(torn[at : at + _PAGE]), safe[at : at + _PAGE]
            before = synced.ljust(len(page), b"\0")
            if page != before:
                torn[at : at + _PAGE] = chance.choice([page, before])
        return bytes(torn)

    def _act(self, act: Act, do: Callable[[], Any], half: Callable[[], Any] = lambda: None) -> Any:
        """Do something and note it, unless the disk is gone."""
        with self._lock:
            if not self.gone and self._left == 0:
                self.gone = True
                if act.kind in _PARTIAL:
                    half()
            if self.gone:
                raise OSError(errno.EIO, "The disk is gone", str(act.path))
            if self._left is not None:
                self._left -= 1
            done = do()
            self.acts.append(act)
            if act.kind == "name" and act.path.suffix == ".part" and self._left_once_named is not None:
                self._left = self._left_once_named
            if (act.kind, act.path.suffix) == ("remove", ".json"):
                self._forgotten = len(self._notes)
            return done

    def _write(self, path: Path, data: memoryview, at: int, write: Callable[[memoryview], int]) -> int:
        with self._lock:
            self._refuse_when_full()
            some = data[: self.room]
            written: int = self._act(
                Act("write", path, (at, at + len(some))),
                lambda: write(some),
                lambda: write(some[: len(some) // 2]),
            )
            self.room -= written
            return written

    def _refuse_when_full(self) -> None:
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _sync(self, descriptor: int, sync: Callable[[int], None]) -> None:
        path = self._paths.get(descriptor, Path())
        # Other threads may write meanwhile, and nothing says that those bytes are covered.
        covered = path.read_bytes() if path.suffix == ".part" else b""
        self._act(Act("syncing", path), lambda: None)
        sync(descriptor)
        self._act(Act("synced", path), lambda: self._safe.update({path: covered}))

    def _patch_files(self, monkeypatch: pytest.MonkeyPatch) -> None:
        disk = self
        pwrite, fsync, open_file = os.pwrite, os.fsync, os.open

        class Noted(FileIO):
            def write(self, data: memoryview) -> int:  # type: ignore[override]
                return disk._write(disk._paths[self.fileno()], data, self.tell(), super().write)

            def truncate(self, size: int | None = None) -> int:
                cut, path = super().truncate, disk._paths[self.fileno()]
                done: int = disk._act(Act("cut", path, (0, size or 0)), lambda: cut(size))
                return done

        def remember(path: Any, flags: int, *rest: Any, **named: Any) -> int:
            where = Path(os.fspath(path))
            if flags & os.O_CREAT and not where.exists():
                descriptor = disk._act(Act("make", where), lambda: open_file(path, flags, *rest, **named))
            else:
                descriptor = open_file(path, flags, *rest, **named)
            disk._paths[descriptor] = where
            return int(descriptor)

        monkeypatch.setattr(part_module, "FileIO", Noted)
        monkeypatch.setattr(os, "open", remember)
        monkeypatch.setattr(os, "fsync", lambda descriptor: disk._sync(descriptor, fsync))
        monkeypatch.setattr(
            os,
            "pwrite",
            lambda fd, data, at: disk._write(disk._paths[fd], data, at, lambda some: pwrite(fd, some, at)),
        )

    def _patch_names(self, monkeypatch: pytest.MonkeyPatch) -> None:
        link, unlink, open_path = os.link, Path.unlink, Path.open

        def linked(source: Any, target: Any) -> None:
            self._act(Act("name", Path(source), target=Path(target)), lambda: link(source, target))

        def removed(path: Path, missing_ok: bool = False) -> None:
            if os.path.lexists(path):
                self._act(Act("remove", path), lambda: unlink(path, missing_ok))
            else:
                unlink(path, missing_ok)

        def opened(path: Path, mode: str = "r", *rest: Any, **named: Any) -> Any:
            if "x" not in mode:
                return open_path(path, mode, *rest, **named)
            self._refuse_when_full()
            return self._act(
                Act("note", path),
                lambda: open_path(path, mode, *rest, **named),
                lambda: path.write_text('{"identity": "sha2'),
            )

        monkeypatch.setattr(os, "link", linked)
        monkeypatch.setattr(Path, "unlink", removed)
        monkeypatch.setattr(Path, "open", opened)
        monkeypatch.setattr(Path, "rename", self._renaming(Path.rename))
        monkeypatch.setattr(Path, "replace", self._renaming(Path.replace))

    def _renaming(self, rename: Callable[[Path, Any], Path]) -> Callable[[Path, Any], Path]:
        def renamed(path: Path, target: Any) -> Path:
            claims = ()
            if path.suffix == ".new":
                note = path.read_bytes()
                claims = tuple(map(tuple, json.loads(note)["spans"]))
            act = Act("name", path, target=Path(target), claims=claims)
            moved: Path = self._act(act, lambda: rename(path, target))
            if path.suffix == ".new":
                self._notes.append(note)
            return moved

        return renamed
