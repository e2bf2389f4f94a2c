"""Modelget's own nodes: their inputs say which model they need, where it is, and its sha256."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..model_folders import current_folder
from ..types import Digest
from .declarations import Declaration
from .names import canonical, is_model_name
from .packs import OWN, OWN_WIDGETS
from .untyped import as_dict, as_list, as_text, dicts_in
from .widgets import Choice

_NONE = "(none)"
"""What stands in the list of a model that the node can do without."""

_IDS_WITH_PATHS = frozenset({"hf", "modelscope"})


def said_by(node_type: str, values: Mapping[str, object]) -> Iterator[tuple[str, Declaration]]:
    """Give each model that a node of ours asks for: the input that says so, and all that it says.

    Without a name it is called by its source, and the file will be called as its publisher calls it.
    """
    for name_input, (_position, fixed_folder) in OWN.get(node_type, {}).items():
        name = as_text(values.get(name_input))
        if name == _NONE:
            continue
        source = as_text(values.get(_beside(name_input, "source"))).strip()
        called = canonical(name) if is_model_name(name) else name_in(source) or source * (":" in source)
        folder = fixed_folder or current_folder(as_text(values.get("folder"))) or None
        if called:
            said = as_text(values.get(_beside(name_input, "sha256"))).strip()
            digest = _sha256(said)
            # The node will refuse what nobody can compare: then its source counts as little.
            trusted = source if digest or not said else ""
            yield name_input, Declaration(called, folder, trusted or None, digest)


def name_in(source: str) -> str:
    """Return the file name that an id says itself (``hf:owner/repo/ae.safetensors@main``); empty when it says none."""
    if source.partition(":")[0].lower() not in _IDS_WITH_PATHS:
        return ""
    name = source.partition("@")[0].rpartition("/")[2]
    return name if is_model_name(name) else ""


def own_choices(node_type: str, values: Mapping[str, object]) -> tuple[Choice, ...]:
    """List the models that a node of ours asks for."""
    return tuple(Choice(said.name, name_input) for name_input, said in said_by(node_type, values))


def said_in_graph(graph: Mapping[str, object]) -> Iterator[Declaration]:
    """Read what nodes of ours say about their models, in a UI graph and its subgraphs."""
    for node in dicts_in(graph.get("nodes")):
        node_type = node.get("type")
        if isinstance(node_type, str) and node_type in OWN:
            yield from (said for _input, said in said_by(node_type, values_of(node)))
    for subgraph in dicts_in(as_dict(graph.get("definitions")).get("subgraphs")):
        yield from said_in_graph(subgraph)


def said_in_prompt(prompt: Mapping[str, object]) -> Iterator[Declaration]:
    """Read the same in the nodes of a prompt."""
    for node in map(as_dict, prompt.values()):
        if as_text(node.get("class_type")) in OWN:
            said = said_by(as_text(node.get("class_type")), as_dict(node.get("inputs")))
            yield from (entry for _input, entry in said)


def values_of(node: dict[str, object]) -> dict[str, object]:
    """Return the saved values of a node of ours by input."""
    named = as_dict(node.get("widgets_values_named"))
    if named:
        return named
    widgets = OWN_WIDGETS.get(as_text(node.get("type")), ())
    return dict(zip(widgets, as_list(node.get("widgets_values")), strict=False))


def _beside(name_input: str, what: str) -> str:
    """Name the input that belongs to the one with the model's name: ``source2`` to ``model2``."""
    return what + name_input.removeprefix("model")


def _sha256(text: str) -> Digest | None:
    try:
        return Digest("sha256", text.strip())
    except ValueError:
        return None
