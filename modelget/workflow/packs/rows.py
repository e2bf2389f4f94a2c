"""How a table of loaders is written."""

from __future__ import annotations

ANY = "*"
"""Instead of an input's name: whatever model the node names, in any input, lies in that folder."""

Row = dict[str, tuple["int | None", "str | None"]]
"""Input -> position among the saved widget values (None where versions differ) and model folder.

The folder is None where the input offers the files of several: then only the file's declaration can tell.
"""

Rows = dict[str, Row]
"""The row of each node type."""


def all_in(folder: str, *node_types: str) -> Rows:
    """Write the rows of nodes that look in one folder only."""
    return {node_type: {ANY: (None, folder)} for node_type in node_types}


def in_order(**folders: str | None) -> Row:
    """Write the row of a node from its widgets in their saved order; None for a widget that names no model."""
    return {name: (at, folder) for at, (name, folder) in enumerate(folders.items()) if folder}
