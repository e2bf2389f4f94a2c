"""Models named inside prompts: which words count, in which nodes, and over which links."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modelget.types import Requirement
from modelget.workflow import parse
from modelget.workflow.prompt_nodes import ENCODES_BY_ITSELF, LISTS_LORAS, READS_LORA_TAGS
from modelget.workflow.prompt_text import embeddings_in, tags_in

MUTED, BYPASSED = 2, 4
Json = dict[str, Any]
BAD = "embedding:bad"


def node(node_id: int, node_type: str, *values: object, **more: Any) -> Json:
    return {"id": node_id, "type": node_type, "mode": 0, "inputs": [], "widgets_values": list(values), **more}


def socket(name: str, kind: str, link: int | None = None) -> Json:
    return {"name": name, "type": kind, "link": link}


def text_input(link: int | None, name: str = "text", kind: str = "STRING") -> Json:
    return {"name": name, "type": kind, "link": link, "widget": {"name": name}}


def encoder(node_id: int, text: str = "", link: int | None = None, **more: Any) -> Json:
    inputs = [socket("clip", "CLIP"), text_input(link)]
    return node(node_id, "CLIPTextEncode", text, inputs=inputs, **more)


def graph(*nodes: Json, links: tuple[list[object], ...] = (), subgraphs: tuple[Json, ...] = ()) -> Json:
    return {"nodes": list(nodes), "links": list(links), "definitions": {"subgraphs": list(subgraphs)}}


def needs(document: object) -> tuple[Requirement, ...]:
    return parse(json.dumps(document).encode(), "w.json").requirements


def brief(document: object) -> list[tuple[str, str | None, tuple[str, ...], bool]]:
    return [(need.name, need.folder, need.wanted_by, need.active) for need in needs(document)]


# Which words name an embedding


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("embedding:EasyNegative", ["EasyNegative"]),
        ("a cat, embedding:bad_prompt_v2.pt, blurry", ["bad_prompt_v2.pt"]),
        ("(embedding:badhandv4:1.2)", ["badhandv4"]),
        ("((embedding:a)) (worst quality, embedding:b:1.4)", ["a", "b"]),
        ("embedding:a embedding:b\nembedding:c", ["a", "b", "c"]),
        ("embedding:a,embedding:b", ["a", "b"]),
        ("{embedding:one|embedding:two}", ["one", "two"]),
        ("[embedding:a:embedding:b:0.5]", ["a", "b"]),
        ("embedding:SDXL/negativeXL_D", ["SDXL/negativeXL_D"]),
        ("embedding:SDXL\\negativeXL_D.safetensors", ["SDXL/negativeXL_D.safetensors"]),
        ("embedding:name\\(v2\\), x", ["name(v2)"]),
        ("embedding:FastNegativeV2.", ["FastNegativeV2"]),
        ("embedding:v1.5-neg <lora:x:1>", ["v1.5-neg"]),
        ("embedding:a<lora:x:1>", ["a"]),
        ("embedding:模型", ["模型"]),
        ("embedding:", []),
        ("embedding: EasyNegative", []),
        ("Embedding:EasyNegative", []),
        ("noembedding:x, https://example.org/embedding:x", []),
        ("embedding:/etc/passwd", []),
        ("embedding:C:\\x.pt", ["C"]),
        ("embedding:" + "x" * 500, []),
        ("embedding:a\ud800", []),
        ("easynegative", []),
    ],
)
def test_a_name_ends_where_comfyui_ends_it(text: str, names: list[str]) -> None:
    assert list(embeddings_in(text)) == names


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("<lora:add_detail:0.8>", [("lora", "add_detail")]),
        ("a<lora:my lora v1.5:0.6:0.4> b", [("lora", "my lora v1.5")]),
        ("<lora:SDXL\\x.safetensors:1>", [("lora", "SDXL/x")]),
        ("<lora:x>", [("lora", "x")]),
        ("<lora:x:1:LBW=SD-OUTALL;A=0.>", [("lora", "x")]),
        ("<LoRA:x:-1>", [("lora", "x")]),
        ("<lyco:y:1><hypernet:z:1>", [("lyco", "y"), ("hypernet", "z")]),
        ("<lora:x:1", []),
        ("<lora::1> <lora:None:1> < lora:x:1>", []),
        ("<lora:{a|b}:1> <lora:$name:1>", []),
        ("<lora:a\x00b:1>", []),
    ],
)
def test_a_tag_gives_the_stem_of_its_model(text: str, tags: list[tuple[str, str]]) -> None:
    assert list(tags_in(text)) == tags


# Which nodes read them


def test_an_encoder_needs_the_embeddings_of_its_prompt() -> None:
    assert needs(graph(encoder(6, f"blurry, {BAD}"))) == (
        Requirement("bad", "embeddings", wanted_by=("6",), how="prompt"),
    )


def test_one_embedding_in_two_prompts_is_one_requirement() -> None:
    found = brief(graph(encoder(6, BAD), encoder(7, f"{BAD}, {BAD}", mode=MUTED)))
    assert found == [("bad", "embeddings", ("6", "7"), True)]


@pytest.mark.parametrize("mode", [MUTED, BYPASSED])
def test_a_prompt_that_is_switched_off_needs_nothing_now(mode: int) -> None:
    assert brief(graph(encoder(6, BAD, mode=mode))) == [("bad", "embeddings", ("6",), False)]


def test_an_encoder_of_any_pack_is_known_by_its_clip_or_its_conditioning() -> None:
    takes = node(1, "Unknown Encoder", f"{BAD}1", inputs=[socket("clip", "CLIP")])
    makes = node(2, "Unknown Pipe", f"{BAD}2", outputs=[{"name": "positive", "type": "CONDITIONING"}])
    neither = node(3, "Unknown Text", f"{BAD}3", outputs=[{"name": "text", "type": "STRING"}])
    assert [name for name, *_ in brief(graph(takes, makes, neither))] == ["bad1", "bad2"]


@pytest.mark.parametrize("node_type", ["Note", "MarkdownNote", "ShowText|pysssss", "SaveImage"])
def test_notes_viewers_and_output_names_are_not_read(node_type: str) -> None:
    inputs = [socket("clip", "CLIP")]
    assert needs(graph(node(1, node_type, f"use {BAD} and <lora:x:1>", inputs=inputs))) == ()


@pytest.mark.parametrize("node_type", sorted(READS_LORA_TAGS))
def test_lora_tags_count_in_nodes_that_read_them(node_type: str) -> None:
    assert brief(graph(node(1, node_type, "a cat <lora:add_detail:0.8>"))) == [
        ("add_detail", "loras", ("1",), True)
    ]


@pytest.mark.parametrize(
    "node_type", ["CLIPTextEncode", "CLIPTextEncodeSDXL", "PCTextEncode", *sorted(ENCODES_BY_ITSELF)]
)
def test_lora_tags_are_words_to_an_encoder_that_does_not_read_them(node_type: str) -> None:
    found = brief(graph(node(1, node_type, f"<lora:x:1> {BAD}", inputs=[socket("clip", "CLIP")])))
    assert found == [("bad", "embeddings", ("1",), True)]


def test_a_lyco_tag_is_read_by_no_node() -> None:
    assert needs(graph(node(1, "ImpactWildcardEncode", "<lyco:x:1>"))) == ()


@pytest.mark.parametrize("node_type", sorted(LISTS_LORAS))
def test_the_rows_of_a_lora_manager_count_and_not_the_text_beside_them(node_type: str) -> None:
    rows = [
        {"name": "on", "strength": 1, "active": True},
        {"name": "SDXL/off", "strength": 1, "active": False},
    ]
    found = brief(graph(node(1, node_type, {"version": 1}, "<lora:on:1> <lora:gone:1>", rows)))
    assert found == [("on", "loras", ("1",), True), ("SDXL/off", "loras", ("1",), False)]
    prompt = {"1": {"class_type": node_type, "inputs": {"text": "", "loras": {"__value__": rows}}}}
    assert brief(prompt) == found


def test_a_stem_means_the_file_that_a_loader_of_the_same_folder_selects() -> None:
    loader = node(1, "LoraLoader", "SDXL/x.safetensors")
    tagged = node(2, "ImpactWildcardEncode", "<lora:x:1> <lora:y:1>")
    found = brief(graph(loader, tagged))
    assert found == [("SDXL/x.safetensors", "loras", ("1", "2"), True), ("y", "loras", ("2",), True)]


def test_a_stem_takes_name_link_and_digest_of_its_declaration() -> None:
    declared = {"name": "bad.pt", "directory": "embeddings", "url": "https://example.org/bad.pt"}
    (need,) = needs({**graph(encoder(6, BAD)), "models": [declared]})
    assert (need.name, need.urls) == ("bad.pt", ("https://example.org/bad.pt",))


def test_a_whole_model_name_as_a_prompt_is_running_text() -> None:
    assert needs(graph(encoder(6, "x.safetensors"))) == ()


@pytest.mark.parametrize("name", ["filename_prefix", "output_path"])
def test_the_name_of_an_output_is_no_prompt(name: str) -> None:
    prompt = {"1": {"class_type": "Unknown", "inputs": {"clip": ["4", 1], name: BAD}}}
    assert needs(prompt) == ()
    inputs = [socket("clip", "CLIP"), text_input(None, name)]
    assert needs(graph(node(1, "Unknown", BAD, inputs=inputs))) == ()
    assert needs(graph({**node(1, "Unknown", inputs=inputs), "widgets_values": {name: BAD}})) == ()


# Over links


def test_a_text_reaches_the_encoder_over_a_link_and_the_encoder_wants_it() -> None:
    text = node(1, "PrimitiveStringMultiline", BAD)
    linked = graph(text, encoder(6, "embedding:stale", link=9), links=([9, 1, 0, 6, 1, "STRING"],))
    assert brief(linked) == [("bad", "embeddings", ("6",), True)]


def test_an_old_file_lists_only_the_widget_that_became_an_input() -> None:
    old = node(6, "CLIPTextEncode", "embedding:stale", inputs=[socket("clip", "CLIP", 1), text_input(9)])
    found = brief(graph(node(1, "String", BAD), old, links=([9, 1, 0, 6, 1, "STRING"],)))
    assert found == [("bad", "embeddings", ("6",), True)]


def test_a_text_reaches_the_encoder_through_concatenation_reroutes_and_viewers() -> None:
    nodes = [
        node(1, "String", f"{BAD}1"),
        node(2, "Text Multiline", f"{BAD}2"),
        node(
            3,
            "StringConcatenate",
            "",
            "",
            ", ",
            inputs=[text_input(11, "string_a"), text_input(12, "string_b")],
        ),
        node(4, "Reroute", inputs=[socket("", "*", 13)]),
        node(5, "ShowText|pysssss", "embedding:shown", inputs=[text_input(14)]),
        encoder(6, link=15),
    ]
    links = ([11, 1, 0, 3, 0, "STRING"], [12, 2, 0, 3, 1, "STRING"], [13, 3, 0, 4, 0, "STRING"])
    more = ([14, 4, 0, 5, 0, "STRING"], [15, 5, 0, 6, 1, "STRING"])
    found = brief(graph(*nodes, links=(*links, *more)))
    assert found == [("bad1", "embeddings", ("6",), True), ("bad2", "embeddings", ("6",), True)]


def test_a_text_that_reaches_no_encoder_is_no_prompt() -> None:
    assert needs(graph(node(1, "PrimitiveString", BAD), encoder(6, "a cat"))) == ()


@pytest.mark.parametrize("switched_off", [1, 6])
def test_a_text_is_active_only_when_it_and_its_encoder_are(switched_off: int) -> None:
    linked = graph(node(1, "String", BAD), encoder(6, link=9), links=([9, 1, 0, 6, 1, "STRING"],))
    for entry in linked["nodes"]:
        entry["mode"] = BYPASSED if entry["id"] == switched_off else 0
    assert brief(linked) == [("bad", "embeddings", ("6",), False)]


@pytest.mark.parametrize(("setter", "getter"), [("SetNode", "GetNode"), ("easy setNode", "easy getNode")])
def test_set_and_get_nodes_carry_a_text_without_a_link(setter: str, getter: str) -> None:
    nodes = [
        node(1, "String", BAD),
        node(2, setter, "negative", inputs=[socket("STRING", "STRING", 21)]),
        node(3, getter, "negative"),
        encoder(6, link=22),
    ]
    found = brief(graph(*nodes, links=([21, 1, 0, 2, 0, "STRING"], [22, 3, 0, 6, 1, "STRING"])))
    assert found == [("bad", "embeddings", ("6",), True)]


def test_what_one_encoder_reads_goes_no_further_under_its_name() -> None:
    first = node(5, "LoraTagLoader", f"{BAD} <lora:x:1>", inputs=[socket("clip", "CLIP")])
    found = brief(graph(first, encoder(6, link=9), links=([9, 5, 2, 6, 1, "STRING"],)))
    assert found == [("bad", "embeddings", ("5",), True), ("x", "loras", ("5",), True)]


def test_tags_reach_a_reader_that_has_no_text_of_its_own() -> None:
    reader = node(2, "LoRA Text Loader (LoraManager)", inputs=[socket("lora_syntax", "STRING", 9)])
    found = brief(graph(node(1, "String", "<lora:x:1>"), reader, links=([9, 1, 0, 2, 0, "STRING"],)))
    assert found == [("x", "loras", ("2",), True)]


def test_texts_are_not_looked_for_behind_a_model_or_an_image() -> None:
    loader = node(1, "Whatever", "<lora:x:1>")
    reader = node(2, "LoraTagLoader", "", inputs=[socket("model", "MODEL", 9), socket("clip", "CLIP")])
    assert needs(graph(loader, reader, links=([9, 1, 0, 2, 0, "MODEL"],))) == ()


def test_a_circle_of_links_ends() -> None:
    first = node(1, "A", BAD, inputs=[socket("a", "STRING", 2)])
    second = node(2, "B", inputs=[socket("b", "STRING", 1)])
    links = ([1, 1, 0, 2, 0, "STRING"], [2, 2, 0, 1, 0, "STRING"], [3, 2, 0, 6, 1, "STRING"])
    assert brief(graph(first, second, encoder(6, link=3), links=links)) == [
        ("bad", "embeddings", ("6",), True)
    ]


# Through subgraphs


def subgraph(*nodes: Json, links: tuple[Json, ...] = ()) -> Json:
    return {
        "id": "sub",
        "inputNode": {"id": -10},
        "inputs": [{"name": "text", "type": "STRING"}],
        "nodes": list(nodes),
        "links": list(links),
    }


INTO = {"id": 1, "origin_id": -10, "origin_slot": 0, "target_id": 6, "target_slot": 1}


def test_a_promoted_prompt_is_read_by_the_encoder_inside() -> None:
    inside = subgraph(encoder(6, "embedding:stale", link=1), links=(INTO,))
    assert brief(graph(node(57, "sub", BAD), subgraphs=(inside,))) == [("bad", "embeddings", ("57:6",), True)]


def test_a_text_outside_reaches_the_encoder_inside_and_a_muted_instance_switches_it_off() -> None:
    inside = subgraph(encoder(6, link=1), links=(INTO,))
    instance = node(57, "sub", "", inputs=[text_input(9)], mode=MUTED)
    found = brief(
        graph(node(1, "String", BAD), instance, links=([9, 1, 0, 57, 0, "STRING"],), subgraphs=(inside,))
    )
    assert found == [("bad", "embeddings", ("57:6",), False)]


def test_a_text_inside_reaches_the_encoder_outside() -> None:
    inside = subgraph(node(3, "StringConcatenate", BAD))
    outside = graph(
        node(57, "sub", ""), encoder(6, link=9), links=([9, 57, 0, 6, 1, "STRING"],), subgraphs=(inside,)
    )
    assert brief(outside) == [("bad", "embeddings", ("6",), True)]


def test_a_widget_promoted_by_name_gives_its_text() -> None:
    inside = subgraph(encoder(6, "embedding:stale"))
    instance = node(57, "sub", BAD, properties={"proxyWidgets": [["6", "text"]]})
    assert brief(graph(instance, subgraphs=(inside,))) == [("bad", "embeddings", ("57:6",), True)]


def test_each_instance_has_the_prompts_of_its_definition() -> None:
    found = brief(graph(node(57, "sub"), node(58, "sub"), subgraphs=(subgraph(encoder(6, BAD)),)))
    assert found == [("bad", "embeddings", ("57:6", "58:6"), True)]


def test_a_definition_that_nothing_uses_is_inactive() -> None:
    assert brief(graph(subgraphs=(subgraph(encoder(6, BAD)),))) == [("bad", "embeddings", (), False)]


# API prompts


def test_an_api_prompt_is_read_the_same_way() -> None:
    prompt = {
        "1": {"class_type": "PrimitiveString", "inputs": {"value": f"{BAD}1 <lora:x:1>"}},
        "2": {"class_type": "StringConcatenate", "inputs": {"string_a": ["1", 0], "string_b": f"{BAD}2"}},
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd.safetensors"}},
        "5": {
            "class_type": "LoRA Text Loader (LoraManager)",
            "inputs": {"model": ["4", 0], "lora_syntax": ["1", 0]},
        },
        "6": {"class_type": "CLIPTextEncode", "inputs": {"clip": ["4", 1], "text": ["2", 0]}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"clip": ["4", 1], "text": f"{BAD}3"}},
        "8": {"class_type": "PrimitiveString", "inputs": {"value": "embedding:unread"}},
    }
    found = {(name, wanted_by) for name, _, wanted_by, _ in brief(prompt) if not name.startswith("sd.")}
    assert found == {("bad1", ("5", "6")), ("bad2", ("6",)), ("bad3", ("7",)), ("x", ("5",))}
    assert all(need.how == "prompt" for need in needs(prompt)[1:])
