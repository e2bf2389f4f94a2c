"""A typed view of one UI graph: the root, or one subgraph definition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .declarations import Declaration, declarations_of
from .ignored_nodes import IGNORED
from .untyped import as_dict, as_id, as_key, as_list, as_text, dicts_in
from .widgets import Choice, choices_of

_MUTED, _BYPASSED = 2, 4
_INPUT_NODE = "-10"


class Link(NamedTuple):
    """Where a link starts."""

    origin: str
    slot: int


@dataclass(slots=True, eq=False)
class Node:
    """One node; of a subgraph's instance the values are those of the promoted widgets."""

    id: str
    type: str
    active: bool
    choices: tuple[Choice, ...]
    links: Mapping[str, str]
    """Link id by input name, for every linked input."""
    widget_links: Mapping[str, str]
    """The same for those inputs that are widgets."""
    values: Sequence[object]
    named: Mapping[str, object]
    proxies: tuple[tuple[str, str], ...]
    """``properties.proxyWidgets``: (inner node's id, widget), in the order of ``values``."""
    declared: Mapping[str, Sequence[Declaration]]


@dataclass(frozen=True, slots=True)
class GraphInput:
    """An input of a subgraph."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and links of one level."""

    nodes: tuple[Node, ...]
    by_id: Mapping[str, Node]
    links: Mapping[str, Link]
    inputs: tuple[GraphInput, ...]
    input_node: str
    promoted: Mapping[int, tuple[Node, str]]
    """The first inner widget that each input slot drives; slots in order."""


def graph_of(raw: dict[str, object]) -> Graph:
    """Read a graph, skipping whatever is malformed in it."""
    nodes = tuple(_node(node) for node in dicts_in(raw.get("nodes")))
    links = dict(_links(raw))
    input_node = as_key(as_dict(raw.get("inputNode")).get("id")) or _INPUT_NODE
    return Graph(
        nodes=nodes,
        by_id={node.id: node for node in nodes},
        links=links,
        inputs=tuple(
            GraphInput(as_text(as_dict(entry).get("name")), as_text(as_dict(entry).get("type")))
            for entry in as_list(raw.get("inputs"))
        ),
        input_node=input_node,
        promoted=_promoted(nodes, links, input_node),
    )


def _promoted(
    nodes: tuple[Node, ...], links: dict[str, Link], input_node: str
) -> dict[int, tuple[Node, str]]:
    slots: dict[int, tuple[Node, str]] = {}
    for node in nodes:
        for widget, link_id in node.widget_links.items():
            link = links.get(link_id)
            if link and link.origin == input_node:
                slots.setdefault(link.slot, (node, widget))
    return dict(sorted(slots.items()))


def _links(raw: dict[str, object]) -> Iterator[tuple[str, Link]]:
    for entry in as_list(raw.get("links")):
        # [id, origin_id, origin_slot, target_id, target_slot, type] at the root, objects in subgraphs.
        if isinstance(entry, list):
            parts = entry[:3]
        else:
            parts = [as_dict(entry).get(part) for part in ("id", "origin_id", "origin_slot")]
        if len(parts) == 3 and isinstance(parts[2], int):
            link_id, origin = as_key(parts[0]), as_key(parts[1])
            if link_id is not None and origin is not None:
                yield link_id, Link(origin, parts[2])


def _node(raw: dict[str, object]) -> Node:
    node_type, properties = as_text(raw.get("type")), as_dict(raw.get("properties"))
    widgets, links, widget_links = _inputs(raw)
    values = raw.get("widgets_values")
    declared: dict[str, list[Declaration]] = {}
    for entry in declarations_of(properties.get("models")):
        declared.setdefault(entry.name, []).append(entry)
    return Node(
        id=as_id(raw.get("id")),
        type=node_type,
        active=raw.get("mode") not in (_MUTED, _BYPASSED),
        choices=() if node_type in IGNORED else choices_of(raw, widgets, declared),
        links=links,
        widget_links=widget_links,
        values=as_list(values),
        named=as_dict(raw.get("widgets_values_named")) or as_dict(values),
        proxies=tuple(_proxies(properties)),
        declared=declared,
    )


def _inputs(raw: dict[str, object]) -> tuple[list[str], dict[str, str], dict[str, str]]:
    """Give the names of the widget inputs, the links of all inputs, and those of the widget inputs."""
    widgets: list[str] = []
    links: dict[str, str] = {}
    widget_links: dict[str, str] = {}
    for entry in dicts_in(raw.get("inputs")):
        name, widget, link = as_text(entry.get("name")), entry.get("widget"), as_key(entry.get("link"))
        if link is not None:
            links[name] = link
        if widget:
            name = as_text(as_dict(widget).get("name")) or name
            widgets.append(name)
            if link is not None:
                widget_links[name] = link
    return widgets, links, widget_links


def _proxies(properties: dict[str, object]) -> Iterator[tuple[str, str]]:
    for entry in as_list(properties.get("proxyWidgets")):
        pair = as_list(entry)
        if len(pair) >= 2:
            yield as_id(pair[0]), as_text(pair[1])
