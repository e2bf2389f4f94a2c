"""The shape that ComfyUI's page saves: nodes with positions and widget values, subgraphs in ``definitions``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..errors import InvalidWorkflow
from .graph import Graph, Node
from .group_nodes import ungrouped
from .links import Scope, Value, selected_by, value_of
from .loader_nodes import NO_HOST, LoaderTable, folder_of
from .packs.fetching import fetches_by_itself
from .prompt_graph import GraphReaders
from .prompt_graph import selections as named_in_prompts
from .requirements import Selection
from .subgraphs import Subgraphs, subgraph_definitions
from .untyped import as_list

MAX_NODES = 20_000
"""Counted as executed, each instance of a subgraph anew: the largest workflow we know of has 2,000."""

_MAX_WORK = 300_000
"""Widgets, links and promoted inputs looked at over all instances: a small file can ask for billions."""

_FLOOD_HINT = "Split the workflow; if it comes from someone else, do not trust it."


def selections(root: dict[str, object], name: str, host: LoaderTable = NO_HOST) -> list[Selection]:
    """List what every node selects, in the order of the file; nodes of a subgraph once for each instance."""
    _refuse_flood(root, name)
    root = ungrouped(root, name, MAX_NODES)
    walk = _Walk(name, Subgraphs(root, name, host))
    walk.graph(Scope(Graph(root, host)))
    for key, graph in walk.subgraphs.graphs.items():
        if key not in walk.used:
            walk.used.add(key)
            walk.graph(Scope(graph, prefix=None, active=False))
    # A value that a loader took over a link is that loader's choice, not also one of the node that held it.
    chosen = [
        found for found in walk.found if found.folder is not None or found.wanted_by not in walk.sources
    ]
    return chosen + named_in_prompts(walk.readers.readers(), name)


def _refuse_flood(root: dict[str, object], name: str) -> None:
    """Count before anything is built: a file can hold a million nodes."""
    nodes = len(as_list(root.get("nodes")))
    for _, graph in subgraph_definitions(root):
        nodes += 1 + len(as_list(graph.get("nodes")))
    if nodes > MAX_NODES:
        raise InvalidWorkflow(name, f"has more than {MAX_NODES} nodes", _FLOOD_HINT)


@dataclass(slots=True)
class _Walk:
    name: str
    subgraphs: Subgraphs
    found: list[Selection] = field(default_factory=list)
    sources: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    readers: GraphReaders = field(default_factory=GraphReaders)
    nodes: int = 0
    work: int = 0

    def graph(self, scope: Scope) -> None:
        for node in scope.graph.nodes:
            self._count(node)
            self.readers.add(scope, node)
            if self.subgraphs.of(node) is None:
                self._node(scope, node)
            else:
                inside = self._inside(scope, node)
                self.readers.enter(scope, node, inside)
                self.graph(inside)

    def _count(self, node: Node) -> None:
        inner = self.subgraphs.of(node)
        self.nodes += 1
        self.work += (
            len(node.choices)
            + len(node.widget_links)
            + (len(inner.slots_for_text) + len(node.proxies) if inner else 0)
        )
        if self.nodes > MAX_NODES or self.work > _MAX_WORK:
            reason = (
                f"has more than {MAX_NODES} nodes"
                if self.nodes > MAX_NODES
                else "has too many widgets and links"
            )
            reason += ", those of a subgraph counted each time it is used"
            raise InvalidWorkflow(self.name, reason, _FLOOD_HINT)

    def _node(self, scope: Scope, node: Node) -> None:
        by_pack = fetches_by_itself(node.type)
        for selected in selected_by(scope, node):
            choice = selected.choice
            if selected.source is not None:
                self.sources.add(selected.source)
            self.found.append(
                Selection(
                    name=choice.name,
                    folder=folder_of(node.type, choice.input, choice.name, scope.graph.host),
                    wanted_by=scope.execution_id(node),
                    active=scope.active and node.active and choice.enabled and not by_pack,
                    declared=node.declared,
                    how="pack" if by_pack else None,
                    is_folder=choice.is_folder,
                )
            )

    def _inside(self, scope: Scope, instance: Node) -> Scope:
        graph = self.subgraphs.graphs[instance.type]
        self.used.add(instance.type)
        own_id = scope.execution_id(instance)
        overrides = {key: Value(name) for key, name in self.subgraphs.overrides(instance).items()}
        slots = dict(self._slots(scope, instance))
        return Scope(
            graph=graph,
            prefix=None if own_id is None else f"{own_id}:",
            active=scope.active and instance.active,
            slots=slots,
            overrides=overrides,
            outer=scope,
        )

    def _slots(self, scope: Scope, instance: Node) -> Iterator[tuple[int, Value]]:
        """Give what an input receives from outside: over a link, or as an outer instance's override."""
        graph = self.subgraphs.graphs[instance.type]
        for slot in graph.slots_for_text:
            name = graph.input(slot).name
            link_id = instance.links.get(name)
            linked = value_of(scope, link_id) if link_id is not None else None
            given = linked or (scope.overrides or {}).get((instance.id, name))
            if given is not None:
                yield slot, given
