"""A cheap first look at the saved values of a node: most nodes have nothing to do with models."""

from __future__ import annotations

from typing import NamedTuple

from .names import LONGEST_SUFFIX, SUFFIXES
from .untyped import as_list

_MARKS = ("embedding:", "<lora:")


class Glance(NamedTuple):
    """What saved values may hold; False is certain."""

    names: bool
    """A model's name, at any depth."""
    prompts: bool
    """A text that names a model somewhere within."""


def glance_at(values: object) -> Glance:
    """Look at the values of one node, a list or an object."""
    names = prompts = False
    for value in values.values() if isinstance(values, dict) else as_list(values):
        if isinstance(value, str):
            names = names or value[:1] in ("[", "{") or value[-LONGEST_SUFFIX:].lower().endswith(SUFFIXES)
            prompts = prompts or is_marked(value)
        elif isinstance(value, (list, dict)):
            return Glance(names=True, prompts=True)
    return Glance(names, prompts)


def is_marked(text: str) -> bool:
    """Tell whether a text may name a model as prompts do."""
    if ":" not in text:
        return False
    lowered = text.lower()
    return any(mark in lowered for mark in _MARKS)
