"""A first look at a node's values: what it calls empty must be empty."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelget.workflow import parse
from modelget.workflow.glance import Glance, glance_at, is_marked
from modelget.workflow.names import SUFFIXES, names_in


@pytest.mark.parametrize(
    "values", [[], {}, None, "x.pt", 7, ["a cat", 1, None, True], {"seed": 5, "text": "a: b"}]
)
def test_values_that_name_nothing_are_told(values: object) -> None:
    assert glance_at(values) == Glance(names=False, prompts=False)


@pytest.mark.parametrize("value", ["a.safetensors", "SDXL\\B.CKPT", '["a.pt"]', ["x"], {"lora": 1}])
def test_whatever_may_be_a_name_is_told(value: object) -> None:
    assert glance_at([0, value]).names
    assert glance_at({"a": value}).names


@pytest.mark.parametrize("text", ["embedding:x", "EMBEDDING:x", "a <lora:b:1>", "<LoRA:b:1>"])
def test_marked_prompts_are_told(text: str) -> None:
    assert is_marked(text)
    assert glance_at(["a cat", text]).prompts


ANYTHING = st.recursive(
    st.none()
    | st.integers()
    | st.text(max_size=8)
    | st.builds("{}{}".format, st.text(max_size=5), st.sampled_from(SUFFIXES)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        | inner.map(json.dumps)
    ),
    max_leaves=6,
)


@given(st.lists(ANYTHING, max_size=4))
def test_no_name_is_overlooked(values: list[object]) -> None:
    if any(True for value in values for _ in names_in(value)):
        assert glance_at(values).names


@pytest.mark.parametrize("values", [None, "", [], {}, 3])
def test_named_values_count_where_there_are_no_others(values: object) -> None:
    node = {
        "id": 1,
        "type": "VAELoader",
        "widgets_values": values,
        "widgets_values_named": {"vae_name": "a.pt"},
    }
    (need,) = parse(json.dumps({"nodes": [node]}).encode(), "x").requirements
    assert (need.folder, need.name) == ("vae", "a.pt")
