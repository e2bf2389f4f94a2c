"""One file of records as SQLite sees it: whether it is ours, and how to ask it often without opening it each time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Lock

from .disk import identity, regular_file

APPLICATION, VERSION = 0x4D474554, 1  # "MGET" in the file's header
_BUSY_SECONDS = 10.0

Rows = list[tuple[str, "str | None"]]


def connect(file: Path) -> sqlite3.Connection:
    """Open a file of records; only one thread may use the connection at a time."""
    return sqlite3.connect(file, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)


def is_ours(database: sqlite3.Connection) -> bool:
    """Tell whether we made this database, in the form that we read."""
    return (pragma(database, "application_id"), pragma(database, "user_version")) == (APPLICATION, VERSION)


def pragma(database: sqlite3.Connection, name: str) -> int:
    """Return a number from the file's header."""
    return int(database.execute(f"PRAGMA {name}").fetchone()[0])


class Reader:
    """Asks files of records; inside ``kept_open`` it opens each once, and anew when another bears its name.

    SQLite looks at each question whether somebody wrote since: an open file answers as one opened now.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._users = 0
        self._open: dict[Path, tuple[tuple[int, int] | None, sqlite3.Connection]] = {}

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """Keep files open until the last of those who asked for it ends."""
        with self._lock:
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    self._close_all()

    def select(self, file: Path, query: str, values: tuple[str, ...]) -> Rows:
        """Return the rows; none from a file that is missing or is not ours.

        Raises:
            sqlite3.Error, OSError: the file cannot be read.
        """
        if not regular_file(file):
            return []
        with self._lock:
            if not self._users:
                with closing(connect(file)) as database:
                    return database.execute(query, values).fetchall() if is_ours(database) else []
            try:
                kept = self._opened(file)
                return kept.execute(query, values).fetchall() if kept else []
            except sqlite3.Error:
                self._close(file)
                raise

    def _opened(self, file: Path) -> sqlite3.Connection | None:
        now = identity(file)
        known = self._open.get(file)
        if known and known[0] == now:
            return known[1]
        self._close(file)
        database = connect(file)
        self._open[file] = now, database
        if not is_ours(database):
            self._close(file)
            return None
        return database

    def _close(self, file: Path) -> None:
        known = self._open.pop(file, None)
        if known:
            with suppress(sqlite3.Error):
                known[1].close()

    def _close_all(self) -> None:
        for file in list(self._open):
            self._close(file)
