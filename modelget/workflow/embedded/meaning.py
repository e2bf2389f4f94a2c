"""Keys and texts, as any container gives them → the graph, the prompt and the parameters among them.

What a text holds decides, not its key: savers disagree about keys, and many put both into one JSON. A key or a
``workflow:`` in front of the JSON only tells that damage there is worth a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..document import NotJson, decode_next
from ..untyped import as_dict
from .span import Tag

_GLUED = 8
"""JSON values read from one text; some savers write all of ``extra_pnginfo`` without anything between."""

_WRAPS = 4
"""How deep JSON may stand in JSON, as a string or under a key: the worst saver we know of does it three times."""

_PREFIX = re.compile(r"(workflow|prompt|parameters)\s*:", re.IGNORECASE)
_NEXT = re.compile(r"\s*\{")
_ROLES = ("workflow", "prompt")
_INSIDE = (*_ROLES, "extra_pnginfo", "parameters")
_INFOTEXT = re.compile(r"\bSteps: \d+, ")
_SWARM = "sui_image_params"


@dataclass(frozen=True, slots=True)
class Embedded:
    """What a media file carries; None for what it does not."""

    workflow: dict[str, object] | None = None
    """The UI graph, as the editor saves it."""
    prompt: dict[str, object] | None = None
    """The API prompt: what really ran."""
    parameters: str | None = None
    """Generation parameters as a text: A1111's and Forge's infotext, or SwarmUI's JSON."""


class Collector:
    """Takes the tags of one file, in their order; of each kind the first that can be used counts."""

    def __init__(self) -> None:
        self.damage: str | None = None
        """What is wrong with the first workflow or prompt that could not be used: ``its workflow is cut off …``."""
        self._workflow: dict[str, object] | None = None
        self._prompt: dict[str, object] | None = None
        self._parameters: str | None = None

    @property
    def found(self) -> Embedded:
        """What was found up to this moment."""
        return Embedded(self._workflow, self._prompt, self._parameters)

    def add(self, tag: Tag, wraps: int = 0) -> None:
        """Look for something in one tag's text."""
        role, text = _role(tag)
        is_json = text[:1] in ("{", '"')
        if role == "parameters" or (role is None and not is_json and _INFOTEXT.search(text)):
            self._parameters = self._parameters or text.strip() or None
        elif "{" in text and (is_json or role is not None):
            try:
                for value in _values(text):
                    self._take(value, text, wraps)
            except NotJson as error:
                if is_json and role is not None:
                    self.damage = self.damage or f"its {role} {error}"

    def _take(self, value: object, text: str, wraps: int) -> None:
        if wraps >= _WRAPS:
            return
        if isinstance(value, str):
            self.add(Tag("", value), wraps + 1)
        elif isinstance(value, dict):
            if isinstance(value.get("nodes"), list):
                self._workflow = self._workflow or value
            elif any(isinstance(as_dict(node).get("class_type"), str) for node in value.values()):
                self._prompt = self._prompt or value
            elif _SWARM in value:
                self._parameters = self._parameters or text.strip()
            else:
                self._take_bundle(value, text, wraps)

    def _take_bundle(self, bundle: dict[str, object], text: str, wraps: int) -> None:
        for key, inner in bundle.items():
            if key.lower() in _INSIDE:
                if isinstance(inner, str):
                    self.add(Tag(key, inner), wraps + 1)
                else:
                    self._take(inner, text, wraps + 1)


def _role(tag: Tag) -> tuple[str | None, str]:
    """Tell what the key or the start of the text promises; return it with the text behind that start."""
    text = tag.text.lstrip()
    prefix = _PREFIX.match(text)
    if prefix:
        return prefix[1].lower(), text[prefix.end() :].lstrip()
    key = tag.key.rpartition(".")[2].rpartition(":")[2].lower()
    return (key if key in (*_ROLES, "parameters") else None), text


def _values(text: str) -> Iterator[object]:
    """Give the JSON values that follow each other in a text, from the first brace on."""
    quoted = text.startswith('"')
    at = 0 if quoted else text.index("{")
    for _ in range(_GLUED):
        value, at = decode_next(text, at)
        yield value
        following = _NEXT.match(text, at)
        if following is None:
            return
        at = following.end() - 1
