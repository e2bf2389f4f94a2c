"""Group nodes of old files (``extra.groupNodes``) → subgraphs, one for each instance, with the instance's values in it.

ComfyUI's page stores one list of values per instance: those of the inner nodes' visible widgets, one inner node
after the other. Such a node's type is ``workflow/NAME``, later ``workflow>NAME``; execution ids of the inner nodes
are ``12:0``, ``12:1`` … (ComfyUI's page, extensions/core/groupNode.ts).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..errors import InvalidWorkflow
from .loader_nodes import places_of
from .names import is_model_name
from .untyped import as_dict, as_id, as_key, as_list, as_text, dicts_in

_PREFIXES = ("workflow/", "workflow>")
_MAX_DEPTH = 20

_Raw = dict[str, object]


def ungrouped(root: _Raw, name: str, max_nodes: int) -> _Raw:
    """Return the graph with a subgraph in place of each group node; raise InvalidWorkflow when they make too many."""
    groups = {
        key: as_dict(group) for key, group in as_dict(as_dict(root.get("extra")).get("groupNodes")).items()
    }
    if not groups:
        return root
    work = _Ungrouping(name, groups, max_nodes)
    graph = work.graph(root, "", 0)
    definitions = as_dict(root.get("definitions"))
    subgraphs = [
        work.graph(subgraph, f"{as_id(subgraph.get('id'))}:", 0)
        for subgraph in dicts_in(definitions.get("subgraphs"))
    ]
    return {**graph, "definitions": {**definitions, "subgraphs": [*subgraphs, *work.made]}}


@dataclass(slots=True)
class _Ungrouping:
    name: str
    groups: Mapping[str, _Raw]
    max_nodes: int
    made: list[_Raw]
    nodes: int = 0

    def __init__(self, name: str, groups: Mapping[str, _Raw], max_nodes: int) -> None:
        self.name, self.groups, self.max_nodes, self.made, self.nodes = name, groups, max_nodes, [], 0

    def graph(self, raw: _Raw, prefix: str, depth: int) -> _Raw:
        return {**raw, "nodes": [self._node(node, prefix, depth) for node in dicts_in(raw.get("nodes"))]}

    def _node(self, node: _Raw, prefix: str, depth: int) -> _Raw:
        group = self._group_of(node)
        inner = _with_values(group, as_list(node.get("widgets_values"))) if group else None
        if group is None or inner is None:
            return node
        self.nodes += len(inner)
        if self.nodes > self.max_nodes or depth > _MAX_DEPTH:
            raise InvalidWorkflow(self.name, f"has group nodes that make more than {self.max_nodes} nodes")
        key = f"group:{prefix}{as_id(node.get('id'))}"
        definition: _Raw = {"id": key, "nodes": inner, **_links(node, group, inner)}
        self.made.append(self.graph(definition, f"{prefix}{as_id(node.get('id'))}:", depth + 1))
        return {**node, "type": key, "widgets_values": [], "widgets_values_named": {}}

    def _group_of(self, node: _Raw) -> _Raw | None:
        node_type = as_text(node.get("type"))
        return self.groups.get(node_type[len(_PREFIXES[0]) :]) if node_type.startswith(_PREFIXES) else None


def _with_values(group: _Raw, values: list[object]) -> list[_Raw] | None:
    """Give the inner nodes with the values of an instance; None when nothing says which value is whose."""
    inner = [{**node, "id": at} for at, node in enumerate(dicts_in(group.get("nodes")))]
    own = [list(as_list(node.get("widgets_values"))) for node in inner]
    places = [(node, at) for node, held in enumerate(own) for at in range(len(held))]
    if values:
        pairs = _aligned([own[node][at] for node, at in places], values)
        if pairs is None:
            return None
        for (node, at), value in zip(places, pairs, strict=True):
            own[node][at] = value
    return [{**node, "widgets_values": held} for node, held in zip(inner, own, strict=True)]


def _aligned(own: list[object], values: list[object]) -> list[object] | None:
    """Lay the instance's values over the group's: one on one, else the models alone, in their order."""
    if len(own) == len(values) and all(
        isinstance(value, str) for value, before in zip(values, own, strict=True) if is_model_name(before)
    ):
        return values
    models = [value for value in values if is_model_name(value)]
    if len(models) != sum(map(is_model_name, own)):
        return None  # widgets that are hidden or fed inside the group have no value here
    rest = iter(models)
    return [next(rest) if is_model_name(value) else value for value in own]


def _links(node: _Raw, group: _Raw, inner: list[_Raw]) -> _Raw:
    """Write the group's links as a subgraph's, and those of widgets that the instance has as inputs."""
    links: list[_Raw] = []
    for entry in as_list(group.get("links")):
        origin, slot, target, target_slot = (*as_list(entry), None, None, None, None)[:4]
        if type(origin) is int and type(target) is int and type(target_slot) is int:
            _connect(inner, target, target_slot, len(links))
            links.append({"id": len(links), "origin_id": origin, "origin_slot": slot})
    inputs: list[_Raw] = []
    for name, place in _promoted(node, inner):
        target, widget = place
        held = [*dicts_in(inner[target].get("inputs"))]
        held = [entry for entry in held if entry.get("name") != widget]
        inner[target]["inputs"] = [*held, {"name": widget, "widget": {"name": widget}, "link": len(links)}]
        links.append({"id": len(links), "origin_id": -10, "origin_slot": len(inputs)})
        inputs.append({"name": name, "type": "COMBO"})
    return {"links": links, "inputs": inputs, "inputNode": {"id": -10}}


def _connect(inner: list[_Raw], target: int, slot: int, link: int) -> None:
    inputs = list(as_list(inner[target].get("inputs"))) if 0 <= target < len(inner) else []
    if 0 <= slot < len(inputs):
        inputs[slot] = {**as_dict(inputs[slot]), "link": link}
        inner[target]["inputs"] = inputs


def _promoted(node: _Raw, inner: list[_Raw]) -> Iterator[tuple[str, tuple[int, str]]]:
    """Give the linked widgets of an instance with the inner widget that each stands for, by its name."""
    named: dict[str, tuple[int, str]] = {}
    for at, entry in enumerate(inner):
        node_type = as_text(entry.get("type"))
        for place in places_of(node_type):
            named.setdefault(place.input, (at, place.input))
            named.setdefault(f"{as_text(entry.get('title')) or node_type} {place.input}", (at, place.input))
    for wanted in dicts_in(node.get("inputs")):
        name = as_text(wanted.get("name"))
        if as_key(wanted.get("link")) is not None and name in named:
            yield name, named[name]
