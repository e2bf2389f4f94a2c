"""The saved widget values of one node → the model names among them, each with its input when that is known."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from types import MappingProxyType

from .folder_names import Declared, folder_name, folders_declared
from .ignored_nodes import OUTPUT_INPUTS
from .loader_nodes import NO_HOST, LoaderTable, folder_inputs, places_of
from .names import Found, canonical, is_model_name, names_in
from .stacks import is_switched_off
from .untyped import as_dict, as_id, as_list, as_text

_SEED_CONTROLS = frozenset({"fixed", "increment", "decrement", "randomize"})

NONE: Declared = MappingProxyType({})
"""Nothing is declared."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Choice:
    """A model name in a widget; ``enabled`` is False in a row that is switched off, ``is_folder`` marks a folder's."""

    name: str
    input: str | None
    enabled: bool = True
    is_folder: bool = False


def choices_of(
    node: dict[str, object], widgets: list[str], declared: Declared, host: LoaderTable = NO_HOST
) -> tuple[Choice, ...]:
    """List the model names that the node holds; ``widgets`` are its widget inputs in order."""
    values, node_type = node.get("widgets_values"), as_text(node.get("type"))
    if not (isinstance(values, list) and values):
        named = as_dict(values) or as_dict(node.get("widgets_values_named"))
        return tuple(choices_by_name(node_type, named, declared))
    found = [
        (position, model)
        for position, value in enumerate(values)
        for model in names_in(value, enabled=not is_switched_off(node_type, position, values))
    ]
    placed = tuple(_placed(node, found, widgets, declared, host)) if found else ()
    return placed + tuple(_folders(node, values, widgets, declared, host))


def choices_by_name(node_type: str, values: dict[str, object], declared: Declared = NONE) -> Iterator[Choice]:
    """List the model names among values that are saved by input."""
    as_folders = folders_declared(declared)
    for key, value in values.items():
        if key not in OUTPUT_INPUTS:
            for found in names_in(value, enabled=not is_switched_off(node_type, key, values)):
                yield Choice(found.name, key, found.enabled)
            if name := folder_name(node_type, key, value, as_folders):
                yield Choice(name, key, is_folder=True)


def _folders(
    node: dict[str, object],
    values: list[object],
    widgets: list[str],
    declared: Declared,
    host: LoaderTable,
) -> Iterator[Choice]:
    node_type, as_folders = as_text(node.get("type")), folders_declared(declared)
    if not (as_folders or folder_inputs(node_type)):
        return
    inputs = inputs_by_position(node, widgets, host)
    for position, value in enumerate(values):
        if name := folder_name(node_type, inputs.get(position), value, as_folders):
            yield Choice(name, inputs.get(position), is_folder=True)


def _placed(
    node: dict[str, object],
    found: list[tuple[int, Found]],
    widgets: list[str],
    declared: Collection[str],
    host: LoaderTable,
) -> Iterator[Choice]:
    named = as_dict(node.get("widgets_values_named"))
    inputs = inputs_by_position(node, widgets, host)
    inputs_by_name = _inputs_by_name(named)
    for position, model in found:
        key = inputs_by_name.get(model.name) or inputs.get(position)
        if key not in OUTPUT_INPUTS:
            name = _settle(model.name, named.get(key) if key else None, declared, as_id(node.get("id")))
            yield Choice(name, key, model.enabled)


def inputs_by_position(
    node: dict[str, object], widgets: list[str], host: LoaderTable = NO_HOST
) -> dict[int, str]:
    """Say which input each saved value belongs to, as far as that is certain."""
    values = as_list(node.get("widgets_values"))
    places = places_of(as_text(node.get("type")), host)
    inputs: dict[int, str] = {}
    # "control_after_generate" follows a seed in the values but has no input of its own.
    own = [
        at
        for at, value in enumerate(values)
        if not (at and as_text(value) in _SEED_CONTROLS and isinstance(values[at - 1], (int, float)))
    ]
    if len(own) == len(widgets):
        inputs.update(zip(own, widgets, strict=True))
    inputs.update({place.position: place.input for place in places if place.position is not None})
    return inputs


def _inputs_by_name(named: dict[str, object]) -> dict[str, str]:
    """Give the one input that holds each model name; names that stand in two inputs are left out."""
    inputs: dict[str, str] = {}
    twice: set[str] = set()
    for key, value in named.items():
        if is_model_name(value):
            name = canonical(as_text(value))
            if name in inputs:
                twice.add(name)
            inputs[name] = key
    return {name: key for name, key in inputs.items() if name not in twice}


def _settle(name: str, named: object, declared: Collection[str], node_id: str) -> str:
    """Choose between the value in the list and a stale one under the input's name: the declared one wins."""
    if not is_model_name(named) or canonical(as_text(named)) == name:
        return name
    other = canonical(as_text(named))
    winner = other if other in declared and name not in declared else name
    _logger.warning("node %s names two models, %r and %r; taking %r", node_id, name, other, winner)
    return winner
