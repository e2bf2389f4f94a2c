"""The shape of Lora-Manager's recipes: ``*.recipe.json``, and ``Recipe metadata: {…}`` in a picture's text."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ..types import Requirement
from .mentions import Mention, joined, mention, requirements
from .prompt_text import embeddings_in
from .untyped import as_dict, as_list, as_text, dicts_in

_MARKER = "Recipe metadata: "
_ONLY_IN_RECIPES = frozenset({"gen_params", "fingerprint", "base_model", "checkpoint"})


def is_recipe(root: dict[str, object]) -> bool:
    """Tell whether a JSON object is a recipe: a list of LoRAs, and what else only a recipe has."""
    return isinstance(root.get("loras"), list) and not _ONLY_IN_RECIPES.isdisjoint(root)


def recipe_in(text: str) -> dict[str, object] | None:
    """Find the recipe that Lora-Manager appended to a picture's text; None when there is none."""
    at = text.rfind(_MARKER)
    if at < 0:
        return None
    try:
        root, _end = json.JSONDecoder().raw_decode(text, at + len(_MARKER))
    except (ValueError, RecursionError):
        return None
    return root if is_recipe(as_dict(root)) else None


def requirements_in(recipe: dict[str, object], workflow: str) -> tuple[Requirement, ...]:
    """Find every model of a recipe; raise InvalidWorkflow when it names absurdly many."""
    return requirements(joined(_mentions(recipe), workflow), "recipe")


def _mentions(recipe: dict[str, object]) -> Iterator[Mention | None]:
    checkpoint = as_dict(recipe.get("checkpoint"))
    yield _model("checkpoints", checkpoint, checkpoint.get("modelVersionId") or checkpoint.get("id"))
    for lora in dicts_in(as_list(recipe.get("loras"))):
        yield _model("loras", lora, lora.get("modelVersionId"))
    settings = as_dict(recipe.get("gen_params"))
    for key in ("prompt", "negative_prompt"):
        for name in embeddings_in(as_text(settings.get(key))):
            yield mention("embeddings", name)


def _model(folder: str, entry: dict[str, object], version: object) -> Mention | None:
    active = entry.get("exclude") is not True
    return mention(folder, entry.get("file_name"), entry.get("hash"), version, active=active)
