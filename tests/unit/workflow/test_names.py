from __future__ import annotations

import json

import pytest

from modelget.workflow.names import Found, is_model_name, names_in

SUFFIXES = ["safetensors", "ckpt", "pt", "pth", "bin", "gguf", "sft", "onnx"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_model_suffix_counts_whatever_its_case(suffix: str) -> None:
    assert is_model_name(f"model.{suffix}")
    assert is_model_name(f"model.{suffix.upper()}")


@pytest.mark.parametrize(
    "name",
    [
        "SDXL/x.safetensors",
        "SDXL\\x.safetensors",
        "My LoRA v1.2 (final) [fp8].safetensors",
        "模型.safetensors",
        ".a.pt",
    ],
)
def test_sub_folders_spaces_and_foreign_scripts_are_names(name: str) -> None:
    assert is_model_name(name)


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/x.safetensors",
        "/home/me/x.safetensors",
        "C:\\models\\x.safetensors",
        "\\\\server\\x.safetensors",
        "~/x.safetensors",
        "first line\nx.safetensors",
        "put a.safetensors and b.safetensors",
        "you can find the model file that is needed for this under the name of x.safetensors",
        "masterpiece, embedding:bad.pt",
        "%CheckpointLoaderSimple.ckpt_name%.safetensors",
        ".safetensors",
        "loras/.safetensors",
        "config.yaml",
        "Qwen/Qwen2-7B-Instruct",
        "x.safetensors.txt",
        "a\ud800.safetensors",
        "x" * 500 + ".safetensors",
        "",
        None,
        3,
    ],
)
def test_paths_urls_running_text_and_broken_names_are_none(text: object) -> None:
    assert not is_model_name(text)


def test_names_are_found_at_any_depth_and_inside_json_strings() -> None:
    value = [{"a": [["x.safetensors"]]}, json.dumps([{"lora": "y.safetensors"}]), 1, None]
    assert list(names_in(value)) == [Found("x.safetensors"), Found("y.safetensors")]


@pytest.mark.parametrize("switch", ["on", "active", "enabled"])
def test_a_row_that_is_switched_off_is_told(switch: str) -> None:
    assert list(names_in({switch: False, "lora": "x.safetensors"})) == [Found("x.safetensors", enabled=False)]
    assert list(names_in({switch: True, "lora": "x.safetensors"})) == [Found("x.safetensors", enabled=True)]


def test_a_broken_json_string_holds_no_name() -> None:
    assert list(names_in('[{"lora": "x.safetensors"')) == []
    assert list(names_in("[" * 100_000 + '"x.safetensors"')) == []
