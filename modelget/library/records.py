"""What is known about files that were hashed once: a small SQLite file that may vanish at any time."""

from __future__ import annotations

import logging
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

from ..types import Digest
from .disk import is_link
from .record_file import APPLICATION, VERSION, Reader, connect, is_ours, pragma

_log = logging.getLogger(__name__)

# A file that is damaged or not ours is left alone, and the next name is used instead.
_FILES = ("records.sqlite", "records.2.sqlite", "records.3.sqlite")
_SCHEMA = """
    CREATE TABLE IF NOT EXISTS files
        (path TEXT PRIMARY KEY, state TEXT NOT NULL, sha256 TEXT NOT NULL, origin TEXT);
    CREATE INDEX IF NOT EXISTS files_by_sha256 ON files (sha256);
"""
_LOGIN = re.compile(r"//[^/@]*@")


class Records:
    """Digests of files by path and state; each call is one short transaction of its own.

    May be asked by several threads at once.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._reader = Reader()

    def kept_open(self) -> AbstractContextManager[None]:
        """Keep the files open between calls until this ends: to open one takes ten times as long as to ask it."""
        return self._reader.kept_open()

    def get(self, path: str, state: str) -> tuple[Digest, str | None] | None:
        """Return the digest and the origin of a file that is still in that state."""
        return _first(
            self._read("SELECT sha256, origin FROM files WHERE path = ? AND state = ?", path, state)
        )

    def last(self, path: str) -> Digest | None:
        """Return the digest recorded last for a path, whatever state the file is in."""
        known = _first(self._read("SELECT sha256, origin FROM files WHERE path = ?", path))
        return known[0] if known else None

    def with_digest(self, digest: Digest) -> list[tuple[str, str]]:
        """Return (path, state) of every file recorded with that digest."""
        rows = self._read("SELECT path, state FROM files WHERE sha256 = ? ORDER BY path", digest.hex)
        return [(str(path), str(state)) for path, state in rows]

    def put(self, path: str, state: str, digest: Digest, origin: str | None) -> None:
        """Remember a file; when the disk refuses, say so in the log and go on."""
        row = (path, state, digest.hex, _without_secrets(origin))
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            stored = any(_store(file, row) for file in self._files())
        except (OSError, sqlite3.Error, ValueError) as error:  # ValueError: a path that is not Unicode
            _log.warning("%r: the digest is not remembered: %s", path, error)
            return
        if not stored:
            _log.warning("%r: the digest is not remembered: no usable record file", path)

    def _read(self, query: str, *values: str) -> list[tuple[str, str | None]]:
        rows: list[tuple[str, str | None]] = []
        for file in self._files():
            try:
                rows += self._reader.select(file, query, values)
            except (OSError, sqlite3.Error, ValueError) as error:
                _log.debug("%s: not readable: %s", file, error)
        return rows

    def _files(self) -> Iterator[Path]:
        """Yield the record files, but never follow a link that somebody put in their place."""
        if not is_link(self._folder):
            yield from (file for file in map(self._folder.joinpath, _FILES) if not is_link(file))


def _first(rows: list[tuple[str, str | None]]) -> tuple[Digest, str | None] | None:
    try:
        return next(((Digest("sha256", str(sha256)), origin) for sha256, origin in rows), None)
    except ValueError:  # somebody else wrote in our table
        return None


def state_of(facts: os.stat_result) -> str:
    """Return what must stay the same for a file to count as unchanged."""
    # Device numbers change between mounts, and Windows makes up inodes on some file systems.
    inode = facts.st_ino if os.name != "nt" else 0
    return f"{facts.st_size}:{facts.st_mtime_ns}:{inode}"


def _store(file: Path, row: tuple[str, str, str, str | None]) -> bool:
    """Write the row; return False when the file is damaged or belongs to something else."""
    try:
        with closing(connect(file)) as database:
            database.execute("BEGIN IMMEDIATE")
            if not (is_ours(database) or _is_new(database)):
                return False
            for statement in _SCHEMA.split(";"):
                database.execute(statement)
            database.execute(f"PRAGMA application_id = {APPLICATION}")
            database.execute(f"PRAGMA user_version = {VERSION}")
            database.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", row)
            database.execute("COMMIT")
        return True
    except sqlite3.OperationalError:  # locked, full or read-only: another file would fare no better
        raise
    except sqlite3.DatabaseError:
        return False


def _is_new(database: sqlite3.Connection) -> bool:
    tables = database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    return not (tables or pragma(database, "application_id") or pragma(database, "user_version"))


def _without_secrets(origin: str | None) -> str | None:
    """Drop the parts of a URL that can carry a token: query, fragment, user name and password."""
    if origin is None or "://" not in origin:
        return origin
    return _LOGIN.sub("//", re.split(r"[?#]", origin, maxsplit=1)[0])
