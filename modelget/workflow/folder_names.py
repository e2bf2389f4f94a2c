"""Folder models among a node's values: only where its type, or its own declaration, says that one is taken."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from .declarations import Declaration
from .loader_nodes import folder_inputs
from .names import canonical, is_model_name, is_name
from .packs.fetching import fetches_by_itself

Declared = Mapping[str, Sequence[Declaration]]


def folders_declared(declared: Declared) -> Collection[str]:
    """List the names that a node declares as folders."""
    return {name for name, entries in declared.items() if any(entry.is_folder for entry in entries)}


def folder_name(
    node_type: str, input_name: str | None, value: object, declared: Collection[str]
) -> str | None:
    """Return the name of the folder that a value stands for; None when it is none, or nothing says so.

    ``declared`` are the names that the node declares as folders. Nodes that fetch a repository by themselves put it
    into a folder of its last name.
    """
    if not isinstance(value, str) or is_model_name(value) or not is_name(value):
        return None
    name = canonical(value)
    if name in declared:
        return name
    if input_name not in folder_inputs(node_type) or not name.strip("./ "):
        return None
    return name.rpartition("/")[2] if fetches_by_itself(node_type) else name
