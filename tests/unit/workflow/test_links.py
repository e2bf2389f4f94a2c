"""Where the name comes from when a link feeds a loader's widget."""

from __future__ import annotations

import pytest
from graphs import BYPASSED, MUTED, Json, brief, from_input, graph, link, node, subgraph, widget_input

LOADER = node(9, "VAELoader", "stale.pt", inputs=[widget_input("vae_name", 7)])
NEW = [("new.pt", "vae", ("9",), True)]
STALE = [("stale.pt", "vae", ("9",), True)]


def text(number: int, value: str = "new.pt", mode: int = 0) -> Json:
    return node(number, "PrimitiveString", value, mode=mode)


def socket(name: str, link_id: int | None) -> Json:
    return {"name": name, "type": "*", "link": link_id}


# Inputs and primitives


def test_a_widget_turned_into_an_input_counts_even_when_the_file_does_not_say_so() -> None:
    loader = node(9, "VAELoader", "stale.pt", inputs=[socket("vae_name", 7)])
    assert brief(graph(text(1), loader, links=(link(7, 1, 9),))) == NEW


@pytest.mark.parametrize("mode", [MUTED, BYPASSED])
def test_a_primitive_that_is_switched_off_still_sets_the_widget(mode: int) -> None:
    primitive = node(1, "PrimitiveNode", "new.pt", "fixed", mode=mode)
    assert brief(graph(primitive, LOADER, links=(link(7, 1, 9),))) == NEW


@pytest.mark.parametrize("mode", [MUTED, BYPASSED])
def test_a_text_node_that_is_switched_off_leaves_the_widgets_own_value(mode: int) -> None:
    found = brief(graph(text(1, mode=mode), LOADER, links=(link(7, 1, 9),)))
    assert [entry for entry in found if entry[3]] == STALE


@pytest.mark.parametrize(("mode", "name"), [(BYPASSED, "new.pt"), (MUTED, "stale.pt")])
def test_a_bypassed_reroute_hands_on_and_a_muted_one_does_not(mode: int, name: str) -> None:
    reroute = node(2, "Reroute", inputs=[socket("", 6)], mode=mode)
    found = brief(graph(text(1), reroute, LOADER, links=(link(6, 1, 2), link(7, 2, 9))))
    assert name in [entry[0] for entry in found if entry[1] == "vae"]


# Values without links


def pair(getter: str = "GetNode", setter: str = "SetNode", key: str = "the vae") -> tuple[Json, Json]:
    return node(2, setter, key, inputs=[socket("*", 6)]), node(3, getter, key)


@pytest.mark.parametrize(("getter", "setter"), [("GetNode", "SetNode"), ("easy getNode", "easy setNode")])
def test_a_getter_brings_what_the_setter_of_its_key_receives(getter: str, setter: str) -> None:
    found = brief(graph(text(1), *pair(getter, setter), LOADER, links=(link(6, 1, 2), link(7, 3, 9))))
    assert found == NEW


def test_a_getter_finds_the_setter_of_a_graph_around_its_own() -> None:
    setter, getter = pair()
    inside = subgraph("sub", getter, LOADER, links=({"id": 7, "origin_id": 3, "origin_slot": 0},))
    found = brief(graph(text(1), setter, node(5, "sub"), subgraphs=(inside,), links=(link(6, 1, 2),)))
    assert found == [("new.pt", "vae", ("5:9",), True)]


def test_a_getter_without_its_setter_leaves_the_widgets_own_value() -> None:
    assert brief(graph(node(3, "GetNode", "gone"), LOADER, links=(link(7, 3, 9),))) == STALE


def test_the_key_of_a_setter_is_no_model() -> None:
    assert brief(graph(node(2, "SetNode", "key.pt"), node(3, "GetNode", "key.pt"))) == []


def test_getters_in_a_circle_end() -> None:
    setter = node(2, "SetNode", "k", inputs=[socket("*", 6)])
    document = graph(setter, node(3, "GetNode", "k"), LOADER, links=(link(6, 3, 2), link(7, 3, 9)))
    assert brief(document) == []


# Switches

