"""``-``: a workflow of any kind on standard input, as a stream that can be read in any order."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO, UnsupportedOperation
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from ..errors import InvalidWorkflow
from ..workflow.document import MAX_BYTES
from ..workflow.embedded import HEAD_SIZE, recognise

MAX_HELD = 4 * 2**30
"""A longer video is refused when it comes through a pipe: it must be held on disk to be read from its end."""

_PIECE = 2**20
_HINT = "Pass the file's path instead of -: then only the parts that matter are read."


@contextmanager
def standard_input() -> Iterator[BinaryIO]:
    """Give standard input as a seekable stream: a redirected file itself, else held in memory or on disk.

    Raises:
        InvalidWorkflow: more comes than may be held.
        OSError: it cannot be read, or not be held.
    """
    stream = sys.stdin.buffer
    if _is_file(stream):
        yield stream
        return
    first = stream.read(MAX_BYTES + 1)
    if len(first) <= MAX_BYTES or recognise(first[:HEAD_SIZE]) is None:
        yield BytesIO(first)
        return
    with TemporaryFile() as file:
        held = cast(BinaryIO, file)  # on Windows it is a wrapper that only behaves like one
        _copy(first, stream, held)
        yield held


def _is_file(stream: BinaryIO) -> bool:
    """Ask the system, not the stream: on Windows, pipes say that they can be read in any order."""
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode) and stream.tell() == 0
    except (OSError, UnsupportedOperation):
        return False


def _copy(piece: bytes, source: BinaryIO, held: BinaryIO) -> None:
    size = 0
    while piece:
        size += held.write(piece)
        if size > MAX_HELD:
            raise InvalidWorkflow("-", f"is longer than {MAX_HELD // 2**30} GiB", _HINT)
        piece = source.read(_PIECE)
