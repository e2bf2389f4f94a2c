"""From where a prompt is written to where it is read: text reaches an encoder over links and through subgraphs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from ..errors import InvalidWorkflow
from .graph import Node
from .links import Scope
from .prompt_text import EMBEDDINGS, LORAS, Prompt, embeddings_in, tags_in
from .requirements import Selection
from .switches import GETTERS, SETTERS
from .untyped import as_text

_MAX_STEPS = 300_000
_MAX_NAMES = 5_000

_NOTHING = Prompt()

Key = tuple[object, ...]
"""Identifies a node: in one scope of a UI graph, or in an API prompt."""


@dataclass(slots=True)
class Reader:
    """A node as a station of text."""

    prompt: Prompt
    wanted_by: str | None
    active: bool = True
    sources: list[Key] = field(default_factory=list)


def selections(readers: Mapping[Key, Reader], name: str) -> list[Selection]:
    """List what the prompts of a workflow name, for each node that reads them; raise InvalidWorkflow for a flood."""
    if _say_nothing(readers.values()):
        return []
    walk = _Walk(readers, name)
    found: list[Selection] = []
    for key, reader in readers.items():
        for folder, model, active in walk.named_for(key):
            found.append(Selection(model, folder, reader.wanted_by, active, declared={}, how="prompt"))
            if len(found) > _MAX_NAMES:
                raise _flood(name, f"names more than {_MAX_NAMES} models in its prompts")
    return found


class _Walk:
    def __init__(self, readers: Mapping[Key, Reader], name: str) -> None:
        self._readers, self._name, self._steps = readers, name, 0
        self._embeddings = cache(lambda text: tuple(dict.fromkeys(embeddings_in(text))))
        self._loras = cache(
            lambda text: tuple(dict.fromkeys(name for kind, name in tags_in(text) if kind == "lora"))
        )

    def named_for(self, key: Key) -> Iterator[tuple[str, str, bool]]:
        """Give folder, name and activity of each model that the node reads in a prompt or keeps in its list."""
        reader = self._readers[key]
        for row in reader.prompt.rows:
            yield LORAS, row.name, reader.active and row.enabled
        if reader.prompt.encodes:
            for text, active in self._texts(key, lambda prompt: prompt.encodes):
                yield from ((EMBEDDINGS, name, active) for name in self._embeddings(text))
        if reader.prompt.reads_tags:
            for text, active in self._texts(key, lambda prompt: prompt.reads_tags):
                yield from ((LORAS, name, active) for name in self._loras(text))

    def _texts(self, key: Key, reads: Callable[[Prompt], bool]) -> Iterator[tuple[str, bool]]:
        """Give the texts that reach a node, its own first; what another reader takes goes no further."""
        waiting, seen = [(key, True)], {key}
        while waiting:
            at, active = waiting.pop()
            reader = self._readers.get(at)
            if reader is None or (at != key and reads(reader.prompt)):
                continue
            active = active and reader.active
            yield from ((text, active) for text in reader.prompt.texts)
            self._steps += 1 + len(reader.sources)
            if self._steps > _MAX_STEPS:
                raise _flood(self._name, "has too many links between its prompts")
            for source in reversed(reader.sources):
                if source not in seen:
                    seen.add(source)
                    waiting.append((source, active))


class GraphReaders:
    """Collects the nodes of a UI graph while somebody walks it, and joins them when a prompt names a model."""

    def __init__(self) -> None:
        self._nodes: list[tuple[Scope, Node]] = []
        self._instances: dict[int, tuple[Key, Node, Scope]] = {}
        """Which instance a scope belongs to, by the scope's identity; with the scope, so that it lives as long."""
        self._readers: dict[Key, Reader] = {}

    def add(self, scope: Scope, node: Node) -> None:
        """Note one node, an instance of a subgraph too."""
        self._nodes.append((scope, node))

    def enter(self, scope: Scope, instance: Node, inside: Scope) -> None:
        """Note that what follows in ``inside`` belongs to that instance."""
        self._instances[id(inside)] = ((id(scope), instance.id), instance, inside)

    def readers(self) -> dict[Key, Reader]:
        """Return all readers, none when no prompt names a model; text leaves a node from itself or its subgraph."""
        named = (node for _, node in self._nodes if node.glance.prompts)
        if not any(node.prompt.texts or node.prompt.rows for node in named):
            return {}
        within: dict[Key, list[Key]] = {}
        for scope, node in self._nodes:
            key = self._join(scope, node)
            if id(scope) in self._instances:
                within.setdefault(self._instances[id(scope)][0], []).append(key)
        for instance in within:
            # Its texts are read by the nodes inside.
            reader = self._readers[instance]
            reader.prompt = replace(reader.prompt, encodes=False, reads_tags=False)
        leaving = {
            (*key, "out"): Reader(_NOTHING, None, sources=[key, *within.get(key, ())])
            for key in self._readers
        }
        return {**self._readers, **leaving}

    def _join(self, scope: Scope, node: Node) -> Key:
        key = (id(scope), node.id)
        reader = Reader(node.prompt, scope.execution_id(node), scope.active and node.active)
        self._readers[key] = reader
        links = [scope.graph.links[link] for link in node.prompt.links if link in scope.graph.links]
        inner = [link.origin for link in links if link.origin != scope.graph.input_node]
        reader.sources = [(id(scope), origin, "out") for origin in inner]
        if id(scope) in self._instances:
            outer, instance, _ = self._instances[id(scope)]
            promoted = _promoted(instance, node)
            if promoted:
                reader.prompt = replace(node.prompt, texts=())  # what the instance says counts instead
            if promoted or len(inner) < len(links):
                reader.sources.append(outer)
        name = as_text(next(iter(node.values), None))
        if node.type in SETTERS:  # they carry a value without a link
            self._readers["set", name] = Reader(_NOTHING, None, sources=[key])
        elif node.type in GETTERS:
            reader.sources.append(("set", name))
        return key


def _say_nothing(readers: Iterable[Reader]) -> bool:
    return not any(reader.prompt.texts or reader.prompt.rows for reader in readers)


def _promoted(instance: Node, node: Node) -> bool:
    """Tell whether the instance keeps a text for a widget of that inner node."""
    values = zip(instance.proxies, instance.values, strict=False)
    return any(inner == node.id and isinstance(value, str) for (inner, _), value in values)


def _flood(name: str, reason: str) -> InvalidWorkflow:
    hint = "Split the workflow; if it comes from someone else, do not trust it."
    return InvalidWorkflow(name, reason, hint)
