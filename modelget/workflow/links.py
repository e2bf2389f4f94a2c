"""Where a linked widget's value really comes from: a primitive, through reroutes, or a subgraph's promoted widget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .graph import Graph, Node
from .ignored_nodes import CARRIERS, IGNORED, OUTPUT_INPUTS, REROUTES
from .loader_nodes import places_of, selects_model
from .subgraphs import Widget
from .switches import FIRST_OF, GETTERS, SWITCHES, chosen_input
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
    outer: Scope | None = None
    """The graph that holds this instance."""

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
    selected = [
        Selected(choice)
        for choice in node.choices
        # What a link brings instead of a folder's name is not followed: the saved value may be an old one.
        if choice.input not in given and not (choice.is_folder and choice.input in node.links)
    ]
    for name, value in given.items():
        known = value.meant or selects_model(node.type, name, scope.graph.host)
        if value.name and known and name not in OUTPUT_INPUTS:
            enabled = name not in node.choice_at or node.choice_at[name].enabled
            selected.append(Selected(Choice(value.name, name, enabled), value.source))
    return selected


def value_of(scope: Scope, link_id: str) -> Value | None:
    """Follow a link to the value it brings; None when it leads nowhere, so that the widget's own value counts."""
    holder: Value | None = None
    here: Scope | None = scope
    onwards: str | None = link_id
    for _ in range(_MAX_HOPS):
        link = here.graph.links.get(onwards) if here and onwards else None
        if here is None or link is None:
            return holder
        if link.origin == here.graph.input_node:
            return (here.slots or {}).get(link.slot, holder)
        node = here.graph.by_id.get(link.origin)
        if node is None or not _hands_on(node):
            return holder
        if node.type in CARRIERS:
            holder = _held_by(here, node)
        if node.type in GETTERS:
            here, onwards = _set_elsewhere(here, node)
            continue
        onwards = _passed_on(here, node)
        if onwards is None:
            return _held_by(here, node)
    return Value()


def _hands_on(node: Node) -> bool:
    """Tell whether the page asks the node at all: a primitive sets its widgets even when it is switched off."""
    return node.active or node.type == "PrimitiveNode" or (node.type in REROUTES | GETTERS and not node.muted)


def _passed_on(scope: Scope, node: Node) -> str | None:
    """Give the link whose value the node hands on; None when it has a value of its own, or makes one."""
    if node.type in REROUTES or node.type in CARRIERS:
        return next(iter(node.links.values()), None)
    if node.type in FIRST_OF:
        return next((link for link in node.links.values() if _leads_somewhere(scope, link)), None)
    if node.type in SWITCHES:
        chooser = SWITCHES[node.type][0]
        choice = node.named.get(chooser, next(iter(node.values), None))
        return node.links.get(chosen_input(node.type, choice) or "") if chooser not in node.links else None
    return None


def _leads_somewhere(scope: Scope, link_id: str) -> bool:
    link = scope.graph.links.get(link_id)
    if link is None or link.origin == scope.graph.input_node:
        return link is not None
    origin = scope.graph.by_id.get(link.origin)
    return origin is not None and _hands_on(origin)


def _set_elsewhere(scope: Scope, getter: Node) -> tuple[Scope | None, str | None]:
    """Find the link that feeds the setter of the getter's key, here or in a graph around this one."""
    around: Scope | None = scope
    key = next(iter(getter.values), None)
    while around is not None:
        setter = around.graph.setters.get(key) if isinstance(key, str) else None
        if setter is not None:
            return around, next(iter(setter.links.values()), None)
        around = around.outer
    return None, None


def _given(scope: Scope, node: Node) -> dict[str, Value]:
    given: dict[str, Value] = {}
    if scope.overrides:
        widgets = {choice.input for choice in node.choices if choice.input}
        widgets.update(place.input for place in places_of(node.type, scope.graph.host))
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