SWITCHES = [
    ("ComfySwitchNode", [True], ("on_false", "on_true")),
    ("LazySwitchKJ", [True], ("on_false", "on_true")),
    ("Switch any [Crystools]", [True], ("on_false", "on_true")),
    ("ImpactSwitch", [2, False], ("input1", "input2")),
    ("easy anythingIndexSwitch", [1], ("value0", "value1")),
    ("CR Text Input Switch", [2, "", ""], ("text1", "text2")),
]


def switched(switch: Json) -> Json:
    links = (link(5, 1, 3), link(6, 2, 3), link(7, 3, 9))
    return graph(text(1, "first.pt"), text(2, "new.pt"), switch, LOADER, links=links)


@pytest.mark.parametrize(("node_type", "values", "inputs"), SWITCHES)
def test_a_switch_hands_on_the_input_that_it_says(
    node_type: str, values: list[object], inputs: tuple[str, str]
) -> None:
    switch = node(3, node_type, *values, inputs=[socket(inputs[0], 5), socket(inputs[1], 6)])
    assert NEW[0] in brief(switched(switch))


def test_a_switch_that_is_set_while_running_hides_the_stale_value_and_keeps_what_it_may_choose() -> None:
    chooser = widget_input("switch", 8, "BOOLEAN")
    switch = node(3, "ComfySwitchNode", True, inputs=[chooser, socket("on_false", 5), socket("on_true", 6)])
    document = switched(switch)
    document["links"].append(link(8, 4, 3))
    assert [entry[:2] for entry in brief(document)] == [("first.pt", None), ("new.pt", None)]


def test_an_any_switch_hands_on_the_first_input_that_is_there() -> None:
    switch = node(3, "Any Switch (rgthree)", inputs=[socket("any_01", 5), socket("any_02", 6)])
    document = switched(switch)
    document["nodes"][0]["mode"] = MUTED
    assert NEW[0] in brief(document)
    document["nodes"][0]["mode"] = 0
    assert ("first.pt", "vae", ("9",), True) in brief(document)


def test_switches_in_a_circle_end() -> None:
    switch = node(3, "Any Switch (rgthree)", inputs=[socket("any_01", 7)])
    assert brief(graph(switch, LOADER, links=(link(7, 3, 9),))) == []


@pytest.mark.parametrize(("node_type", "values", "inputs"), SWITCHES)
def test_a_switch_in_an_api_prompt_does_the_same(
    node_type: str, values: list[object], inputs: tuple[str, str]
) -> None:
    choosers = {
        "ImpactSwitch": "select",
        "easy anythingIndexSwitch": "index",
        "CR Text Input Switch": "Input",
    }
    chooser = choosers.get(node_type, "boolean" if "Crystools" in node_type else "switch")
    prompt = {
        "1": {"class_type": "PrimitiveString", "inputs": {"value": "first.pt"}},
        "2": {"class_type": "PrimitiveString", "inputs": {"value": "new.pt"}},
        "3": {
            "class_type": node_type,
            "inputs": {chooser: values[0], inputs[0]: ["1", 0], inputs[1]: ["2", 0]},
        },
        "9": {"class_type": "VAELoader", "inputs": {"vae_name": ["3", 0]}},
    }
    assert NEW[0] in brief(prompt)


# Across the border of a subgraph


def test_a_value_passes_reroutes_on_both_sides_of_a_border() -> None:
    inside = subgraph(
        "sub",
        node(4, "Reroute", inputs=[socket("", 1)]),
        node(9, "VAELoader", "stale.pt", inputs=[widget_input("vae_name", 2)]),
        inputs=(("vae_name", "COMBO"),),
        links=(from_input(1, 0), {"id": 2, "origin_id": 4, "origin_slot": 0}),
    )
    outside = node(2, "Reroute", inputs=[socket("", 6)])
    instance = node(5, "sub", inputs=[widget_input("vae_name", 7)])
    found = brief(
        graph(text(1), outside, instance, subgraphs=(inside,), links=(link(6, 1, 2), link(7, 2, 5)))
    )
    assert ("new.pt", "vae", ("5:9",), True) in found
