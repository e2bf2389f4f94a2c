"""The shape that is queued: ``{"3": {"class_type": …, "inputs": …}}``; links are ``[node id, output]`` pairs."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import InvalidWorkflow
from .ignored_nodes import CARRIERS, IGNORED, REROUTES
from .loader_nodes import NO_HOST, LoaderTable, folder_of, places_of, selects_model
from .own_nodes import own_choices
from .packs import OWN
from .packs.fetching import fetches_by_itself
from .prompt_graph import Key, Reader
from .prompt_graph import selections as named_in_prompts
from .prompt_text import Prompt, prompt_of_inputs
from .requirements import Selection
from .switches import FIRST_OF, SWITCHES, chosen_input
from .ui_graph import MAX_NODES
from .untyped import as_dict, as_id, as_key, as_list, as_text
from .widgets import Choice, choices_by_name

_MAX_HOPS = 50


@dataclass(slots=True)
class _Node:
    type: str
    inputs: dict[str, object]
    choices: list[Choice] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    prompt: Prompt = field(default_factory=Prompt)


def selections(prompt: dict[str, object], name: str, host: LoaderTable = NO_HOST) -> list[Selection]:
    """List what every node selects, in the order of the file; muted nodes are not in a prompt at all."""
    if len(prompt) > MAX_NODES:
        raise InvalidWorkflow(name, f"has more than {MAX_NODES} nodes")
    nodes = {as_id(key): _node(as_dict(raw)) for key, raw in prompt.items()}
    found: list[Selection] = []
    taken: set[str] = set()
    for node_id, node in nodes.items():
        found.extend(_selection(node_id, node, choice, host) for choice in node.choices)
        for input_name, link in node.links.items():
            source = _source_of(nodes, link)
            held = _held_for(node, input_name, nodes.get(source), host)
            if held is not None:
                taken.add(source)
                found.append(_selection(node_id, node, Choice(held.name, input_name, held.enabled), host))
    chosen = [entry for entry in found if entry.folder is not None or entry.wanted_by not in taken]
    return chosen + named_in_prompts(_readers(nodes), name)


def _readers(nodes: dict[str, _Node]) -> dict[Key, Reader]:
    return {
        (node_id,): Reader(node.prompt, node_id, sources=[(source,) for source in node.prompt.links])
        for node_id, node in nodes.items()
    }


def _node(raw: dict[str, object]) -> _Node:
    inputs = as_dict(raw.get("inputs"))
    node = _Node(as_text(raw.get("class_type")), inputs)
    links = {name: source for name, value in inputs.items() if (source := _source(value)) is not None}
    node.prompt = prompt_of_inputs(node.type, inputs, links)
    if node.type in IGNORED:
        return node
    node.links = links
    values = {name: value for name, value in inputs.items() if name not in links}
    if node.type in OWN:
        node.choices.extend(own_choices(node.type, values))
        return node
    node.choices.extend(choices_by_name(node.type, values))
    return node


def _source_of(nodes: dict[str, _Node], source: str) -> str:
    """Follow a link through nodes that only hand a value on, to the node that has it."""
    for _ in range(_MAX_HOPS):
        node = nodes.get(source)
        onwards = _passed_on(node) if node else None
        if onwards is None:
            return source
        source = onwards
    return source


def _passed_on(node: _Node) -> str | None:
    if node.type in REROUTES or node.type in FIRST_OF:
        return next(iter(node.links.values()), None)
    if node.type in SWITCHES:
        chosen = chosen_input(node.type, node.inputs.get(SWITCHES[node.type][0]))
        return node.links.get(chosen or "")
    return None


def _held_for(node: _Node, input_name: str, source: _Node | None, host: LoaderTable) -> Choice | None:
    """Give the one name that the source of a link holds, if the input is one for names."""
    if source is None or len(source.choices) != 1:
        return None
    known = selects_model(node.type, input_name, host)
    known = known or (source.type in CARRIERS and bool(places_of(node.type, host)))
    return source.choices[0] if known else None


def _source(value: object) -> str | None:
    pair = as_list(value)
    return as_key(pair[0]) if len(pair) == 2 and isinstance(pair[1], int) else None


def _selection(node_id: str, node: _Node, choice: Choice, host: LoaderTable) -> Selection:
    by_pack = fetches_by_itself(node.type)
    return Selection(
        name=choice.name,
        folder=folder_of(node.type, choice.input, choice.name, host),
        wanted_by=node_id,
        active=choice.enabled and not by_pack,
        declared={},
        how="pack" if by_pack else None,
        is_folder=choice.is_folder,
    )
