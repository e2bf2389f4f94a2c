"""What a graph saved by ComfyUI's page needs: small graphs, one statement each."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from graphs import (
    BYPASSED,
    MUTED,
    Json,
    brief,
    declares,
    from_input,
    graph,
    needs,
    node,
    subgraph,
    widget_input,
)

from modelget.types import Digest, Requirement
from modelget.workflow import parse
from modelget.workflow.ignored_nodes import NOTES, SHOWN

# Plain graphs


def test_an_empty_graph_needs_nothing() -> None:
    assert needs({"nodes": []}) == ()


def test_a_loader_needs_its_model_in_its_folder() -> None:
    assert needs(graph(node(4, "CheckpointLoaderSimple", "sd15.safetensors"))) == (
        Requirement("sd15.safetensors", "checkpoints", wanted_by=("4",), how="widget", active=True),
    )


def test_requirements_stand_in_the_order_of_first_appearance_each_once() -> None:
    found = brief(
        graph(
            node(2, "VAELoader", "b.pt"),
            node(1, "VAELoader", "a.pt"),
            node(3, "VAELoader", "b.pt", mode=MUTED),
        )
    )
    assert found == [("b.pt", "vae", ("2", "3"), True), ("a.pt", "vae", ("1",), True)]


def test_one_name_in_two_folders_is_two_requirements() -> None:
    found = brief(
        graph(node(1, "VAELoader", "x.safetensors"), node(2, "CheckpointLoaderSimple", "x.safetensors"))
    )
    assert [entry[:2] for entry in found] == [("x.safetensors", "vae"), ("x.safetensors", "checkpoints")]


@pytest.mark.parametrize("mode", [MUTED, BYPASSED])
def test_what_only_a_muted_or_bypassed_node_selects_is_inactive(mode: int) -> None:
    assert brief(graph(node(1, "VAELoader", "x.pt", mode=mode))) == [("x.pt", "vae", ("1",), False)]


def test_a_windows_path_is_reported_with_slashes() -> None:
    found = brief(
        graph(node(1, "LoraLoader", "SDXL\\x.safetensors"), node(2, "LoraLoader", "SDXL/x.safetensors"))
    )
    assert found == [("SDXL/x.safetensors", "loras", ("1", "2"), True)]


def test_an_upper_case_suffix_is_a_model_and_stays_as_written() -> None:
    assert brief(graph(node(1, "VAELoader", "X.SafeTensors"))) == [("X.SafeTensors", "vae", ("1",), True)]


def test_notes_need_nothing() -> None:
    link = "https://huggingface.co/o/r/resolve/main/x.safetensors"
    assert needs(graph(node(1, "Note", link, "x.safetensors"), node(2, "MarkdownNote", f"[x]({link})"))) == ()


def test_prompts_savers_and_viewers_need_nothing() -> None:
    nodes = [
        node(1, "CLIPTextEncode", "x.pt"),
        node(2, "CheckpointSave", "x.pt"),
        node(3, "PreviewAny", "x.pt"),
    ]
    assert needs(graph(*nodes)) == ()


@pytest.mark.parametrize("viewer", sorted(NOTES | SHOWN))
def test_what_a_note_or_a_viewer_holds_is_no_need(viewer: str) -> None:
    assert needs(graph(node(1, viewer, "x.pt"), node(2, "VAELoader", "y.pt")))[0].name == "y.pt"
    assert needs({"1": {"class_type": viewer, "inputs": {"text": "x.pt"}}}) == ()


def test_the_name_of_an_output_is_no_need() -> None:
    assert needs(graph(node(1, "Unknown", **{"widgets_values": {"filename_prefix": "x.pt"}}))) == ()


def test_an_unknown_node_needs_its_models_in_an_unknown_folder() -> None:
    assert brief(graph(node(1, "SomebodysLoader", 3, "x.gguf"))) == [("x.gguf", None, ("1",), True)]


def test_an_unplaced_name_joins_the_placed_one() -> None:
    found = brief(graph(node(1, "SomebodysLoader", "x.pt"), node(2, "VAELoader", "x.pt", mode=MUTED)))
    assert found == [("x.pt", "vae", ("2", "1"), True)]


def test_widget_values_may_be_an_object() -> None:
    values = {"unet_name": "u.safetensors", "videopreview": {"hidden": False}}
    assert brief(graph({**node(1, "UNETLoader"), "widgets_values": values}))[0][:2] == (
        "u.safetensors",
        "diffusion_models",
    )


def test_a_switched_off_row_is_inactive_and_the_others_are_needed() -> None:
    rows = [
        {},
        {"on": True, "lora": "on.safetensors"},
        {"on": False, "lora": "off.safetensors", "strength": 1},
        "",
    ]
    assert brief(graph(node(1, "Power Lora Loader (rgthree)", *rows))) == [
        ("on.safetensors", "loras", ("1",), True),
        ("off.safetensors", "loras", ("1",), False),
    ]


def test_a_wrapped_workflow_is_read() -> None:
    assert len(needs({"workflow": graph(node(1, "VAELoader", "x.pt"))})) == 1


def test_a_bom_and_nan_are_no_obstacle() -> None:
    raw = (
        b"\xef\xbb\xbf"
        + json.dumps(graph(node(1, "VAELoader", "x.pt", float("nan")), extra=float("inf"))).encode()
    )
    assert b"NaN" in raw
    assert [need.name for need in parse(raw, "w.json").requirements] == ["x.pt"]


def test_an_input_whose_type_is_the_list_of_its_options_is_read() -> None:
    options = {"name": "vae_name", "type": ["x.pt", "y.pt"], "widget": {"name": "vae_name"}, "link": 7}
    loader = node(2, "VAELoader", "stale.pt", inputs=[options])
    text = node(1, "PrimitiveString", "x.pt")
    assert brief(graph(text, loader, links=([7, 1, 0, 2, 0, ["x.pt"]],)))[0][:2] == ("x.pt", "vae")


# Placing values


def test_a_loader_of_two_folders_is_read_by_position() -> None:
    found = brief(graph(node(1, "LTXAVTextEncoderLoader", "gemma.safetensors", "ltx.safetensors")))
    assert [entry[:2] for entry in found] == [
        ("gemma.safetensors", "text_encoders"),
        ("ltx.safetensors", "checkpoints"),
    ]


def test_named_values_place_the_listed_ones() -> None:
    values = {"ckpt_name": "ltx.safetensors", "text_encoder": "gemma.safetensors"}
    loader = node(
        1, "LTXAVTextEncoderLoader", "ltx.safetensors", "gemma.safetensors", widgets_values_named=values
    )
    assert {need.name: need.folder for need in needs(graph(loader))} == {
        "ltx.safetensors": "checkpoints",
        "gemma.safetensors": "text_encoders",
    }


def test_where_named_and_listed_values_disagree_the_declared_one_wins_and_it_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for listed, named in (("old.pt", "new.pt"), ("new.pt", "old.pt")):
        both = {"widgets_values_named": {"vae_name": named}, "properties": declares("new.pt")}
        with caplog.at_level(logging.WARNING):
            assert [need.name for need in needs(graph(node(1, "VAELoader", listed, **both)))] == ["new.pt"]
        assert "names two models" in caplog.text
        caplog.clear()


def test_without_a_declaration_the_listed_value_wins() -> None:
    loader = node(1, "VAELoader", "listed.pt", widgets_values_named={"vae_name": "stale.pt"})
    assert [need.name for need in needs(graph(loader))] == ["listed.pt"]


# Declarations


def test_a_declaration_gives_folder_url_and_digest() -> None:
    hashed = declares("x.pt", "embeddings", hash="A" * 64, hash_type="SHA256")
    assert needs(graph(node(1, "VAELoader", "x.pt", properties=hashed))) == (
        Requirement(
            "x.pt",
            "embeddings",
            wanted_by=("1",),
            urls=("https://example.org/x.pt",),
            digest=Digest("sha256", "a" * 64),
        ),
    )


@pytest.mark.parametrize(
    ("kind", "value"), [("SHA256", "123"), ("md17", "a" * 64), (None, "a" * 64), ("SHA256", 7)]
)
def test_a_bad_hash_is_ignored(kind: object, value: object) -> None:
    entry = {"models": [{"name": "x.pt", "hash": value, "hash_type": kind}]}
    assert needs(graph(node(1, "VAELoader", "x.pt", properties=entry)))[0].digest is None


def test_a_declaration_alone_is_no_need() -> None:
    assert needs(
        graph(node(1, "VAELoader", "x.pt", properties=declares("y.pt")), models=[{"name": "z.pt"}])
    ) == (Requirement("x.pt", "vae", wanted_by=("1",)),)


def test_declarations_at_the_top_on_notes_and_elsewhere_enrich_the_same_name_and_folder() -> None:
    top = declares("x.pt", "vae", "https://top.example/x.pt")["models"]
    note = node(1, "MarkdownNote", "see", properties=declares("x.pt", "vae", "https://note.example/x.pt"))
    other = node(2, "Note", "see", properties=declares("x.pt", "checkpoints", "https://other.example/x.pt"))
    found = needs(graph(note, other, node(3, "VAELoader", "x.pt"), models=top))
    assert found[0].urls == ("https://top.example/x.pt", "https://note.example/x.pt")


def test_a_declaration_elsewhere_places_a_model_of_an_unknown_node() -> None:
    note = node(1, "Note", "see", properties=declares("x.pt", "sams"))
    assert brief(graph(note, node(2, "SomebodysLoader", "x.pt"))) == [("x.pt", "sams", ("2",), True)]


def test_a_legacy_folder_in_a_declaration_becomes_todays() -> None:
    loader = node(1, "Unknown", "x.pt", properties=declares("x.pt", "unet"))
    assert needs(graph(loader))[0].folder == "diffusion_models"


@pytest.mark.parametrize("folder", ["../../etc", "..", "a/../b", "a\ud800", "", 5, None])
def test_a_folder_that_is_none_is_ignored(folder: object) -> None:
    entry = {"models": [{"name": "x.pt", "directory": folder, "url": ["x"]}]}
    found = needs(graph(node(1, "VAELoader", "x.pt", properties=entry)))[0]
    assert found.folder == "vae"
    assert found.urls == ()


def test_equal_urls_are_listed_once_in_order() -> None:
    first, second = (
        declares("x.pt", url="https://b.example/x.pt"),
        declares("x.pt", url="https://a.example/x.pt"),
    )
    nodes = [node(n, "VAELoader", "x.pt", properties=p) for n, p in ((1, first), (2, second), (3, first))]
    assert needs(graph(*nodes))[0].urls == ("https://b.example/x.pt", "https://a.example/x.pt")


# Links


def test_a_primitive_that_feeds_a_loader_decides() -> None:
    primitive = node(1, "PrimitiveNode", "new.safetensors", "fixed")
    loader = node(2, "CheckpointLoaderSimple", "old.safetensors", inputs=[widget_input("ckpt_name", 7)])
    found = brief(graph(primitive, loader, links=([7, 1, 0, 2, 0, "COMBO"],)))
    assert found == [("new.safetensors", "checkpoints", ("2",), True)]


def test_a_value_passes_through_reroutes() -> None:
    primitive = node(1, "PrimitiveString", "new.safetensors")
    reroutes = [
        node(n, "Reroute", inputs=[{"name": "", "type": "*", "link": link}]) for n, link in ((2, 5), (3, 6))
    ]
    loader = node(4, "CheckpointLoaderSimple", "old.safetensors", inputs=[widget_input("ckpt_name", 7)])
    links = ([5, 1, 0, 2, 0, "*"], [6, 2, 0, 3, 0, "*"], [7, 3, 0, 4, 0, "*"])
    assert brief(graph(primitive, *reroutes, loader, links=links)) == [
        ("new.safetensors", "checkpoints", ("4",), True)
    ]


def test_reroutes_in_a_circle_end() -> None:
    reroute = node(1, "Reroute", inputs=[{"name": "", "type": "*", "link": 5}])
    loader = node(2, "VAELoader", "x.pt", inputs=[widget_input("vae_name", 6)])
    assert needs(graph(reroute, loader, links=([5, 1, 0, 1, 0, "*"], [6, 1, 0, 2, 0, "*"]))) == ()


def test_a_name_computed_while_running_hides_the_stale_widget_value() -> None:
    maker = node(1, "JoinStrings", "a", "b")
    loader = node(2, "VAELoader", "stale.pt", inputs=[widget_input("vae_name", 7)])
    assert needs(graph(maker, loader, links=([7, 1, 0, 2, 0, "STRING"],))) == ()


def test_a_selector_of_another_pack_that_feeds_a_loader_is_placed_by_the_loader() -> None:
    selector = node(1, "SomebodysSelector", "new.pt")
    loader = node(2, "VAELoader", "stale.pt", inputs=[widget_input("vae_name", 7)])
    assert brief(graph(selector, loader, links=([7, 1, 0, 2, 0, "COMBO"],))) == [
        ("new.pt", "vae", ("2",), True)
    ]


@pytest.mark.parametrize("links", [(), ([7, 99, 0, 2, 0, "COMBO"],), (7,), ([7],), ([7, 1, None],)])
def test_a_link_from_nowhere_leaves_the_widgets_own_value(links: tuple[Any, ...]) -> None:
    loader = node(2, "VAELoader", "x.pt", inputs=[widget_input("vae_name", 7)])
    assert brief(graph(loader, links=links)) == [("x.pt", "vae", ("2",), True)]


# Subgraphs

LOADER = node(
    5,
    "UNETLoader",
    "own.safetensors",
    "default",
    inputs=[widget_input("unet_name", 1), widget_input("weight_dtype", None)],
    properties=declares("own.safetensors", "diffusion_models"),
)
LOADERS = subgraph(
    "sub",
    node(4, "KSampler", 20, inputs=[widget_input("steps", 2, "INT")]),
    LOADER,
    inputs=(("image", "IMAGE"), ("steps", "INT"), ("unet_name", "COMBO")),
    links=(from_input(2, 1), from_input(1, 2)),
)


def test_a_model_in_a_subgraph_carries_the_execution_id_of_its_instance() -> None:
    assert brief(graph(node(57, "sub"), subgraphs=(LOADERS,))) == [
        ("own.safetensors", "diffusion_models", ("57:5",), True)
    ]


def test_the_same_subgraph_used_twice_gives_each_instance_its_own_promoted_value() -> None:
    both = graph(
        node(1, "sub", 20, "a.safetensors"), node(2, "sub", 8, "b.safetensors"), subgraphs=(LOADERS,)
    )
    assert brief(both) == [
        ("a.safetensors", "diffusion_models", ("1:5",), True),
        ("b.safetensors", "diffusion_models", ("2:5",), True),
    ]


@pytest.mark.parametrize(
    "values",
    [
        ("a.safetensors", 20),  # another order
        (20, "fixed", "a.safetensors"),  # another number of widgets
        (20, "euler"),  # a model's place taken by something else
        ("20", "a.safetensors"),  # a number's place taken by a text
    ],
)
def test_promoted_values_that_do_not_fit_leave_the_inner_value(values: tuple[object, ...]) -> None:
    assert [entry[0] for entry in brief(graph(node(1, "sub", *values), subgraphs=(LOADERS,)))] == [
        "own.safetensors"
    ]


def test_a_promoted_choice_of_nothing_needs_nothing() -> None:
    assert needs(graph(node(1, "sub", 20, "None"), subgraphs=(LOADERS,))) == ()


def test_promoted_values_are_matched_by_name_when_the_file_names_them() -> None:
    instance = node(
        1, "sub", "moved", 20, "a.safetensors", widgets_values_named={"unet_name": "a.safetensors"}
    )
    assert [entry[0] for entry in brief(graph(instance, subgraphs=(LOADERS,)))] == ["a.safetensors"]


def test_proxy_widgets_match_promoted_values_by_node_and_name() -> None:
    proxies = {"proxyWidgets": [["5", "unet_name"], ["4", "steps"]]}
    instance = node(1, "sub", "a.safetensors", 20, properties=proxies)
    assert [entry[0] for entry in brief(graph(instance, subgraphs=(LOADERS,)))] == ["a.safetensors"]


def test_proxy_widgets_of_another_number_than_the_values_leave_the_inner_value() -> None:
    instance = node(1, "sub", 20, "a.safetensors", properties={"proxyWidgets": [["4", "steps"]]})
    assert [entry[0] for entry in brief(graph(instance, subgraphs=(LOADERS,)))] == ["own.safetensors"]


def test_equal_models_in_another_order_keep_their_inner_places() -> None:
    pair = subgraph(
        "pair",
        node(1, "VAELoader", "v.pt", inputs=[widget_input("vae_name", 1)]),
        node(2, "UNETLoader", "u.pt", inputs=[widget_input("unet_name", 2)]),
        inputs=(("vae_name", "COMBO"), ("unet_name", "COMBO")),
        links=(from_input(1, 0), from_input(2, 1)),
    )
    found = needs(graph(node(9, "pair", "u.pt", "v.pt"), subgraphs=(pair,)))
    assert {need.name: need.folder for need in found} == {"v.pt": "vae", "u.pt": "diffusion_models"}


def nested(value: object, **instance: Any) -> Json:
    outer = subgraph(
        "outer",
        node(8, "sub", 20, "middle.safetensors", inputs=[widget_input("unet_name", 1)]),
        inputs=(("model", "COMBO"),),
        links=(from_input(1, 0),),
    )
    values = [] if value is None else [value]
    return graph(node(3, "outer", *values, **instance), subgraphs=(outer, LOADERS))


def test_the_outermost_promoted_value_wins() -> None:
    assert brief(nested("top.safetensors")) == [("top.safetensors", "diffusion_models", ("3:8:5",), True)]
    assert [entry[0] for entry in brief(nested(None))] == ["middle.safetensors"]


def test_everything_in_a_muted_instance_is_inactive() -> None:
    assert brief(nested(None, mode=MUTED)) == [("middle.safetensors", "diffusion_models", ("3:8:5",), False)]


def test_one_active_instance_is_enough() -> None:
    found = brief(graph(node(1, "sub", mode=BYPASSED), node(2, "sub"), subgraphs=(LOADERS,)))
    assert found == [("own.safetensors", "diffusion_models", ("1:5", "2:5"), True)]


def test_a_primitive_outside_reaches_a_loader_inside() -> None:
    primitive = node(1, "PrimitiveString", "new.safetensors")
    instance = node(2, "sub", inputs=[widget_input("unet_name", 7)])
    found = brief(graph(primitive, instance, subgraphs=(LOADERS,), links=([7, 1, 0, 2, 0, "COMBO"],)))
    assert found == [("new.safetensors", "diffusion_models", ("2:5",), True)]


def test_a_promoted_primitive_inside_takes_the_instances_value() -> None:
    inner = subgraph(
        "p",
        node(1, "PrimitiveString", "old.pt", inputs=[widget_input("value", 1, "STRING")]),
        node(2, "VAELoader", "older.pt", inputs=[widget_input("vae_name", 2)]),
        inputs=(("value", "STRING"),),
        links=(from_input(1, 0), {"id": 2, "origin_id": 1, "origin_slot": 0}),
    )
    assert brief(graph(node(9, "p", "new.pt"), subgraphs=(inner,))) == [("new.pt", "vae", ("9:2",), True)]


def test_a_subgraph_that_nothing_uses_is_inactive_and_wanted_by_no_node() -> None:
    assert brief(graph(subgraphs=(LOADERS,))) == [("own.safetensors", "diffusion_models", (), False)]


def test_an_instance_without_its_definition_still_names_its_models() -> None:
    assert brief(graph(node(1, "gone", "x.pt"))) == [("x.pt", None, ("1",), True)]


def test_definitions_inside_definitions_are_found() -> None:
    outer = {**subgraph("outer", node(8, "sub")), "definitions": {"subgraphs": [LOADERS]}}
    assert brief(graph(node(1, "outer"), subgraphs=(outer,)))[0][2] == ("1:8:5",)
