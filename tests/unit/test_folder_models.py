"""Which files of a repository make a model, and what a set of files lacks by its own account."""

from __future__ import annotations

from typing import Any

import pytest
from makers import LANGUAGE_MODEL, PIPELINE, diffusers_repo, language_model_repo

from modelget.folder_models import (
    components_of,
    files_to_take,
    has_code,
    is_folder_model,
    shards_of,
    what_is_missing,
)

SHARDS = tuple(f"model-0000{number}-of-00002.safetensors" for number in (1, 2))
INDEX = "model.safetensors.index.json"
TABLE = {"weight_map": {"a": SHARDS[0], "b": SHARDS[1]}}


def names(files: dict[str, Any]) -> list[str]:
    return [key.split("/", 2)[2] for key in files]


def read_from(documents: dict[str, Any]):
    return lambda path: documents[path]


def test_of_a_pipeline_its_components_are_taken_once() -> None:
    index = {name: ["diffusers", "X"] for name in ("scheduler", "text_encoder", "tokenizer", "unet", "vae")}
    assert sorted(files_to_take(names(diffusers_repo("o/r")), components_of(index))) == PIPELINE


def test_of_a_language_model_every_shard_and_the_tokenizer_are_taken() -> None:
    assert sorted(files_to_take(names(language_model_repo("o/r")))) == sorted(LANGUAGE_MODEL)


@pytest.mark.parametrize(
    ("paths", "taken"),
    [
        (["model.safetensors", "pytorch_model.bin"], ["model.safetensors"]),
        (["model.safetensors", "model.fp16.safetensors"], ["model.safetensors"]),
        (["model.fp16.safetensors", "model.bf16.safetensors"], ["model.fp16.safetensors"]),
        (["pytorch_model.bin", "pytorch_model.fp16.bin", "flax_model.msgpack"], ["pytorch_model.bin"]),
        (["pytorch_model.bin", "model.fp16.safetensors"], ["model.fp16.safetensors"]),
        (["a/model.safetensors", "b/pytorch_model.bin"], ["a/model.safetensors", "b/pytorch_model.bin"]),
        ([*SHARDS, INDEX, "model.safetensors"], ["model.safetensors"]),
        (
            [*SHARDS, INDEX, "pytorch_model.bin.index.json", "pytorch_model-00001-of-00001.bin"],
            [*SHARDS, INDEX],
        ),
        ([*SHARDS, INDEX, "consolidated.safetensors"], [*SHARDS, INDEX]),
        ([*SHARDS, INDEX, "original/consolidated.00.pth", "consolidated.00.pth"], [*SHARDS, INDEX]),
        (
            ["model.fp16-00001-of-00001.safetensors", "model.safetensors.index.fp16.json"],
            ["model.fp16-00001-of-00001.safetensors", "model.safetensors.index.fp16.json"],
        ),
        (
            ["model.safetensors", "onnx/model.onnx", "model.onnx", "x.gguf", "openvino_model.bin"],
            ["model.safetensors"],
        ),
        (["model.onnx"], ["model.onnx"]),
        (["a.gguf", "b.gguf"], ["a.gguf", "b.gguf"]),
        (
            ["model.safetensors", "optimizer.pt", "training_args.bin", "checkpoint-5/model.safetensors"],
            ["model.safetensors"],
        ),
        (["model.safetensors", "tokenizer.model", "vocab.txt", "qwen.tiktoken", "chat_template.jinja"], None),
        (
            ["model.safetensors", "README.md", "LICENSE.txt", "a.png", ".x.json", ".git/y.json", "z.py"],
            ["model.safetensors"],
        ),
        (["custom.pt", "more.safetensors"], ["custom.pt", "more.safetensors"]),
    ],
)
def test_the_same_weights_are_taken_once_and_what_loading_does_not_need_not_at_all(paths, taken) -> None:
    assert sorted(files_to_take(paths)) == sorted(paths if taken is None else taken)


@pytest.mark.parametrize(
    ("paths", "missing"),
    [
        (["config.json", "model.safetensors"], None),
        (["config.json", *SHARDS, INDEX], None),
        (["config.json", SHARDS[0], INDEX], SHARDS[1]),
        (["config.json", *SHARDS], "*.index.json, which names the parts of its weights"),
        (["config.json", INDEX], SHARDS[0]),
        (["config.json"], "weights"),
        ([], "weights"),
        (["sub/config.json", "sub/thing.safetensors"], None),
        (["config.json", INDEX, "pytorch_model.bin"], None),
    ],
)
def test_a_model_of_shards_needs_all_that_its_index_names(paths, missing) -> None:
    assert what_is_missing(paths, read_from({INDEX: TABLE})) == missing


PARTS = {"unet": ["diffusers", "UNet2DConditionModel"], "tokenizer": ["transformers", "CLIPTokenizer"]}


@pytest.mark.parametrize(
    ("paths", "missing"),
    [
        (["unet/config.json", "unet/a.safetensors", "tokenizer/vocab.json"], None),
        (["unet/config.json", "unet/a.safetensors"], "tokenizer/"),
        (["unet/config.json", "tokenizer/vocab.json"], "weights in unet/"),
        (["unet/a.safetensors", "tokenizer/vocab.json"], "unet/config.json"),
        (["unet/config.json", "unet/" + SHARDS[0], "unet/" + INDEX, "tokenizer/x.json"], "unet/" + SHARDS[1]),
    ],
)
def test_a_pipeline_needs_each_component_that_it_names(paths, missing) -> None:
    documents = {"model_index.json": PARTS | {"_class_name": "X"}, f"unet/{INDEX}": TABLE}
    assert what_is_missing(["model_index.json", *paths], read_from(documents)) == missing


@pytest.mark.parametrize("document", [None, [], "x", 7, {"weight_map": []}, {"weight_map": {"a": 1}}, {}])
def test_what_is_no_index_is_an_error(document) -> None:
    with pytest.raises(ValueError, match="names no files"):
        shards_of(document)


@pytest.mark.parametrize("document", [None, [], "x", 7])
def test_what_is_no_pipeline_is_an_error(document) -> None:
    with pytest.raises(ValueError, match=r"model_index\.json"):
        components_of(document)


def test_a_component_left_empty_is_not_needed() -> None:
    assert components_of({"safety_checker": [None, None], "x": 7, "y": ["a"], "requires": True}) == ()


def test_code_is_told_apart() -> None:
    assert has_code(["modeling.py", "config.json"])
    assert not has_code(["config.json", "python.txt"])
    assert files_to_take(["a.py", "b.so", "c.sh"]) == ()


def test_a_folder_of_workflows_is_no_model() -> None:
    assert is_folder_model({"model_index.json"})
    assert is_folder_model({"config.json", "model.safetensors"})
    assert not is_folder_model({"config.json", "workflow.json"})
    assert not is_folder_model({"a.safetensors", "b.safetensors"})
