"""Subgraph definitions, and which inner widgets an instance's promoted values override."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..errors import InvalidWorkflow
from .graph import Graph, Node
from .loader_nodes import NO_HOST, LoaderTable
from .names import NO_MODEL, canonical, is_model_name
from .untyped import as_dict, as_key, as_text, dicts_in

MAX_SUBGRAPH_DEPTH = 30
"""Instances within instances: people build about three levels, and each costs us some stack."""

Widget = tuple[str, str]
"""An inner node's id and the name of its widget."""


class Subgraphs:
    """Every subgraph definition of a file; raises InvalidWorkflow when one contains itself."""

    def __init__(self, root: dict[str, object], name: str, host: LoaderTable = NO_HOST) -> None:
        self.graphs: dict[str, Graph] = {}
        for key, raw in subgraph_definitions(root):
            if key not in self.graphs:
                self.graphs[key] = Graph(raw, host)
        self._workflow = name
        self._heights: dict[str, int] = {}
        self._overrides: dict[Node, dict[Widget, str]] = {}
        for key in self.graphs:
            self._height(key, ())

    def of(self, node: Node) -> Graph | None:
        """Give the definition that the node is an instance of, None for an ordinary node."""
        return self.graphs.get(node.type)

    def overrides(self, instance: Node) -> dict[Widget, str]:
        """Say which model each promoted widget selects instead of its own; an empty text for none at all.

        A promoted value counts when the file names its widget, or when all values of the instance fit the
        widgets in order: a list saved by another version of the subgraph does not.
        """
        if instance not in self._overrides:
            self._overrides[instance] = self._read_overrides(instance, self.graphs[instance.type])
        return self._overrides[instance]

    def _read_overrides(self, instance: Node, graph: Graph) -> dict[Widget, str]:
        own = {slot: self._default(node, widget) for slot, (node, widget) in graph.promoted.items()}
        aligned = self._aligned(instance, graph, own)
        overrides = dict(_proxied(instance))
        for slot, (node, widget) in graph.promoted.items():
            name = graph.input(slot).name
            for entry in (("-1", name), (node.id, widget)):
                if (node.id, widget) not in overrides and entry in overrides:
                    overrides[node.id, widget] = overrides[entry]
            named, listed = instance.named.get(name), aligned.get(slot)
            chosen = _choose(named, listed, node)
            if chosen is not None:
                overrides.setdefault((node.id, widget), chosen)
        return overrides

    def _aligned(self, instance: Node, graph: Graph, own: dict[int, str]) -> dict[int, object]:
        values = instance.values
        if instance.proxies or len(values) != len(graph.promoted):
            return {}
        if Counter(canonical(as_text(v)) for v in values if is_model_name(v)) == Counter(
            filter(None, own.values())
        ):
            return {}  # the same models: the inner widgets say better which is which
        aligned = dict(zip(graph.promoted, values, strict=True))
        for slot, value in aligned.items():
            if not _fits(value, graph.input(slot).type) or (own[slot] and not _is_choice(value)):
                return {}
        return aligned

    def _default(self, node: Node, widget: str) -> str:
        """Give the model that a widget selects when its instance says nothing."""
        inner = self.of(node)
        if inner is None:
            return node.choice_at[widget].name if widget in node.choice_at else ""
        if widget not in inner.promoted_by_name:
            return ""
        target, inner_widget = inner.promoted_by_name[widget]
        override = self.overrides(node).get((target.id, inner_widget))
        return self._default(target, inner_widget) if override is None else override

    def _height(self, key: str, within: tuple[str, ...]) -> int:
        if key in self._heights:
            return self._heights[key]
        if key in within:
            raise InvalidWorkflow(self._workflow, f"has a subgraph that contains itself ({key[:60]!r})")
        inner = {node.type for node in self.graphs[key].nodes if node.type in self.graphs}
        if len(within) >= MAX_SUBGRAPH_DEPTH:
            raise self._too_deep()
        height = 1 + max((self._height(child, (*within, key)) for child in sorted(inner)), default=0)
        if height > MAX_SUBGRAPH_DEPTH:
            raise self._too_deep()
        self._heights[key] = height
        return height

    def _too_deep(self) -> InvalidWorkflow:
        return InvalidWorkflow(self._workflow, f"has subgraphs nested more than {MAX_SUBGRAPH_DEPTH} deep")


def subgraph_definitions(raw: dict[str, object]) -> Iterator[tuple[str, dict[str, object]]]:
    """Give every definition with its id, nested ones too."""
    for subgraph in dicts_in(as_dict(raw.get("definitions")).get("subgraphs")):
        key = as_key(subgraph.get("id"))
        if key is not None:
            yield key, subgraph
        yield from subgraph_definitions(subgraph)


def _proxied(instance: Node) -> Iterator[tuple[Widget, str]]:
    if len(instance.proxies) == len(instance.values):
        for widget, value in zip(instance.proxies, instance.values, strict=True):
            if is_model_name(value):
                yield widget, canonical(as_text(value))


def _choose(named: object, listed: object, node: Node) -> str | None:
    """Take the listed value, unless only the named one is a model or the node declares that one."""
    first = canonical(as_text(listed)) if is_model_name(listed) else None
    second = canonical(as_text(named)) if is_model_name(named) else None
    if first and second and first not in node.declared and second in node.declared:
        return second
    if first or second:
        return first or second
    return "" if listed is not None and _is_choice(listed) else None


def _is_choice(value: object) -> bool:
    return is_model_name(value) or (isinstance(value, str) and value.lower() in NO_MODEL)


def _fits(value: object, kind: str) -> bool:
    if value is None:
        return True
    if kind in ("INT", "FLOAT"):
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == "BOOLEAN":
        return isinstance(value, bool)
    return isinstance(value, str) or kind not in ("COMBO", "STRING")
