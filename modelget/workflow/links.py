"""Where a linked widget's value really comes from: a primitive, through reroutes, or a subgraph's promoted widget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .graph import Graph, Node
from .ignored_nodes import CARRIERS, IGNORED, OUTPUT_INPUTS, REROUTES
from .loader_nodes import places_of, selects_model
from .subgraphs import Widget
from .widgets import Choice

_MAX_HOPS = 50


@dataclass(frozen=True, slots=True)
class Value:
    """What a link or a promoted widget brings; no name when it is no model, or only known while running."""

    name: str = ""
    source: str | None = None
    """Execution id of the node that holds the value; None for a promoted widget."""
    meant: bool = True
    """Whether the source exists to feed widgets; else only a known loader's input proves that it is a model."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One graph as seen from one instance of it."""

    graph: Graph
    prefix: str | None = ""
    """Before each node's id in execution ids (``57:``); None in a definition that nothing uses."""
    active: bool = True
    slots: Mapping[int, Value] | None = None
    """What arrives at the inputs of the subgraph through links, by slot."""
    overrides: Mapping[Widget, Value] | None = None
    """What promoted widgets say."""

    def execution_id(self, node: Node) -> str | None:
        """Give the id that ComfyUI uses for the node in this instance."""
        return None if self.prefix is None else f"{self.prefix}{node.id}"


@dataclass(frozen=True, slots=True)
class Selected:
    """A model that a node selects in the end, and the node that held its name if another one."""

    choice: Choice
    source: str | None = None


def selected_by(scope: Scope, node: Node) -> list[Selected]:
    """List what the node selects, with links and promoted values in place of its own widget values."""
    if node.type in IGNORED or not (node.choices or node.widget_links or scope.overrides):
        return []
    given = _given(scope, node)
    selected = [Selected(choice) for choice in node.choices if choice.input not in given]
    for name, value in given.items():
        known = value.meant or selects_model(node.type, name)
        if value.name and known and name not in OUTPUT_INPUTS:
            enabled = name not in node.choice_at or node.choice_at[name].enabled
            selected.append(Selected(Choice(value.name, name, enabled), value.source))
    return selected


def value_of(scope: Scope, link_id: str) -> Value | None:
    """Follow a link to the value it brings; None when it leads nowhere, so that the widget's own value counts."""
    holder: Value | None = None
    for _ in range(_MAX_HOPS):
        link = scope.graph.links.get(link_id)
        if link is None:
            return holder
        if link.origin == scope.graph.input_node:
            return (scope.slots or {}).get(link.slot, holder)
        node = scope.graph.by_id.get(link.origin)
        if node is None or not node.active:
            return holder
        onwards = next(iter(node.links.values()), None)
        if onwards is None or node.type not in (REROUTES | CARRIERS):
            return _held_by(scope, node)
        if node.type in CARRIERS:
            holder = _held_by(scope, node)
        link_id = onwards
    return Value()


def _given(scope: Scope, node: Node) -> dict[str, Value]:
    given: dict[str, Value] = {}
    if scope.overrides:
        widgets = {choice.input for choice in node.choices if choice.input}
        widgets.update(place.input for place in places_of(node.type))
        for name in sorted(widgets.union(node.widget_links)):
            override = scope.overrides.get((node.id, name))
            if override is not None:
                given[name] = override
    for name, link_id in node.widget_links.items():
        value = value_of(scope, link_id)
        if value is not None:
            given[name] = value
    return given


def _held_by(scope: Scope, node: Node) -> Value:
    meant = node.type in CARRIERS
    if len(node.choices) != 1:
        return Value(meant=meant)
    choice = node.choices[0]
    override = (scope.overrides or {}).get((node.id, choice.input or ""))
    name = override.name if override else choice.name
    return Value(name if choice.enabled else "", scope.execution_id(node), meant)
