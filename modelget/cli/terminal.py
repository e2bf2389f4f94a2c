"""How things look: colours and tables on a terminal, plain text in a pipe."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

from ..errors import ModelgetError

_COLOURS = {"red": "31", "green": "32", "yellow": "33", "cyan": "36", "bold": "1", "dim": "2"}


def colour(text: str, name: str, stream: TextIO | None = None) -> str:
    """Return the text in a colour when the stream is a terminal that wants one."""
    stream = stream or sys.stdout
    if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    if sys.platform == "win32":
        os.system("")  # noqa: S605,S607 - an empty command makes older consoles understand colours
    return f"\x1b[{_COLOURS[name]}m{text}\x1b[0m"


def fail(error: ModelgetError) -> None:
    """Say on standard error what happened and what to do about it, on one line each."""
    print(f"{colour('modelget:', 'red', sys.stderr)} {plain(str(error))}", file=sys.stderr)
    if error.hint:
        print(f"  {plain(error.hint)}", file=sys.stderr)


def plain(text: str) -> str:
    """Return the text with everything that could steer a terminal shown as an escape."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def table(rows: Iterable[Sequence[str]], indent: str = "  ") -> str:
    """Return rows in aligned columns; trailing empty cells take no space."""
    rows = [[plain(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
    return "\n".join(indent + line for line in lines)
