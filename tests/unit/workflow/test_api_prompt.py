from __future__ import annotations

import json

from modelget.types import Digest, Requirement
from modelget.workflow import parse

PROMPT = {
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "SD\\sd15.safetensors"}},
    "57:30": {"class_type": "LoraLoader", "inputs": {"lora_name": "x.safetensors", "model": ["4", 0]}},
    "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "x.pt", "images": ["8", 0]}},
}


def needs(document: object) -> tuple[Requirement, ...]:
    return parse(json.dumps(document).encode(), "w.json").requirements


def test_the_folder_comes_from_the_class_and_the_input() -> None:
    assert needs(PROMPT) == (
        Requirement("SD/sd15.safetensors", "checkpoints", wanted_by=("4",), how="input"),
        Requirement("x.safetensors", "loras", wanted_by=("57:30",), how="input"),
    )


def test_the_body_that_is_posted_is_read_as_the_prompt_in_it() -> None:
    assert needs({"prompt": PROMPT, "client_id": "1", "extra_data": {}}) == needs(PROMPT)


def test_an_empty_prompt_needs_nothing() -> None:
    assert needs({"prompt": {}}) == ()


def test_the_posted_graph_adds_what_it_declares() -> None:
    declared = {"name": "x.safetensors", "url": "https://example.org/x", "directory": "loras"}
    hashed = {**declared, "hash": "b" * 64, "hash_type": "sha256"}
    graph = {"nodes": [{"id": 30, "type": "LoraLoader", "properties": {"models": [hashed]}}]}
    posted = {"prompt": PROMPT, "extra_data": {"extra_pnginfo": {"workflow": graph}}}
    lora = needs(posted)[1]
    assert (lora.urls, lora.digest, lora.how) == (
        ("https://example.org/x",),
        Digest("sha256", "b" * 64),
        "input",
    )


def test_names_in_nested_rows_are_found_and_switched_off_rows_are_inactive() -> None:
    rows = {
        "lora_1": {"on": True, "lora": "a.pt"},
        "lora_2": {"on": False, "lora": "b.pt"},
        "loras": '["c.pt"]',
    }
    found = needs({"1": {"class_type": "Power Lora Loader (rgthree)", "inputs": rows}})
    assert [(need.name, need.folder, need.active) for need in found] == [
        ("a.pt", "loras", True),
        ("b.pt", "loras", False),
        ("c.pt", "loras", True),
    ]


def test_a_text_node_that_feeds_a_loader_is_placed_by_the_loader() -> None:
    prompt = {
        "1": {"class_type": "PrimitiveString", "inputs": {"value": "x.pt"}},
        "2": {"class_type": "VAELoader", "inputs": {"vae_name": ["1", 0]}},
    }
    assert needs(prompt) == (Requirement("x.pt", "vae", wanted_by=("2",), how="input"),)


def test_an_unknown_class_needs_its_models_in_an_unknown_folder() -> None:
    assert needs({"1": {"class_type": "Unknown", "inputs": {"model": "x.onnx"}}})[0].folder is None


def test_malformed_nodes_are_skipped() -> None:
    broken = {"5": None, "6": [], "7": {"class_type": 3, "inputs": "x.pt"}, "8": {"class_type": "VAELoader"}}
    assert needs({**PROMPT, **broken}) == needs(PROMPT)


def test_a_link_that_carries_a_model_is_no_name() -> None:
    prompt = {
        "1": {"class_type": "UNETLoader", "inputs": {"unet_name": "x.pt"}},
        "2": {"class_type": "Power Lora Loader (rgthree)", "inputs": {"model": ["1", 0]}},
    }
    assert [(need.folder, need.wanted_by) for need in needs(prompt)] == [("diffusion_models", ("1",))]
