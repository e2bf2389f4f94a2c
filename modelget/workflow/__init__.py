"""Workflow files: bytes in, the models they need out; nothing untyped leaves this package."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from ..errors import InvalidWorkflow
from ..types import Requirement, Workflow
from . import infotext, recipes
from .api_prompt import selections as selections_in_prompt
from .declarations import Declaration, declared_in
from .document import MAX_BYTES, Document, load, plain_text
from .embedded import HEAD_SIZE, extract, recognise
from .joined import join
from .loader_nodes import NO_HOST, LoaderTable
from .own_nodes import said_in_graph, said_in_prompt
from .pinning import is_same_but_pins, with_pins
from .requirements import merge
from .ui_graph import selections as selections_in_graph

__all__ = [
    "MAX_BYTES",
    "can_hold_workflow",
    "is_same_but_pins",
    "parse",
    "parse_text",
    "read",
    "read_stream",
    "with_pins",
]


def parse(raw: bytes, name: str, host: LoaderTable = NO_HOST) -> Workflow:
    """Find every model that a file names: a workflow or recipe (JSON), an infotext, or a picture, video … with one.

    ``host`` is what a running ComfyUI says about its loaders: it places models of nodes that our tables do not know.

    Raises:
        InvalidWorkflow: the bytes hold no workflow that can be read.
    """
    return read_stream(BytesIO(raw), name, host)


def read(path: Path) -> Workflow:
    """Parse a workflow file; raise InvalidWorkflow when it cannot be read or holds no workflow."""
    try:
        with path.open("rb") as stream:
            return read_stream(stream, str(path))
    except OSError as error:
        hint = "Check the path and that you may read the file."
        raise InvalidWorkflow(str(path), f"cannot be opened ({error.strerror or error})", hint) from error


def read_stream(stream: BinaryIO, name: str, host: LoaderTable = NO_HOST) -> Workflow:
    """Parse a workflow out of a seekable stream, of which only the parts that matter are read.

    Raises:
        InvalidWorkflow: it holds no workflow that can be read.
        OSError: the stream cannot be read.
    """
    document = _document(stream, name)
    readings: list[tuple[Requirement, ...]] = []
    refusals: list[InvalidWorkflow] = []
    for reading in _readings(document, name, host):
        try:
            readings.append(reading())
        except InvalidWorkflow as refusal:  # another reading of the same file may do
            refusals.append(refusal)
    # A text comes last: it has names without suffix, and knows less than what ran.
    if not readings and document.parameters and (told := parse_text(document.parameters, name)):
        return told
    if not readings:
        raise refusals[0] if refusals else _no_reader(name)
    return Workflow(name, join(readings))


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


def can_hold_workflow(path: Path) -> bool:
    """Tell whether a file is JSON by its name, or by its first bytes of a kind that can carry a workflow."""
    if path.suffix.lower() == ".json":
        return True
    try:
        with path.open("rb") as stream:
            return recognise(stream.read(HEAD_SIZE)) is not None
    except OSError:
        return False


def _document(stream: BinaryIO, name: str) -> Document:
    stream.seek(0)
    medium = recognise(stream.read(HEAD_SIZE))
    if medium is None:
        stream.seek(0)
        raw = stream.read(MAX_BYTES + 1)
        text = plain_text(raw)
        if recipes.recipe_in(text) or infotext.is_infotext(text):
            return Document({}, None, envelope={}, parameters=text)
        return load(raw, name)
    found = extract(stream, medium, name)
    return Document(found.workflow or {}, found.prompt, envelope={}, parameters=found.parameters)


def _readings(
    document: Document, name: str, host: LoaderTable
) -> list[Callable[[], tuple[Requirement, ...]]]:
    """List the ways to read a document, best first; ``join`` says how their results come together."""
    declared = [*declared_in(document.graph), *declared_in(document.envelope)]
    readings: list[Callable[[], tuple[Requirement, ...]]] = []
    if document.graph:
        declared += said_in_graph(document.graph)
        readings.append(partial(_in_graph, document.graph, declared, name, host))
    if document.prompt is not None:
        told = [*declared, *said_in_prompt(document.prompt)]
        readings.append(partial(_in_prompt, document.prompt, told, name, host))
    if document.recipe is not None:
        readings.append(partial(recipes.requirements_in, document.recipe, name))
    return readings


def _in_graph(
    graph: dict[str, object], declared: list[Declaration], name: str, host: LoaderTable
) -> tuple[Requirement, ...]:
    return merge(selections_in_graph(graph, name, host), declared, how="widget")


def _in_prompt(
    prompt: dict[str, object], declared: list[Declaration], name: str, host: LoaderTable
) -> tuple[Requirement, ...]:
    return merge(selections_in_prompt(prompt, name, host), declared, how="input")


def _no_reader(name: str) -> InvalidWorkflow:
    reason = "holds no workflow, only generation parameters of a kind that is not known"
    return InvalidWorkflow(
        name, reason, "Ask for the ComfyUI workflow; `modelget get ID` fetches a single model."
    )
