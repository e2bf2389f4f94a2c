"""The workflows that the pack brings: in one ComfyUI's own loaders, in the other Modelget's, for the same models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelget.workflow import parse

EXAMPLES = Path(__file__).parents[3] / "workflows"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.json"))


def needs(name: str) -> set[tuple[str, str | None]]:
    raw = (EXAMPLES / f"{name}.json").read_bytes()
    return {(need.name, need.folder) for need in parse(raw, name).requirements if need.urls}


def test_both_need_the_same_models_and_say_where_each_is() -> None:
    assert needs("z_image_turbo") == needs("z_image_turbo_with_modelget_nodes")
    assert len(needs("z_image_turbo")) == 3


@pytest.mark.parametrize("name", NAMES)
def test_each_has_a_picture_for_the_template_browser(name: str) -> None:
    assert (EXAMPLES / f"{name}.jpg").read_bytes().startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize("name", NAMES)
def test_every_link_ends_where_its_node_says(name: str) -> None:
    graph = json.loads((EXAMPLES / f"{name}.json").read_bytes())
    nodes = {node["id"]: node for node in graph["nodes"]}
    for number, origin, slot, target, target_slot, kind in graph["links"]:
        assert nodes[origin]["outputs"][slot]["type"] == kind
        assert number in nodes[origin]["outputs"][slot]["links"]
        linked = [entry for entry in nodes[target]["inputs"] if entry["link"] == number]
        assert [entry["type"] for entry in linked] == [kind], (target, target_slot)
