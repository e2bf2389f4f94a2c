"""Texts made to hurt: every answer is a Workflow, InvalidWorkflow or nothing, and long texts are read in one pass."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelget.errors import InvalidWorkflow
from modelget.types import Workflow
from modelget.workflow import parse, parse_text
from modelget.workflow.infotext import MAX_CHARACTERS
from modelget.workflow.prompt_text import embeddings_in, tags_in

EXAMPLES = int(os.environ.get("MODELGET_FUZZ_EXAMPLES", "200"))
"""Set it to 10000 for a run by hand."""

TWO_MB = 2_000_000
PIECES = [
    "embedding:",
    "embedding:a,",
    "embedding:\\(",
    "(",
    "\\(",
    "<lora:",
    "<lora:a:1>",
    "<lora:a:",
    "<",
    "\n",
    "\n" + " " * 20,
    "Steps: 1",
    ". Steps: 1, a: b, c: d",
    "\nSteps: 1, a: b, c: d",
    "a: b, ",
    'a: "b, ',
    "a: [",
    'a: ["b", ',
    'a: {"b": ',
    ", Model: x [",
    ", ControlNet 0: Model: ",
    ", x upscaler upscaler",
    "Recipe metadata: {",
    "\\",
    '"',
    ":",
]


@pytest.mark.parametrize("piece", PIECES, ids=repr)
def test_two_megabytes_of_anything_are_read_or_refused(piece: str) -> None:
    """Nothing here asserts a time; a pattern that backtracks or a quadratic pass would not end at all."""
    long = piece * (TWO_MB // len(piece))
    list(embeddings_in(long))
    list(tags_in(long))
    for text in (long, f"Steps: 1, Sampler: x, Seed: 1, {long}", f"Recipe metadata: {long}"):
        assert is_told_or_refused(text)
    node = {"class_type": "LoraTagLoader", "inputs": {"clip": ["2", 0], "text": long}}
    assert is_read_or_refused(json.dumps({"1": node}).encode())


def is_told_or_refused(text: str) -> bool:
    try:
        told = parse_text(text, "x")
    except InvalidWorkflow:
        return True
    if told is not None:
        json.dumps([need.name for need in told.requirements]).encode()
    return told is None or isinstance(told, Workflow)


def is_read_or_refused(raw: bytes) -> bool:
    try:
        return isinstance(parse(raw, "x"), Workflow)
    except InvalidWorkflow:
        return True


def test_a_text_longer_than_any_infotext_is_not_read() -> None:
    text = "Steps: 20, Sampler: Euler, Seed: 1, Model: m"
    assert parse_text(text, "x") is not None
    assert parse_text(" " * MAX_CHARACTERS + text, "x") is None


def test_a_number_with_thousands_of_digits_is_skipped() -> None:
    text = f"Steps: 1, Seed: 1, Size: 1x1, Civitai resources: [{'9' * 5000}], Model: m"
    told = parse_text(text, "x")
    assert told is not None
    assert [need.name for need in told.requirements] == ["m"]


def test_lone_surrogates_never_leave_the_parser() -> None:
    hashes = json.dumps({"lora:a\ud800": "0123456789", "lora:b": "\ud800"})
    told = parse_text(f"<lora:c\ud800:1>\nSteps: 1, Seed: 1, Size: 1x1, Hashes: {hashes}", "x")
    assert told is not None
    assert [need.name for need in told.requirements] == ["autov2:0123456789", "b"]


def test_prompts_that_name_absurdly_many_models_are_refused() -> None:
    nodes = {
        str(number): {
            "class_type": "CLIPTextEncode",
            "inputs": {
                "clip": ["x", 0],
                "text": " ".join(f"embedding:{number}_{index}" for index in range(100)),
            },
        }
        for number in range(60)
    }
    with pytest.raises(InvalidWorkflow, match="in its prompts"):
        parse(json.dumps(nodes).encode(), "x")


def test_a_maze_of_links_between_prompts_is_refused() -> None:
    size = 700
    nodes = {
        f"t{number}": {
            "class_type": "Concat",
            "inputs": {"own": "embedding:x", **{f"i{other}": [f"t{other}", 0] for other in range(number)}},
        }
        for number in range(size)
    }
    ends = {
        f"e{number}": {
            "class_type": "CLIPTextEncode",
            "inputs": {"clip": ["x", 0], "text": [f"t{size - 1}", 0]},
        }
        for number in range(30)
    }
    with pytest.raises(InvalidWorkflow, match="too many links"):
        parse(json.dumps({**nodes, **ends}).encode(), "x")


VALID = (
    "a cat, <lora:add detail:0.8> embedding:bad (easy:1.2)\nNegative prompt: x\n"
    "Steps: 20, Sampler: Euler a, Seed: 1, Size: 512x512, Model hash: 0123456789, Model: m, "
    'VAE: v, Lora hashes: "a: 7c6bad76eb54, b: 0123", Hashes: {"model": "0123456789", "lora:c": "x"}, '
    'Civitai resources: [{"air": "urn:air:sdxl:lora:civitai:1@2"}, {"modelVersionId": 3}], Hires upscaler: u, '
    'ControlNet 0: "Module: a, Model: c [9d312881]", Module 1: ae\nRecipe metadata: {"loras": [{"hash": "x"}], "gen_params": {}}'
)
JUNK = st.text(alphabet=st.sampled_from(list('<>:,"[]{}()\\ \n\x00\ud800é模a1')), max_size=8)


@settings(
    max_examples=EXAMPLES, derandomize=EXAMPLES == 200, deadline=None, suppress_health_check=list(HealthCheck)
)
@given(cuts=st.lists(st.tuples(st.integers(0, len(VALID)), st.integers(0, 40), JUNK), max_size=6))
def test_a_text_with_anything_anywhere_is_read_or_refused(cuts: list[tuple[int, int, str]]) -> None:
    text = VALID
    for at, skip, junk in cuts:
        text = text[:at] + junk + text[at + skip :]
    assert is_told_or_refused(text)
    assert is_read_or_refused(text.encode("utf-8", "surrogatepass"))


@settings(
    max_examples=EXAMPLES, derandomize=EXAMPLES == 200, deadline=None, suppress_health_check=list(HealthCheck)
)
@given(text=st.lists(st.sampled_from([*PIECES, "x", "y", ")", ">", "]", "}"]), max_size=30).map("".join))
def test_any_mixture_of_marks_is_read_or_refused(text: str) -> None:
    assert is_told_or_refused(text)
    node = {"id": 1, "type": "ImpactWildcardEncode", "inputs": [{"name": "clip"}], "widgets_values": [text]}
    assert is_read_or_refused(json.dumps({"nodes": [node]}).encode())


@settings(
    max_examples=EXAMPLES, derandomize=EXAMPLES == 200, deadline=None, suppress_health_check=list(HealthCheck)
)
@given(
    recipe=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["loras", "checkpoint", "gen_params", "hash", "file_name", "modelVersionId", "prompt"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_as_a_recipe_is_read_or_refused(recipe: object) -> None:
    assert is_read_or_refused(json.dumps(recipe).encode())
    assert is_read_or_refused(
        json.dumps({"loras": [recipe], "checkpoint": recipe, "gen_params": recipe}).encode()
    )
