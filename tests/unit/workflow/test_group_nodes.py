"""Group nodes, which old versions of the page made of several nodes: one list of values for all of them."""

from __future__ import annotations

from typing import Any

import pytest
from graphs import BYPASSED, Json, brief, graph, link, node, subgraph, widget_input

from modelget.errors import InvalidWorkflow

LOADERS = [
    {"type": "VAELoader", "widgets_values": ["own.vae.pt"]},
    {"type": "KSampler", "widgets_values": [0, "randomize", 20, "euler"]},
    {"type": "UNETLoader", "title": "Base", "widgets_values": ["own.safetensors", "default"]},
    {"type": "UNETLoader", "title": "Refiner", "widgets_values": ["refiner.safetensors", "default"]},
]
VALUES = ("a.vae.pt", 7, "fixed", 8, "ddim", "a.safetensors", "default", "b.safetensors", "default")


def with_group(*nodes: Json, inner: list[Json] = LOADERS, links: tuple[Any, ...] = (), **more: Any) -> Json:
    return graph(*nodes, extra={"groupNodes": {"Loaders": {"nodes": inner, "links": list(links)}}}, **more)


@pytest.mark.parametrize("node_type", ["workflow/Loaders", "workflow>Loaders"])
def test_an_instance_hands_its_values_to_the_inner_nodes_in_order(node_type: str) -> None:
    assert brief(with_group(node(12, node_type, *VALUES))) == [
        ("a.vae.pt", "vae", ("12:0",), True),
        ("a.safetensors", "diffusion_models", ("12:2",), True),
        ("b.safetensors", "diffusion_models", ("12:3",), True),
    ]


def test_each_instance_has_its_own_models() -> None:
    both = with_group(
        node(1, "workflow>Loaders", *VALUES), node(2, "workflow>Loaders", "c.vae.pt", *VALUES[1:])
    )
    assert [entry[:3] for entry in brief(both)][::3] == [
        ("a.vae.pt", "vae", ("1:0",)),
        ("c.vae.pt", "vae", ("2:0",)),
    ]


def test_an_instance_without_values_has_those_of_the_group() -> None:
    assert [entry[0] for entry in brief(with_group(node(1, "workflow>Loaders")))] == [
        "own.vae.pt",
        "own.safetensors",
        "refiner.safetensors",
    ]


def test_where_widgets_are_hidden_the_models_alone_are_matched_in_their_order() -> None:
    found = brief(with_group(node(1, "workflow>Loaders", "a.vae.pt", 20, "a.safetensors", "b.safetensors")))
    assert [entry[:2] for entry in found] == [
        ("a.vae.pt", "vae"),
        ("a.safetensors", "diffusion_models"),
        ("b.safetensors", "diffusion_models"),
    ]


def test_values_that_fit_in_no_way_are_still_needed_in_an_unknown_folder() -> None:
    assert brief(with_group(node(1, "workflow>Loaders", "only.safetensors"))) == [
        ("only.safetensors", None, ("1",), True)
    ]


def test_a_choice_of_nothing_needs_nothing() -> None:
    values = ("a.vae.pt", *VALUES[1:7], "None", "default")
    assert [entry[0] for entry in brief(with_group(node(1, "workflow>Loaders", *values)))] == [
        "a.vae.pt",
        "a.safetensors",
    ]


def test_everything_in_a_bypassed_instance_is_inactive() -> None:
    found = brief(with_group(node(1, "workflow>Loaders", *VALUES, mode=BYPASSED)))
    assert [entry[3] for entry in found] == [False, False, False]


def test_a_primitive_inside_the_group_decides() -> None:
    inner = [
        {"type": "PrimitiveNode", "widgets_values": ["old.pt", "fixed"]},
        {"type": "VAELoader", "widgets_values": ["old.pt"], "inputs": [widget_input("vae_name")]},
    ]
    found = brief(
        with_group(
            node(1, "workflow>Loaders", "new.pt", "fixed", "old.pt"),
            inner=inner,
            links=([0, 0, 1, 0, 5, "COMBO"],),
        )
    )
    assert found == [("new.pt", "vae", ("1:1",), True)]


@pytest.mark.parametrize(
    ("name", "wanted_by"),
    [("vae_name", "2:0"), ("unet_name", "2:2"), ("Refiner unet_name", "2:3")],
)
def test_a_primitive_outside_reaches_the_widget_that_the_input_is_named_after(
    name: str, wanted_by: str
) -> None:
    primitive = node(1, "PrimitiveNode", "new.pt", "fixed")
    instance = node(2, "workflow>Loaders", *VALUES, inputs=[widget_input(name, 7)])
    found = brief(with_group(primitive, instance, links=()) | {"links": [link(7, 1, 2)]})
    assert ("new.pt", (wanted_by,)) in [(entry[0], entry[2]) for entry in found]
    assert len(found) == 3


def test_a_group_inside_a_subgraph_is_read() -> None:
    document = with_group(node(5, "sub"), subgraphs=(subgraph("sub", node(8, "workflow>Loaders", *VALUES)),))
    assert [entry[2] for entry in brief(document)] == [("5:8:0",), ("5:8:2",), ("5:8:3",)]


def test_a_subgraph_that_uses_a_group_twice_keeps_both_apart() -> None:
    inside = subgraph(
        "sub",
        node(8, "workflow>Loaders", *VALUES),
        node(9, "workflow>Loaders", "z.vae.pt", *VALUES[1:]),
    )
    names = [entry[0] for entry in brief(with_group(node(5, "sub"), subgraphs=(inside,)))]
    assert names == ["a.vae.pt", "a.safetensors", "b.safetensors", "z.vae.pt"]


def test_a_group_in_a_group_is_read() -> None:
    inner = [{"type": "workflow>Deep", "widgets_values": ["deep.pt"]}]
    deep = {"nodes": [{"type": "VAELoader", "widgets_values": ["own.pt"]}]}
    document = graph(
        node(3, "workflow>Loaders", "top.pt"),
        extra={"groupNodes": {"Loaders": {"nodes": inner}, "Deep": deep}},
    )
    assert brief(document) == [("top.pt", "vae", ("3:0:0",), True)]


def test_a_group_that_contains_itself_is_refused() -> None:
    inner = [{"type": "workflow>Loaders"}]
    with pytest.raises(InvalidWorkflow, match="group nodes"):
        brief(with_group(node(1, "workflow>Loaders"), inner=inner))


def test_groups_that_multiply_are_refused() -> None:
    groups = {f"g{n}": {"nodes": [{"type": f"workflow>g{n + 1}"}] * 50} for n in range(10)}
    with pytest.raises(InvalidWorkflow, match="group nodes"):
        brief(graph(node(1, "workflow>g0"), extra={"groupNodes": groups}))


@pytest.mark.parametrize(
    "junk", [None, 3, "x", [], [3], {"nodes": 3}, {"nodes": [None]}, {"nodes": [], "links": [1, [None]]}]
)
def test_a_malformed_group_leaves_the_rest_readable(junk: object) -> None:
    document = graph(
        node(1, "workflow>Loaders", "x.pt"),
        node(2, "VAELoader", "y.pt"),
        extra={"groupNodes": {"Loaders": junk}},
    )
    assert ("y.pt", "vae", ("2",), True) in brief(document)
