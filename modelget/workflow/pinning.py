"""Write pins into a workflow's ``properties.models``; every other byte of the file stays what it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..lock_file import LockedModel
from ..types import Requirement
from .declarations import declarations_of
from .document import load
from .json_text import Edit, JsonText, Span
from .untyped import as_dict, as_id, as_list, as_text, dicts_in

Pin = tuple[Requirement, LockedModel]

_ROOT = ""


def with_pins(raw: bytes, name: str, pins: Sequence[Pin]) -> bytes | None:
    """Return a UI workflow with link, digest, size and licence of every model on the nodes that use it.

    None when the bytes are no workflow as ComfyUI's page saves it: nothing else has a place for pins.

    Raises:
        InvalidWorkflow: the bytes hold no workflow at all.
    """
    try:
        encoding = json.detect_encoding(raw)
        text = raw.decode(encoding)
        graph = load(raw, name).graph if text.lstrip().startswith("{") else {}
    except UnicodeDecodeError:
        return None
    if not graph or "nodes" not in as_dict(json.loads(text)):
        return None
    work = _Pinning(JsonText(text), _by_node(graph, pins), [model for _need, model in pins])
    root = work.text.root()
    work.graph(root, _ROOT)
    return work.text.with_edits(work.edits).encode(encoding)


@dataclass(slots=True)
class _Pinning:
    text: JsonText
    wanted: Mapping[tuple[str, str], list[LockedModel]]
    models: Sequence[LockedModel]
    edits: list[Edit] = field(default_factory=list)

    def graph(self, graph: Span, key: str) -> None:
        """Pin in one level and in the subgraphs that are defined in it."""
        members = self.text.members(graph)
        if top := members.get("models"):
            self._list(top, [])
        if nodes := members.get("nodes"):
            for node in self.text.elements(nodes):
                self._node(node, key)
        inner = self.text.members(members["definitions"]) if "definitions" in members else {}
        if subgraphs := inner.get("subgraphs"):
            for subgraph in self.text.elements(subgraphs):
                self.graph(subgraph, as_id(as_dict(subgraph.value).get("id")))

    def _node(self, node: Span, key: str) -> None:
        if not isinstance(node.value, dict):
            return
        wanted = self.wanted.get((key, as_id(node.value.get("id"))), [])
        properties = self.text.members(node).get("properties")
        if properties is None or not isinstance(properties.value, dict):
            if pins := [_entry({}, model) for model in wanted if _is_complete(model)]:
                value = {"models": pins}
                edit = self.text.replaced(properties, value) if properties else None
                self.edits.append(edit or self.text.added(node, "properties", value))
            return
        models = self.text.members(properties).get("models")
        if models is not None and isinstance(models.value, list):
            self._list(models, wanted)
        elif pins := [_entry({}, model) for model in wanted if _is_complete(model)]:
            edit = self.text.replaced(models, pins) if models else None
            self.edits.append(edit or self.text.added(properties, "models", pins))

    def _list(self, models: Span, wanted: Sequence[LockedModel]) -> None:
        """Complete the entries that are there, and add what the node uses beside them."""
        there: list[object] = list(as_list(models.value))
        met: list[LockedModel] = []
        for at, entry in enumerate(there):
            model = _meant_by(entry, self.models)
            if model is not None:
                met.append(model)
                there[at] = _entry(as_dict(entry), model)
        there += [_entry({}, model) for model in wanted if model not in met and _is_complete(model)]
        if there != models.value:
            self.edits.append(self.text.replaced(models, there))


def _by_node(graph: dict[str, object], pins: Sequence[Pin]) -> dict[tuple[str, str], list[LockedModel]]:
    """Give the models of each node by the level it is defined in and its id there."""
    levels = {key: {as_id(node.get("id")): node for node in nodes} for key, nodes in _levels(graph, _ROOT)}
    wanted: dict[tuple[str, str], list[LockedModel]] = {}
    for need, model in pins:
        for execution_id in need.wanted_by:
            there = wanted.setdefault(_place_of(execution_id, levels), [])
            if model not in there:
                there.append(model)
    return wanted


def _place_of(execution_id: str, levels: Mapping[str, Mapping[str, dict[str, object]]]) -> tuple[str, str]:
    """Follow ``57:30`` into the subgraph; what is no subgraph (an old group node) keeps what is inside."""
    key, (*instances, last) = _ROOT, execution_id.split(":")
    for instance in instances:
        inner = as_text(levels[key].get(instance, {}).get("type"))
        if inner not in levels:
            return key, instance
        key = inner
    return key, last


def _levels(graph: dict[str, object], key: str) -> Iterator[tuple[str, list[dict[str, object]]]]:
    yield key, list(dicts_in(graph.get("nodes")))
    for subgraph in dicts_in(as_dict(graph.get("definitions")).get("subgraphs")):
        yield from _levels(subgraph, as_id(subgraph.get("id")))


def _meant_by(entry: object, models: Sequence[LockedModel]) -> LockedModel | None:
    """Find the model that a declaration is about: the same name, in the same folder where it says one."""
    for declared in declarations_of([entry]):
        for model in models:
            if model.name == declared.name and declared.folder in (model.folder, None):
                return model
    return None


def _is_complete(model: LockedModel) -> bool:
    """Tell whether an entry can be made of it: ComfyUI's page refuses one without a link."""
    return model.url is not None and model.folder is not None


def _entry(there: dict[str, object], model: LockedModel) -> dict[str, object]:
    """Return an entry with its pins; what it holds beyond them stays, in its order."""
    pinned: dict[str, object] = {
        "name": model.name,
        "url": model.url,
        # A declaration has no place for the digests of many files: the lock file holds them.
        "hash": None if model.files else model.digest.hex,
        "hash_type": None if model.files else "SHA256",
        "directory": model.folder,
        "size": model.size,
        "licence": model.terms.licence,
    }
    known = {key: value for key, value in pinned.items() if value is not None}
    own: dict[str, object] = {key: there[key] for key in ("name", "directory") if key in there}
    return {**there, **known, **own}


def is_same_but_pins(first: bytes, second: bytes) -> bool:
    """Tell whether two files hold the same workflow, whatever each declares about its models."""
    try:
        return _without_pins(json.loads(first)) == _without_pins(json.loads(second))
    except (ValueError, RecursionError):
        return False


def _without_pins(graph: object) -> object:
    """Drop every ``models`` list, and the ``properties`` that held nothing else."""
    root = dict(as_dict(graph))
    root.pop("models", None)
    root["nodes"] = [_node_without_pins(node) for node in as_list(root.get("nodes"))]
    definitions = dict(as_dict(root.get("definitions")))
    if subgraphs := as_list(definitions.get("subgraphs")):
        definitions["subgraphs"] = [_without_pins(subgraph) for subgraph in subgraphs]
        root["definitions"] = definitions
    return root


def _node_without_pins(node: object) -> object:
    if not isinstance(node, dict):
        return node
    properties = {key: value for key, value in as_dict(node.get("properties")).items() if key != "models"}
    return {**node, "properties": properties}
