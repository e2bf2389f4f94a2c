"""Loaders as a running ComfyUI describes them: its own words for the inputs, and folders by comparison."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from graphs import graph, node

from modelget.workflow import parse
from modelget.workflow.host_table import loader_table
from modelget.workflow.loader_nodes import NO_HOST, LoaderTable, Place, folder_of, places_of

DATA = Path(__file__).parent / "data"
FACTS = json.loads((DATA / "core_loaders.json").read_bytes())["loaders"]
REAL = json.loads((DATA / "object_info.json").read_bytes())

Json = dict[str, Any]


def with_files(listings: dict[str, list[str]]) -> Json:
    """Fill the combos of the recorded answer as the host does: with what the folder of each lists."""
    info: Json = copy.deepcopy({name: entry for name, entry in REAL.items() if name != "_about"})
    for node_type, name, _, folder in FACTS:
        for specs in info[node_type]["input"].values():
            if name in specs:
                spec = specs[name]
                options = spec[0] if isinstance(spec[0], list) else spec[1]["options"]
                options += listings[folder]
    return info


def one_file_each() -> dict[str, list[str]]:
    return {folder: [f"of-{folder}.safetensors"] for _, _, _, folder in FACTS}


def some_node(*inputs: tuple[str, Any], **optional: Any) -> Json:
    return {"Some": {"input": {"required": dict(inputs), "optional": optional}}}


def test_every_core_loader_is_found_with_folder_and_position_and_nothing_else() -> None:
    listings = one_file_each()
    table = loader_table(with_files(listings), listings)
    found = [
        [node_type, place.input, place.position, place.folder]
        for node_type, places in table.places.items()
        for place in places
    ]
    assert sorted(found) == sorted(FACTS)


def test_empty_folders_say_nothing() -> None:
    listings: dict[str, list[str]] = {folder: [] for _, _, _, folder in FACTS}
    assert loader_table(with_files(listings), listings) == NO_HOST
    assert loader_table(some_node(("m", [[]])), {"vae": []}) == NO_HOST


def test_two_folders_with_the_same_files_say_nothing() -> None:
    table = loader_table(some_node(("m", [["x.pt"]])), {"loras": ["x.pt"], "sams": ["x.pt"], "vae": []})
    assert table == NO_HOST


def test_two_names_of_one_folder_are_one() -> None:
    listings = {"unet": ["x.gguf"], "diffusion_models": ["x.gguf"], "unet_gguf": ["x.gguf"]}
    table = loader_table(some_node(("m", [["x.gguf"]])), listings)
    assert table.places["Some"] == (Place("m", 0, "diffusion_models"),)


@pytest.mark.parametrize("extra", ["None", "none", "Baked VAE", "pixel_space", "[None]"])
def test_options_that_name_no_file_may_stand_beside_a_folders_files(extra: str) -> None:
    table = loader_table(some_node(("m", [[extra, "a.pt", "b/c.pt"]])), {"vae": ["a.pt", "b/c.pt"]})
    assert table.places["Some"] == (Place("m", 0, "vae"),)


@pytest.mark.parametrize("options", [["a.pt"], ["a.pt", "b.pt", "c.pt"], [], ["euler", "ddim"]])
def test_a_part_of_a_folder_or_more_than_it_says_nothing(options: list[str]) -> None:
    assert loader_table(some_node(("m", [options])), {"vae": ["a.pt", "b.pt"]}) == NO_HOST


def test_files_without_a_model_suffix_count_as_the_folder_lists_them() -> None:
    table = loader_table(some_node(("m", [["v1.yaml"]])), {"configs": ["v1.yaml"]})
    assert table.places["Some"][0].folder == "configs"


def test_positions_count_widgets_seed_controls_and_upload_buttons_but_no_sockets() -> None:
    info = some_node(
        ("model", ["MODEL"]),
        ("seed", ["INT", {}]),
        ("steps", ["INT", {"control_after_generate": False}]),
        ("prompt", ["STRING", {"forceInput": True}]),
        ("image", [["a.png"], {"image_upload": True}]),
        ("first", ["COMBO", {"options": ["x.pt"]}]),
        tricky=["COMFY_DYNAMICCOMBO_V3", {"options": [{"key": "a"}]}],
        second=[["x.pt"]],
    )
    assert loader_table(info, {"vae": ["x.pt"]}).places["Some"] == (
        Place("first", 5, "vae"),
        Place("second", None, "vae"),
    )


def test_the_order_is_the_one_that_the_host_gives() -> None:
    info = some_node(("b", [["x.pt"]]), ("a", ["FLOAT"]))
    info["Some"]["input_order"] = {"required": ["a", "b"]}
    assert loader_table(info, {"vae": ["x.pt"]}).places["Some"] == (Place("b", 1, "vae"),)


@pytest.mark.parametrize(
    "junk",
    [
        None,
        3,
        [],
        {"input": 3},
        {"input": {"required": [1]}},
        {"input": {"required": {"a": 3, "b": [], "c": [[3]]}}},
    ],
)
def test_what_is_malformed_is_left_out(junk: object) -> None:
    good = some_node(("m", [["x.pt"]]))
    table = loader_table({"Bad": junk, **good}, {"vae": ["x.pt"]})
    assert list(table.places) == ["Some"]


HOST = LoaderTable(
    {
        "Some": (Place("first", 1, "vae"), Place("second", 0, "sams")),
        "VAELoader": (Place("vae_name", 0, "wrong"), Place("extra", 3, "loras")),
        "UnetLoaderGGUF": (Place("unet_name", 0, "wrong"),),
    }
)


def test_a_loader_that_only_the_host_knows_is_placed_and_read_by_position() -> None:
    document = json.dumps(graph(node(1, "Some", "s.pt", "v.pt"))).encode()
    found = [(need.name, need.folder) for need in parse(document, "w.json", HOST).requirements]
    assert found == [("s.pt", "sams"), ("v.pt", "vae")]
    assert [need.folder for need in parse(document, "w.json").requirements] == [None, None]


def test_the_same_in_an_api_prompt() -> None:
    document = json.dumps({"1": {"class_type": "Some", "inputs": {"first": "v.pt"}}}).encode()
    assert parse(document, "w.json", HOST).requirements[0].folder == "vae"


def test_our_own_tables_come_first_and_the_host_adds_inputs() -> None:
    assert folder_of("VAELoader", "vae_name", "x.pt", HOST) == "vae"
    assert folder_of("VAELoader", "extra", "x.pt", HOST) == "loras"
    assert folder_of("UnetLoaderGGUF", "unet_name", "x.gguf", HOST) == "diffusion_models"
    assert [place.input for place in places_of("VAELoader")] == ["vae_name"]
    assert [place.input for place in places_of("VAELoader", HOST)] == ["vae_name", "extra"]


def test_a_text_that_feeds_an_input_of_a_hosts_loader_is_placed() -> None:
    prompt = {
        "1": {"class_type": "SomebodysText", "inputs": {"value": "v.pt"}},
        "2": {"class_type": "Some", "inputs": {"first": ["1", 0]}},
    }
    found = parse(json.dumps(prompt).encode(), "w.json", HOST).requirements
    assert [(need.name, need.folder, need.wanted_by) for need in found] == [("v.pt", "vae", ("2",))]
