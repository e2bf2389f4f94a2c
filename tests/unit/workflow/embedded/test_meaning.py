"""What the texts of a file are taken for, whatever their keys."""

from __future__ import annotations

import io
import json

import pytest
from media import BOTH, GRAPH, PROMPT
from media_bytes import PNG, chunk

from modelget.errors import InvalidWorkflow
from modelget.workflow import parse
from modelget.workflow.embedded import HEAD_SIZE, Embedded, extract, recognise

INFOTEXT = "a cat\nNegative prompt: dog\nSteps: 20, Sampler: Euler a, Model hash: abcdef1234, Model: sd15"
SWARM = json.dumps({"sui_image_params": {"model": "Flux/flux1-dev-fp8"}})


def png(*texts: tuple[str, str]) -> bytes:
    return PNG + b"".join(chunk(b"tEXt", key.encode() + b"\0" + text.encode()) for key, text in texts)


def extracted(raw: bytes) -> Embedded:
    medium = recognise(raw[:HEAD_SIZE])
    assert medium is not None
    return extract(io.BytesIO(raw), medium, "x.png")


def refusal(raw: bytes) -> InvalidWorkflow:
    with pytest.raises(InvalidWorkflow) as caught:
        parse(raw, "x.png")
    assert str(caught.value).startswith("x.png: ")
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("parameters", INFOTEXT),
        ("Comment", INFOTEXT),
        ("parameters", SWARM),
        ("UserComment", SWARM),
        ("comment", "parameters: " + INFOTEXT),
        ("comment", json.dumps({"parameters": INFOTEXT})),
    ],
)
def test_generation_parameters_are_handed_over_as_they_stand(key: str, text: str) -> None:
    wanted = SWARM if "sui" in text else INFOTEXT
    assert extracted(png((key, text))) == Embedded(parameters=wanted)


def test_a_text_that_is_no_utf_8_is_read_as_latin_1() -> None:
    chunk_of_latin_1 = chunk(b"tEXt", b"parameters\0" + "größer".encode("latin-1"))
    assert extracted(PNG + chunk_of_latin_1).parameters == "größer"


def test_words_in_a_graph_are_no_generation_parameters() -> None:
    graph = {"nodes": [{"id": 1, "type": "Note", "widgets_values": [INFOTEXT.replace("\n", " ")]}]}
    assert extracted(png(("comment", json.dumps(graph)))) == Embedded(workflow=graph)


def test_all_three_are_found_in_one_file() -> None:
    found = extracted(png(("parameters", INFOTEXT), *BOTH.items()))
    assert found.workflow == GRAPH
    assert found.prompt is not None
    assert found.prompt.keys() == PROMPT.keys()
    assert found.parameters == INFOTEXT


def test_parameters_alone_tell_of_models_too() -> None:
    text = "a cat <lora:fur:1>\nSteps: 20, Seed: 1, Size: 64x64, Model hash: 0123456789, Model: anything"
    needs = parse(png(("parameters", text)), "x.png").requirements
    assert [(need.folder, need.name, need.how) for need in needs] == [
        ("checkpoints", "anything", "infotext"),
        ("loras", "fur", "infotext"),
    ]


def test_beside_a_graph_parameters_add_nothing_and_beside_a_damaged_one_they_count() -> None:
    text = "a cat\nSteps: 20, Seed: 1, Size: 64x64, Model: anything"
    with_graph = parse(png(("parameters", text), ("workflow", BOTH["workflow"])), "x.png")
    assert with_graph == parse(png(("workflow", BOTH["workflow"])), "x.png")
    flood = json.dumps({"nodes": [{}] * 20_001})
    assert [
        need.name for need in parse(png(("parameters", text), ("workflow", flood)), "x.png").requirements
    ] == ["anything"]


def test_parameters_of_an_unknown_kind_are_refused() -> None:
    assert "only generation parameters" in str(refusal(png(("parameters", "a cat, and nothing else"))))


def test_the_content_decides_where_the_key_is_wrong() -> None:
    swapped = extracted(png(("prompt", BOTH["workflow"]), ("workflow", BOTH["prompt"])))
    assert swapped.workflow == GRAPH
    assert swapped.prompt is not None
    assert swapped.prompt.keys() == PROMPT.keys()


def test_the_first_that_can_be_used_counts() -> None:
    other = json.dumps({"nodes": [], "extra": "other"})
    texts = [("workflow", text) for text in ("{}", "null", '{"nodes": [', BOTH["workflow"], other)]
    texts += [("prompt", BOTH["prompt"]), ("prompt", '{"1": {"class_type": "Other"}}')]
    found = extracted(png(*texts))
    assert found.workflow == GRAPH
    assert found.prompt is not None
    assert found.prompt.keys() == PROMPT.keys()


@pytest.mark.parametrize("times", [1, 2, 3])
def test_json_in_a_string_of_json_is_unpacked(times: int) -> None:
    text = BOTH["workflow"]
    for _ in range(times):
        text = json.dumps(text)
    assert extracted(png(("workflow", text))).workflow == GRAPH


def test_what_stands_before_and_behind_the_json_is_ignored() -> None:
    assert extracted(png(("workflow", f"xxxx{BOTH['workflow']}\0\0rest"))).workflow == GRAPH


def test_a_damaged_graph_leaves_the_prompt() -> None:
    raw = png(("workflow", BOTH["workflow"][:-40]), ("prompt", BOTH["prompt"]))
    assert [need.name for need in parse(raw, "x.png").requirements] == ["unet.safetensors", "ran.safetensors"]


def test_a_graph_that_cannot_be_walked_leaves_the_prompt() -> None:
    loop = {"nodes": [], "definitions": {"subgraphs": [{"id": "a", "nodes": [{"id": 1, "type": "a"}]}]}}
    raw = png(("workflow", json.dumps(loop)), ("prompt", BOTH["prompt"]))
    assert [need.name for need in parse(raw, "x.png").requirements] == ["unet.safetensors", "ran.safetensors"]
    assert "contains itself" in str(refusal(png(("workflow", json.dumps(loop)))))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"nodes": [', "its workflow is cut off"),
        ('{"nodes": [],}', "its workflow is not valid JSON"),
        ('{"nodes": ' + "[" * 5_000 + "]" * 5_000 + "}", "its workflow is nested more than 100 levels deep"),
        ('{"nodes": ' + "9" * 5_000 + "}", "its workflow is not valid JSON"),
        (
            '{"nodes": [' + "[]," * 1_000_000 + "0]}",
            "its workflow holds more than 1,000,000 values",
        ),
    ],
    ids=["cut off", "comma", "deep", "long number", "many lists"],
)
def test_a_damaged_graph_alone_is_refused_with_what_is_wrong(text: str, reason: str) -> None:
    assert f"no workflow could be read from this PNG image: {reason}" in str(refusal(png(("workflow", text))))


@pytest.mark.parametrize(
    "texts",
    [
        [],
        [("Software", "A painting program")],
        [("prompt", "a {red|blue} cat")],
        [("workflow", "null")],
        [("workflow", "")],
        [("comment", "{curly} words")],
        [("comment", '{"seed": 3}')],
    ],
)
def test_a_file_without_a_workflow_is_told_why_and_what_to_do(texts: list[tuple[str, str]]) -> None:
    error = refusal(png(*texts))
    assert "holds no workflow: this PNG image was saved without metadata, or a site removed it" in str(error)
    assert "ask for the original file" in error.hint
