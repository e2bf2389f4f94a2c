"""Folder models: needed where a node's type or its own declaration says that it takes a folder, and nowhere else."""

from __future__ import annotations

import json

import pytest
from graphs import MUTED, brief, declares, from_input, graph, link, needs, node, subgraph, widget_input

from modelget.types import Requirement
from modelget.workflow import parse

PAGE = "https://huggingface.co/Qwen/Qwen2-7B-Instruct"


def test_the_pipeline_of_a_diffusers_loader_is_a_folder_model() -> None:
    assert needs(graph(node(7, "DiffusersLoader", "mine\\sdxl-base"))) == (
        Requirement("mine/sdxl-base", "diffusers", ("7",), is_folder=True),
    )


def test_the_same_in_a_prompt() -> None:
    prompt = {"7": {"class_type": "DiffusersLoader", "inputs": {"model_path": "sdxl-base"}}}
    assert parse(json.dumps(prompt).encode(), "w.json").requirements == (
        Requirement("sdxl-base", "diffusers", ("7",), "input", is_folder=True),
    )


def test_a_switched_off_node_needs_its_folder_inactively() -> None:
    assert brief(graph(node(7, "DiffusersLoader", "sdxl", mode=MUTED))) == [
        ("sdxl", "diffusers", ("7",), False)
    ]


def test_its_declaration_gives_the_place() -> None:
    (need,) = needs(graph(node(7, "DiffusersLoader", "sdxl", properties=declares("sdxl", "diffusers", PAGE))))
    assert (need.folder, need.urls, need.is_folder) == ("diffusers", (PAGE,), True)


@pytest.mark.parametrize(
    ("folder", "url"),
    [
        ("diffusers", ""),
        ("diffusers", PAGE),
        ("LLM", PAGE),
        ("LLM", f"{PAGE}/tree/main"),
        ("LLM", f"{PAGE}/tree/main/sub?x=1"),
        ("LLM", "https://modelscope.cn/models/Qwen/Qwen2-7B-Instruct"),
    ],
)
def test_any_node_that_declares_a_folder_and_selects_it_needs_it(folder, url) -> None:
    (need,) = needs(graph(node(7, "Unknown", 3, "Qwen2-7B", properties=declares("Qwen2-7B", folder, url))))
    assert (need.name, need.folder, need.is_folder) == ("Qwen2-7B", folder, True)


@pytest.mark.parametrize(
    "url", ["https://example.org/x", f"{PAGE}/resolve/main/x.safetensors", f"{PAGE}/discussions"]
)
def test_a_declaration_of_something_else_is_no_folder(url) -> None:
    assert needs(graph(node(7, "Unknown", "Qwen2-7B", properties=declares("Qwen2-7B", "LLM", url)))) == ()


def test_a_folder_that_is_declared_and_not_selected_is_no_need() -> None:
    assert needs(graph(node(7, "Unknown", "other", properties=declares("Qwen2-7B", "diffusers", PAGE)))) == ()


@pytest.mark.parametrize(
    "value",
    [
        "",
        "none",
        "None",
        ".",
        "..",
        "/abs/path",
        "C:\\models\\x",
        "~/x",
        "%date%",
        7,
        None,
        True,
        ["x"],
        "a\nb",
    ],
)
def test_what_names_no_folder_is_no_need(value) -> None:
    assert needs(graph(node(7, "DiffusersLoader", value))) == ()


@pytest.mark.parametrize("node_type", ["Unknown", "CheckpointLoaderSimple", "VAELoader", "StringConstant"])
def test_a_repository_in_a_node_that_takes_none_is_no_need(node_type) -> None:
    assert needs(graph(node(7, node_type, "Qwen/Qwen2-7B-Instruct"))) == ()


def test_only_the_input_that_takes_the_folder_counts() -> None:
    assert brief(graph(node(7, "Florence2ModelLoader", "Florence-2-base", "fp16", "sdpa"))) == [
        ("Florence-2-base", "LLM", ("7",), True)
    ]


def test_a_repository_that_its_node_fetches_is_listed_apart_by_the_name_of_its_folder() -> None:
    (need,) = needs(graph(node(7, "DownloadAndLoadFlorence2Model", "microsoft/Florence-2-base", "fp16")))
    assert (need.name, need.folder, need.how, need.active) == ("Florence-2-base", "LLM", "pack", False)
    assert need.is_left_to_pack


def test_a_saved_folder_that_a_link_replaces_is_no_need() -> None:
    loader = node(7, "DiffusersLoader", "old", inputs=[widget_input("model_path", 1)])
    maker = node(8, "SomeMaker", outputs=[{"name": "STRING", "links": [1]}])
    assert needs(graph(maker, loader, links=(link(1, 8, 7),))) == ()


def test_a_folder_inside_a_subgraph_is_found_for_each_instance() -> None:
    inner = subgraph("s-1", node(3, "DiffusersLoader", "sdxl"))
    found = brief(graph(node(1, "s-1"), node(2, "s-1"), subgraphs=(inner,)))
    assert found == [("sdxl", "diffusers", ("1:3", "2:3"), True)]


def test_a_file_in_an_input_for_folders_is_a_file() -> None:
    (need,) = needs(graph(node(7, "DiffusersLoader", "x.safetensors")))
    assert not need.is_folder


def test_a_saved_folder_that_its_subgraph_sets_from_outside_is_no_need() -> None:
    loader = node(3, "DiffusersLoader", "old", inputs=[widget_input("model_path", 1)])
    inner = subgraph("s-1", loader, inputs=(("model_path", "COMBO"),), links=(from_input(1, 0),))
    assert needs(graph(node(1, "s-1", "new"), subgraphs=(inner,))) == ()
