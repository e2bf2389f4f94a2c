"""Models named inside a prompt: ``embedding:NAME``, and ``<lora:NAME:weight>`` where a node reads such tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..types import stem_of
from .glance import is_marked
from .ignored_nodes import OUTPUT_INPUTS, UNREAD
from .names import canonical, is_name
from .prompt_nodes import ENCODES_BY_ITSELF, LISTS_LORAS, READS_LORA_TAGS
from .untyped import as_dict, as_key, as_list, as_text, dicts_in
from .widgets import inputs_by_position

EMBEDDINGS, LORAS = "embeddings", "loras"

_MAX_NAME = 400  # the longest match of the patterns below
_MAX_NESTING = 20

# ComfyUI 0.33.0, comfy/sd1_clip.py (SDTokenizer, token_weights): a name starts after white space or where a
# bracket opens or closes, and ends at white space, "<", "[" or a bracket that is not escaped; commas around it are
# dropped, a weight follows ":" before the closing bracket. "|", "{" and "}" are the page's dynamic prompts.
_EMBEDDING = re.compile(r"(?<![^\s,;:()\[\]{}|<>\"'])embedding:((?:\\[()]|[^\s,:()\[\]{}|<>\"]){1,400})")
_TAG = re.compile(r"<(lora|lyco|hypernet):([^<>:]{1,400})(?::[^<>]{0,400})?>", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([()])")

_NO_TEXT_TYPES = frozenset(
    [
        "AUDIO",
        "BASIC_PIPE",
        "BOOLEAN",
        "CLIP",
        "CLIP_VISION",
        "CLIP_VISION_OUTPUT",
        "CONDITIONING",
        "CONTROL_NET",
        "DETAILER_PIPE",
        "FLOAT",
        "GUIDER",
        "IMAGE",
        "INT",
        "LATENT",
        "LORA_STACK",
        "MASK",
        "MODEL",
        "NOISE",
        "PIPE_LINE",
        "SAMPLER",
        "SEGS",
        "SIGMAS",
        "UPSCALE_MODEL",
        "VAE",
        "VIDEO",
    ]
)
_NO_TEXT_INPUTS = frozenset(
    [
        "clip",
        "clip_vision",
        "control_net",
        "image",
        "images",
        "latent_image",
        "mask",
        "model",
        "pixels",
        "samples",
        "vae",
    ]
)


@dataclass(frozen=True, slots=True)
class Row:
    """A LoRA in the list that a node keeps; ``enabled`` is False in a row that is switched off."""

    name: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class Prompt:
    """What one node has to do with prompts."""

    encodes: bool = False
    reads_tags: bool = False
    texts: tuple[str, ...] = ()
    """Those of its own texts that name something, without widgets that a link overrides."""
    rows: tuple[Row, ...] = ()
    links: tuple[str, ...] = ()
    """Where text may come from: ids of links in a UI graph, of nodes in an API prompt."""


def embeddings_in(text: str) -> Iterator[str]:
    """Give the names of textual inversions, as written but for escapes; the suffix is optional."""
    for found in _EMBEDDING.finditer(text):
        name = canonical(_ESCAPED.sub(r"\1", found[1]).rstrip(".'"))
        if len(found[1]) < _MAX_NAME and is_name(name):
            yield name


def tags_in(text: str) -> Iterator[tuple[str, str]]:
    """Give kind and stem of each ``<lora:…>``, ``<lyco:…>`` and ``<hypernet:…>`` tag; packs match any suffix."""
    for found in _TAG.finditer(text):
        name = stem_of(canonical(found[2]))
        if is_name(name) and not {"{", "}", "$"} & set(
            name
        ):  # a choice or a variable, filled in while running
            yield found[1].lower(), name


def prompt_of_node(node: dict[str, object], widgets: list[str]) -> Prompt:
    """Read a node of a UI graph; ``widgets`` are its widget inputs in order."""
    node_type = as_text(node.get("type"))
    inputs = list(dicts_in(node.get("inputs")))
    given = any(entry.get("type") == "CLIP" or entry.get("name") == "clip" for entry in inputs)
    makes = any(entry.get("type") == "CONDITIONING" for entry in dicts_in(node.get("outputs")))
    return Prompt(
        encodes=given or makes or _is_known(node_type),
        reads_tags=node_type in READS_LORA_TAGS,
        texts=() if node_type in UNREAD else tuple(_texts_of_node(node, inputs, widgets)),
        rows=tuple(_rows(node_type, node.get("widgets_values"))),
        links=tuple(
            link
            for entry in inputs
            if (link := as_key(entry.get("link"))) is not None
            and as_text(entry.get("type")) not in _NO_TEXT_TYPES
        ),
    )


def prompt_of_inputs(node_type: str, inputs: dict[str, object], links: dict[str, str]) -> Prompt:
    """Read a node of an API prompt; ``links`` give the source's id by input."""
    texts = (
        text
        for name, value in inputs.items()
        if name not in OUTPUT_INPUTS and name not in links
        for text in _marked(value)
    )
    return Prompt(
        encodes="clip" in inputs or _is_known(node_type),
        reads_tags=node_type in READS_LORA_TAGS,
        texts=() if node_type in UNREAD else tuple(texts),
        rows=tuple(_rows(node_type, inputs.get("loras"))),
        links=tuple(source for name, source in links.items() if name not in _NO_TEXT_INPUTS),
    )


def _is_known(node_type: str) -> bool:
    return node_type in READS_LORA_TAGS or node_type in ENCODES_BY_ITSELF


def _texts_of_node(
    node: dict[str, object], inputs: list[dict[str, object]], widgets: list[str]
) -> Iterator[str]:
    values = node.get("widgets_values")
    items = list(values.items()) if isinstance(values, dict) else list(enumerate(as_list(values)))
    marked = [(at, text) for at, value in items for text in _marked(value)]
    if not marked:
        return
    linked = {
        as_text(as_dict(entry.get("widget")).get("name")) or as_text(entry.get("name"))
        for entry in inputs
        if entry.get("widget")
        and entry.get("link") is not None
        and as_text(entry.get("type")) not in _NO_TEXT_TYPES
    }
    places = inputs_by_position(node, widgets)
    strings = sum(isinstance(value, str) for value in as_list(values))
    if not places and 0 < strings <= len(linked):
        return  # an old file, which lists only the widgets that were turned into inputs
    for at, text in marked:
        name = at if isinstance(at, str) else places.get(at)
        if name not in linked and name not in OUTPUT_INPUTS:
            yield text


def _marked(value: object, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        if is_marked(value):
            yield value
    elif isinstance(value, (list, dict)) and depth < _MAX_NESTING:
        for item in value.values() if isinstance(value, dict) else value:
            yield from _marked(item, depth + 1)


def _rows(node_type: str, values: object) -> Iterator[Row]:
    if node_type not in LISTS_LORAS:
        return
    lists = [values, *as_list(values), *as_dict(values).values()]
    rows = [row for value in lists for row in dicts_in(as_dict(value).get("__value__") or value)]
    for row in rows:
        name = stem_of(canonical(as_text(row.get("name"))))
        if "active" in row and is_name(name):
            yield Row(name, row.get("active") is True)
