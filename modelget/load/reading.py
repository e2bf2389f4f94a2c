"""Read stretches of one file into memory that is there already, from several threads."""

from __future__ import annotations

import mmap
import os
import sys
import threading
from collections.abc import Sequence
from io import FileIO
from pathlib import Path
from types import TracebackType

from ..errors import LoadFailed
from ..verify import TensorHeader, read_tensor_header


class Opened:
    """A file open for reading at any offset; each call may come from another thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("rb", buffering=0)
        self.size = os.fstat(self._file.fileno()).st_size
        self._positioned = sys.platform != "win32" and hasattr(os, "preadv")
        self._local = threading.local()
        self._more: list[FileIO] = []

    def __enter__(self) -> Opened:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in (self._file, *self._more):
            file.close()

    def read_start(self) -> TensorHeader:
        """Read and check the header of a safetensors file; from one thread, before all else.

        Raises:
            UnsafeFile: it is none, or the header does not fit the file.
        """
        with self._path.open("rb") as file:
            return read_tensor_header(file, self._path.name, self.size)

    def mapped(self) -> mmap.mmap:
        """Return the whole file as memory; what is changed there never reaches the file.

        It lives as long as somebody uses it, also when the file is closed.

        Raises:
            OSError: this file system cannot map files.
        """
        return mmap.mmap(self._file.fileno(), self.size, access=mmap.ACCESS_COPY)

    def read_into(self, offset: int, views: Sequence[memoryview]) -> None:
        """Fill the views one behind the other with the bytes from ``offset`` on.

        Raises:
            LoadFailed: the file ends before; it was cut while it was being read.
            OSError: the disk cannot be read.
        """
        left = list(views)
        while left:
            count = self._read_some(offset, left)
            if not count:
                raise LoadFailed(f"{self._path.name}: the file ends early", "Is something still writing it?")
            offset += count
            while left and count >= len(left[0]):
                count -= len(left.pop(0))
            if count:
                left[0] = left[0][count:]

    def _read_some(self, offset: int, views: list[memoryview]) -> int:
        if sys.platform != "win32" and self._positioned:
            return os.preadv(self._file.fileno(), views, offset)
        file = self._of_this_thread()
        file.seek(offset)
        return file.readinto(views[0]) or 0

    def _of_this_thread(self) -> FileIO:
        """Return a file whose position no other thread moves."""
        mine: FileIO | None = getattr(self._local, "file", None)
        if mine is None:
            mine = self._path.open("rb", buffering=0)
            self._more.append(mine)
            if not os.path.samestat(os.fstat(mine.fileno()), os.fstat(self._file.fileno())):
                raise LoadFailed(
                    f"{self._path.name}: the file was replaced while it was read", "Load it again."
                )
            self._local.file = mine
        return mine
