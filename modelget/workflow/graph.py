"""A typed view of one UI graph: the root, or one subgraph definition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .declarations import Declaration, declarations_of
from .folder_names import folders_declared
from .glance import Glance, glance_at
from .ignored_nodes import IGNORED
from .loader_nodes import NO_HOST, LoaderTable, folder_inputs, places_of, selects_model
from .once import once
from .own_nodes import own_choices, values_of
from .packs import OWN
from .prompt_text import Prompt, prompt_of_node
from .switches import GETTERS, SETTERS
from .untyped import as_dict, as_id, as_key, as_list, as_text, dicts_in
from .widgets import NONE, Choice, choices_of

_MUTED, _BYPASSED = 2, 4
_NAMES_NONE = IGNORED | SETTERS | GETTERS
_INPUT_NODE = "-10"
_TEXT_TYPES = ("*", "COMBO", "STRING")


class Link(NamedTuple):
    """Where a link starts."""

    origin: str
    slot: int


class Node:
    """One node; of a subgraph's instance the values are those of the promoted widgets.

    What is costly is read when first asked for: most nodes of a file have nothing to do with models.
    """

    def __init__(self, raw: dict[str, object], host: LoaderTable) -> None:
        self._raw, self._host = raw, host
        self.id = as_id(raw.get("id"))
        self.type = as_text(raw.get("type"))
        mode = raw.get("mode")
        self.active = mode not in (_MUTED, _BYPASSED)
        self.muted = mode == _MUTED
        """Not even passed through, as a bypassed node is."""

    @property
    def values(self) -> Sequence[object]:
        """The saved values of the widgets, where they are a list."""
        return as_list(self._raw.get("widgets_values"))

    @property
    def named(self) -> Mapping[str, object]:
        """The saved values by the widget's name."""
        return as_dict(self._raw.get("widgets_values_named")) or as_dict(self._raw.get("widgets_values"))

    @once
    def glance(self) -> Glance:
        """Tell what its values may hold, at a glance."""
        values = self._raw.get("widgets_values")
        has_values = isinstance(values, (list, dict)) and values
        return glance_at(values if has_values else self._raw.get("widgets_values_named"))

    @once
    def choices(self) -> tuple[Choice, ...]:
        """List the models that its own values name."""
        if self.type in OWN:
            return own_choices(self.type, values_of(self._raw))
        if self.type in _NAMES_NONE or not (self.glance.names or self._may_name_folder):
            return ()
        return choices_of(self._raw, self._widgets, self.declared, self._host)

    @property
    def _may_name_folder(self) -> bool:
        return bool(folder_inputs(self.type) or (self.declared and folders_declared(self.declared)))

    @once
    def choice_at(self) -> Mapping[str, Choice]:
        """Give the last choice in each input."""
        return {choice.input: choice for choice in self.choices if choice.input}

    @once
    def links(self) -> Mapping[str, str]:
        """Give the link's id by the input's name, for every linked input."""
        linked = ((as_text(entry.get("name")), as_key(entry.get("link"))) for entry in self._inputs)
        return {name: link for name, link in linked if link is not None}

    @once
    def widget_links(self) -> Mapping[str, str]:
        """Give the same for those inputs that are widgets, or take a loader's model instead of its widget."""
        links: dict[str, str] = {}
        is_loader = bool(places_of(self.type, self._host))
        for entry in as_list(self._raw.get("inputs")):
            if not isinstance(entry, dict) or not (entry.get("widget") or is_loader):
                continue
            link, name = as_key(entry.get("link")), _widget_name(entry)
            if link is not None and (entry.get("widget") or selects_model(self.type, name, self._host)):
                links[name] = link  # old files turn a widget into an input without saying so
        return links

    @once
    def proxies(self) -> tuple[tuple[str, str], ...]:
        """Read ``properties.proxyWidgets``: (inner node's id, widget), in the order of ``values``."""
        return tuple(_proxies(as_dict(self._raw.get("properties"))))

    @once
    def declared(self) -> Mapping[str, Sequence[Declaration]]:
        """Read what it declares about models, by their names."""
        models = as_dict(self._raw.get("properties")).get("models")
        if not models:
            return NONE
        declared: dict[str, list[Declaration]] = {}
        for entry in declarations_of(models):
            declared.setdefault(entry.name, []).append(entry)
        return declared

    @once
    def prompt(self) -> Prompt:
        """Tell what it has to do with prompts."""
        return prompt_of_node(self._raw, self._widgets)

    @property
    def _inputs(self) -> Iterator[dict[str, object]]:
        return dicts_in(self._raw.get("inputs"))

    @property
    def _widgets(self) -> list[str]:
        """The names of the inputs that are widgets, in order."""
        return [_widget_name(entry) for entry in self._inputs if entry.get("widget")]


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
        self.nodes = tuple(Node(node, host) for node in dicts_in(raw.get("nodes")))
        self.inputs = tuple(
            GraphInput(as_text(as_dict(entry).get("name")), as_text(as_dict(entry).get("type")))
            for entry in as_list(raw.get("inputs"))
        )
        self.input_node = as_key(as_dict(raw.get("inputNode")).get("id")) or _INPUT_NODE
        self._raw_links = raw.get("links")

    def input(self, slot: int) -> GraphInput:
        """Give the input of that slot, a nameless one where a link points beyond them."""
        return self.inputs[slot] if 0 <= slot < len(self.inputs) else _NO_INPUT

    @once
    def by_id(self) -> Mapping[str, Node]:
        """Give the nodes by id."""
        return {node.id: node for node in self.nodes}

    @once
    def setters(self) -> Mapping[str, Node]:
        """Give the nodes that keep a value under a key, by that key."""
        setters = (node for node in self.nodes if node.type in SETTERS)
        return {key: node for node in setters if isinstance(key := next(iter(node.values), None), str)}

    @once
    def links(self) -> Mapping[str, Link]:
        """Give the links by id."""
        return dict(_links(self._raw_links))

    @once
    def promoted(self) -> Mapping[int, tuple[Node, str]]:
        """Give the first inner widget that each input slot drives; slots in order."""
        slots: dict[int, tuple[Node, str]] = {}
        for node in self.nodes:
            for widget, link_id in node.widget_links.items():
                link = self.links.get(link_id)
                if link and link.origin == self.input_node:
                    slots.setdefault(link.slot, (node, widget))
        return dict(sorted(slots.items()))

    @once
    def slots_for_text(self) -> Sequence[int]:
        """List the input slots over which a name may come in: those that drive a widget, at once or over reroutes."""
        text = (slot for slot, entry in enumerate(self.inputs) if entry.type in _TEXT_TYPES)
        return sorted({*self.promoted, *text})

    @once
    def promoted_by_name(self) -> Mapping[str, tuple[Node, str]]:
        """Give the same by the name of the input, which is the widget's name on an instance."""
        return {self.input(slot).name: target for slot, target in self.promoted.items()}


def _links(raw: object) -> Iterator[tuple[str, Link]]:
    for entry in as_list(raw):
        # [id, origin_id, origin_slot, target_id, target_slot, type] at the root, objects in subgraphs.
        if isinstance(entry, list):
            link_id, origin, slot = entry[:3] if len(entry) >= 3 else (None, None, None)
        else:
            parts = as_dict(entry)
            link_id, origin, slot = parts.get("id"), parts.get("origin_id"), parts.get("origin_slot")
        key, start = as_key(link_id), as_key(origin)
        if isinstance(slot, int) and key is not None and start is not None:
            yield key, Link(start, slot)


def _widget_name(entry: dict[str, object]) -> str:
    return as_text(as_dict(entry.get("widget")).get("name")) or as_text(entry.get("name"))


def _proxies(properties: dict[str, object]) -> Iterator[tuple[str, str]]:
    for entry in as_list(properties.get("proxyWidgets")):
        pair = as_list(entry)
        if len(pair) >= 2:
            yield as_id(pair[0]), as_text(pair[1])
