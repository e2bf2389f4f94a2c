"""Workflow files: bytes in, the models they need out; nothing untyped leaves this package."""

from __future__ import annotations

from pathlib import Path

from ..errors import InvalidWorkflow
from ..types import Workflow
from . import infotext, recipes
from .api_prompt import selections as selections_in_prompt
from .declarations import declared_in
from .document import load, plain_text
from .requirements import merge
from .ui_graph import selections as selections_in_graph

__all__ = ["parse", "parse_text", "read"]


def parse(raw: bytes, name: str) -> Workflow:
    """Find every model that a file names: UI graph, API prompt, infotext or recipe; else raise InvalidWorkflow."""
    if (told := parse_text(plain_text(raw), name)) is not None:
        return told
    document = load(raw, name)
    if document.recipe is not None:
        return Workflow(name, recipes.requirements_in(document.recipe, name))
    declared = [*declared_in(document.graph), *declared_in(document.envelope)]
    if document.prompt is not None:
        return Workflow(name, merge(selections_in_prompt(document.prompt, name), declared, how="input"))
    return Workflow(name, merge(selections_in_graph(document.graph, name), declared, how="widget"))


def parse_text(text: str, name: str) -> Workflow | None:
    """Find every model that the text of a picture names; None when it is neither infotext nor recipe."""
    recipe = recipes.recipe_in(text)
    if recipe is None and not infotext.is_infotext(text):
        return None
    listed = recipes.requirements_in(recipe, name) if recipe else ()
    told = infotext.requirements_in(text, name)
    # A recipe lists its LoRAs and checkpoint better than the text before it, which tells of more than those.
    more = [need for need in told if need.folder not in {need.folder for need in listed}]
    return Workflow(name, (*listed, *more))


def read(path: Path) -> Workflow:
    """Parse a workflow file; raise InvalidWorkflow when it cannot be opened or holds no workflow."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        hint = "Check the path and that you may read the file."
        raise InvalidWorkflow(str(path), f"cannot be opened ({error.strerror or error})", hint) from error
    return parse(raw, str(path))
