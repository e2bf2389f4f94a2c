"""Workflow files: bytes in, the models they need out; nothing untyped leaves this package."""

from __future__ import annotations

from pathlib import Path

from ..errors import InvalidWorkflow
from ..types import Workflow
from .api_prompt import selections as selections_in_prompt
from .declarations import declared_in
from .document import load
from .requirements import merge
from .ui_graph import selections as selections_in_graph

__all__ = ["parse", "read"]


def parse(raw: bytes, name: str) -> Workflow:
    """Find every model that a workflow file (UI graph or API prompt) names; raise InvalidWorkflow if it is none."""
    document = load(raw, name)
    declared = [*declared_in(document.graph), *declared_in(document.envelope)]
    if document.prompt is not None:
        return Workflow(name, merge(selections_in_prompt(document.prompt, name), declared, how="input"))
    return Workflow(name, merge(selections_in_graph(document.graph, name), declared, how="widget"))


def read(path: Path) -> Workflow:
    """Parse a workflow file; raise InvalidWorkflow when it cannot be opened or holds no workflow."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        hint = "Check the path and that you may read the file."
        raise InvalidWorkflow(str(path), f"cannot be opened ({error.strerror or error})", hint) from error
    return parse(raw, str(path))
