"""A typed view of one UI graph: the root, or one subgraph definition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from .declarations import Declaration, declarations_of
from .ignored_nodes import IGNORED
from .loader_nodes import NO_HOST, LoaderTable, selects_model
from .prompt_text import Prompt, prompt_of_node
from .switches import GETTERS, SETTERS
from .untyped import as_dict, as_id, as_key, as_list, as_text, dicts_in
from .widgets import Choice, choices_of

_MUTED, _BYPASSED = 2, 4
_INPUT_NODE = "-10"
_TEXT_TYPES = ("*", "COMBO", "STRING")


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
    muted: bool
    """Not even passed through, as a bypassed node is."""
    choices: tuple[Choice, ...]
    choice_at: Mapping[str, Choice]
    """The last choice in each input."""
    links: Mapping[str, str]
    """Link id by input name, for every linked input."""
    widget_links: Mapping[str, str]
    """The same for those inputs that are widgets, or take a loader's model instead of its widget."""
    values: Sequence[object]
    named: Mapping[str, object]
    proxies: tuple[tuple[str, str], ...]
    """``properties.proxyWidgets``: (inner node's id, widget), in the order of ``values``."""
    declared: Mapping[str, Sequence[Declaration]]
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class GraphInput:
    """An input of a subgraph."""

    name: str
    type: str


_NO_INPUT = GraphInput("", "")


class Graph:
    """Nodes and links of one level: the root, or a subgraph; whatever is malformed is skipped.

    Links are read when first needed: most graphs have no linked widget.
    """

    def __init__(self, raw: dict[str, object], host: LoaderTable = NO_HOST) -> None:
        self.host = host
        self.nodes = tuple(_node(node, host) for node in dicts_in(raw.get("nodes")))
        self.inputs = tuple(
            GraphInput(as_text(as_dict(entry).get("name")), as_text(as_dict(entry).get("type")))
            for entry in as_list(raw.get("inputs"))
        )
        self.input_node = as_key(as_dict(raw.get("inputNode")).get("id")) or _INPUT_NODE
        self._raw_links = raw.get("links")

    def input(self, slot: int) -> GraphInput:
        """Give the input of that slot, a nameless one where a link points beyond them."""
        return self.inputs[slot] if 0 <= slot < len(self.inputs) else _NO_INPUT

    @cached_property
    def by_id(self) -> Mapping[str, Node]:
        """The nodes by id."""
        return {node.id: node for node in self.nodes}

    @cached_property
    def setters(self) -> Mapping[str, Node]:
        """The nodes that keep a value under a key, by that key."""
        setters = (node for node in self.nodes if node.type in SETTERS)
        return {key: node for node in setters if isinstance(key := next(iter(node.values), None), str)}

    @cached_property
    def links(self) -> Mapping[str, Link]:
        """The links by id."""
        return dict(_links(self._raw_links))

    @cached_property
    def promoted(self) -> Mapping[int, tuple[Node, str]]:
        """The first inner widget that each input slot drives; slots in order."""
        slots: dict[int, tuple[Node, str]] = {}
        for node in self.nodes:
            for widget, link_id in node.widget_links.items():
                link = self.links.get(link_id)
                if link and link.origin == self.input_node:
                    slots.setdefault(link.slot, (node, widget))
        return dict(sorted(slots.items()))

    @cached_property
    def slots_for_text(self) -> Sequence[int]:
        """The input slots over which a name may come in: those that drive a widget, at once or over reroutes."""
        text = (slot for slot, entry in enumerate(self.inputs) if entry.type in _TEXT_TYPES)
        return sorted({*self.promoted, *text})

    @cached_property
    def promoted_by_name(self) -> Mapping[str, tuple[Node, str]]:
        """The same by the name of the input, which is the widget's name on an instance."""
        return {self.input(slot).name: target for slot, target in self.promoted.items()}


def _links(raw: object) -> Iterator[tuple[str, Link]]:
    for entry in as_list(raw):
        # [id, origin_id, origin_slot, target_id, target_slot, type] at the root, objects in subgraphs.
        if isinstance(entry, list):
            parts = entry[:3]
        else:
            parts = [as_dict(entry).get(part) for part in ("id", "origin_id", "origin_slot")]
        if len(parts) == 3 and isinstance(parts[2], int):
            link_id, origin = as_key(parts[0]), as_key(parts[1])
            if link_id is not None and origin is not None:
                yield link_id, Link(origin, parts[2])


def _node(raw: dict[str, object], host: LoaderTable) -> Node:
    node_type, properties = as_text(raw.get("type")), as_dict(raw.get("properties"))
    widgets, links, widget_links = _inputs(raw, host)
    values = raw.get("widgets_values")
    declared: dict[str, list[Declaration]] = {}
    for entry in declarations_of(properties.get("models")):
        declared.setdefault(entry.name, []).append(entry)
    choices = () if node_type in IGNORED | SETTERS | GETTERS else choices_of(raw, widgets, declared, host)
    return Node(
        id=as_id(raw.get("id")),
        type=node_type,
        active=raw.get("mode") not in (_MUTED, _BYPASSED),
        muted=raw.get("mode") == _MUTED,
        choices=choices,
        choice_at={choice.input: choice for choice in choices if choice.input},
        links=links,
        widget_links=widget_links,
        values=as_list(values),
        named=as_dict(raw.get("widgets_values_named")) or as_dict(values),
        proxies=tuple(_proxies(properties)),
        declared=declared,
        prompt=prompt_of_node(raw, widgets),
    )


def _inputs(raw: dict[str, object], host: LoaderTable) -> tuple[list[str], dict[str, str], dict[str, str]]:
    """Give the names of the widget inputs, the links of all inputs, and those of the widget inputs."""
    node_type = as_text(raw.get("type"))
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
        if link is not None and (widget or selects_model(node_type, name, host)):
            widget_links[name] = link  # old files turn a widget into an input without saying so
    return widgets, links, widget_links


def _proxies(properties: dict[str, object]) -> Iterator[tuple[str, str]]:
    for entry in as_list(properties.get("proxyWidgets")):
        pair = as_list(entry)
        if len(pair) >= 2:
            yield as_id(pair[0]), as_text(pair[1])
