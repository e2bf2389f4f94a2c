"""Small files that others keep beside the models: each whole or absent, and free to vanish at any time."""

from __future__ import annotations

import logging
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from .disk import is_link, regular_file

LARGEST_NOTE = 64 * 2**20

_log = logging.getLogger(__name__)


class Notes:
    """Bytes by name; a disk that refuses is no error, since whoever keeps a note can do without it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> bytes | None:
        """Return a note; None when there is none that can be read."""
        path = self._path(name)
        try:
            facts = regular_file(path)
            return path.read_bytes() if facts and facts.st_size <= LARGEST_NOTE else None
        except OSError as error:
            _log.debug("%s: not readable: %s", path, error)
            return None

    def write(self, name: str, content: bytes) -> None:
        """Keep a note in place of the one before; when the disk refuses, say so in the log and go on."""
        path = self._path(name)
        # Never through a link that somebody put in the folder's place.
        if is_link(self._folder) or is_link(self._folder.parent):
            return
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, unfinished = tempfile.mkstemp(dir=self._folder, prefix=f"{name}.")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                Path(unfinished).replace(path)
            except BaseException:
                with suppress(OSError):
                    Path(unfinished).unlink()
                raise
        except OSError as error:
            _log.warning("%s: not kept: %s", path, error)

    def _path(self, name: str) -> Path:
        if not name.isascii() or not name.replace("-", "").replace("_", "").replace(".", "").isalnum():
            raise ValueError(f"not a note's name: {name!r}")
        return self._folder / name
