"""The shape that is queued: ``{"3": {"class_type": …, "inputs": …}}``; links are ``[node id, output]`` pairs."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import InvalidWorkflow
from .ignored_nodes import CARRIERS, IGNORED, OUTPUT_INPUTS
from .loader_nodes import folder_of, places_of, selects_model
from .names import names_in
from .prompt_graph import Key, Reader
from .prompt_graph import selections as named_in_prompts
from .prompt_text import Prompt, prompt_of_inputs
from .requirements import Selection
from .ui_graph import MAX_NODES
from .untyped import as_dict, as_id, as_key, as_list, as_text
from .widgets import Choice


@dataclass(slots=True)
class _Node:
    type: str
    choices: list[Choice] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    prompt: Prompt = field(default_factory=Prompt)


def selections(prompt: dict[str, object], name: str) -> list[Selection]:
    """List what every node selects, in the order of the file; muted nodes are not in a prompt at all."""
    if len(prompt) > MAX_NODES:
        raise InvalidWorkflow(name, f"has more than {MAX_NODES} nodes")
    nodes = {as_id(key): _node(as_dict(raw)) for key, raw in prompt.items()}
    found: list[Selection] = []
    taken: set[str] = set()
    for node_id, node in nodes.items():
        found.extend(_selection(node_id, node, choice) for choice in node.choices)
        for input_name, source in node.links.items():
            held = _held_for(node, input_name, nodes.get(source))
            if held is not None:
                taken.add(source)
                found.append(_selection(node_id, node, Choice(held.name, input_name, held.enabled)))
    chosen = [entry for entry in found if entry.folder is not None or entry.wanted_by not in taken]
    return chosen + named_in_prompts(_readers(nodes), name)


def _readers(nodes: dict[str, _Node]) -> dict[Key, Reader]:
    return {
        (node_id,): Reader(node.prompt, node_id, sources=[(source,) for source in node.prompt.links])
        for node_id, node in nodes.items()
    }


def _node(raw: dict[str, object]) -> _Node:
    node, inputs = _Node(as_text(raw.get("class_type"))), as_dict(raw.get("inputs"))
    links = {name: source for name, value in inputs.items() if (source := _source(value)) is not None}
    node.prompt = prompt_of_inputs(node.type, inputs, links)
    if node.type in IGNORED:
        return node
    node.links = links
    for input_name, value in inputs.items():
        if input_name not in links and input_name not in OUTPUT_INPUTS:
            node.choices.extend(Choice(found.name, input_name, found.enabled) for found in names_in(value))
    return node


def _held_for(node: _Node, input_name: str, source: _Node | None) -> Choice | None:
    """Give the one name that the source of a link holds, if the input is one for names."""
    if source is None or len(source.choices) != 1:
        return None
    known = selects_model(node.type, input_name) or (source.type in CARRIERS and bool(places_of(node.type)))
    return source.choices[0] if known else None


def _source(value: object) -> str | None:
    pair = as_list(value)
    return as_key(pair[0]) if len(pair) == 2 and isinstance(pair[1], int) else None


def _selection(node_id: str, node: _Node, choice: Choice) -> Selection:
    folder = folder_of(node.type, choice.input, choice.name)
    return Selection(choice.name, folder, node_id, choice.enabled, declared={})
