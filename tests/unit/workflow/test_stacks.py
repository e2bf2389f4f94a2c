"""Nodes with rows of models and switches of their own: only the rows that count are needed."""

from __future__ import annotations

import pytest
from graphs import graph, needs, node

ROWS = {
    "CR LoRA Stack": ["On", "on.pt", 1, 1, "Off", "off.pt", 1, 1, "On", "None", 1, 1],
    "CR Load LoRA": ["Off", "off.pt", 1, 1],
    "CR Random LoRA Stack": ["Off", 1, "Off", "on.pt", "On", 1, 1, 1, "off.pt", "Off", 1, 1, 1],
    "CR Multi-ControlNet Stack": ["On", "on.pt", 1, 0, 1, "Off", "off.pt", 1, 0, 1],
    "CR Multi Upscale Stack": ["Off", "off.pt", 2, "On", "on.pt", 2],
    "CR Model Merge Stack": ["On", "on.pt", 1, 1, "Off", "off.pt", 1, 1],
    "CR LoRA Stack Model Only JK": [True, "on.pt", 1, False, "off.pt", 1],
    "LoRA Stacker": ["simple", 1, "on.pt", 1, 1, 1, "off.pt", 1, 1, 1],
    "XY Input: LoRA": ["LoRA Names", "", False, "ascending", -1, 1, 1.0, 1.0, "on.pt", 1, 1, "off.pt", 1, 1],
    "XY Input: Checkpoint": [
        "Base",
        "Ckpt Names",
        "",
        False,
        "ascending",
        -1,
        1,
        "on.pt",
        -1,
        "Baked VAE",
        "off.pt",
    ],
    "easy loraStack": [True, "simple", 1, "on.pt", 1, 1, 1, "off.pt", 1, 1, 1],
    "easy controlnetStack": [True, "simple", 1, "on.pt", 1, 0, 1, 1, "off.pt", 1, 0, 1, 1],
    "ttN pipeLoraStack": [False, "simple", 2, "off.pt", 1, 1, 1],
}
BY_INPUT = {
    "CR LoRA Stack": {"switch_1": "On", "lora_name_1": "on.pt", "switch_2": "Off", "lora_name_2": "off.pt"},
    "CR Load LoRA": {"switch": "Off", "lora_name": "off.pt"},
    "CR Model Merge Stack": {
        "switch_1": "Off",
        "ckpt_name1": "off.pt",
        "switch_2": "On",
        "ckpt_name2": "on.pt",
    },
    "LoRA Stacker": {"lora_count": 1, "lora_name_1": "on.pt", "lora_name_2": "off.pt"},
    "easy loraStack": {"toggle": False, "num_loras": 2, "lora_1_name": "off.pt"},
    "easy controlnetStack": {
        "toggle": True,
        "num_controlnet": 1,
        "controlnet_1": "on.pt",
        "controlnet_2": "off.pt",
    },
}


def active(document: object) -> dict[str, bool]:
    return {need.name: need.active for need in needs(document)}


@pytest.mark.parametrize("node_type", ROWS)
def test_rows_that_are_switched_off_or_not_counted_are_inactive(node_type: str) -> None:
    found = active(graph(node(1, node_type, *ROWS[node_type])))
    assert found == {name: name == "on.pt" for name in found}
    assert "off.pt" in found


@pytest.mark.parametrize("node_type", BY_INPUT)
def test_it_is_the_same_in_an_api_prompt_and_in_values_saved_by_name(node_type: str) -> None:
    inputs = BY_INPUT[node_type]
    for document in (
        {"1": {"class_type": node_type, "inputs": inputs}},
        graph({**node(1, node_type), "widgets_values": inputs}),
    ):
        found = active(document)
        assert found == {name: name == "on.pt" for name in found}
        assert "off.pt" in found


def test_a_switch_that_a_link_feeds_is_taken_for_on() -> None:
    inputs = {"switch_1": ["7", 0], "lora_name_1": "x.pt"}
    assert active({"1": {"class_type": "CR LoRA Stack", "inputs": inputs}}) == {"x.pt": True}


def test_a_count_that_is_no_number_counts_all() -> None:
    assert active(graph(node(1, "LoRA Stacker", "simple", None, "a.pt", 1, 1, 1, "b.pt"))) == {
        "a.pt": True,
        "b.pt": True,
    }


def test_off_beside_a_model_means_nothing_in_other_nodes() -> None:
    assert active(graph(node(1, "SomebodysLoader", "Off", "x.pt", False))) == {"x.pt": True}
