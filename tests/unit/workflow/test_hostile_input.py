"""Whatever the bytes are, the answer is a Workflow or InvalidWorkflow with one line of reason and a hint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelget.errors import InvalidWorkflow
from modelget.types import Workflow
from modelget.workflow import parse, read
from modelget.workflow.document import MAX_BYTES, MAX_DEPTH
from modelget.workflow.subgraphs import MAX_SUBGRAPH_DEPTH
from modelget.workflow.ui_graph import MAX_NODES

Json = dict[str, Any]


def refusal(raw: bytes) -> InvalidWorkflow:
    with pytest.raises(InvalidWorkflow) as caught:
        parse(raw, "w.json")
    assert str(caught.value).startswith("w.json: ")
    assert "\n" not in str(caught.value)
    assert caught.value.hint
    return caught.value


def refusal_of(document: object) -> InvalidWorkflow:
    return refusal(json.dumps(document).encode())


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"hello", "not valid JSON: Expecting value (line 1, column 1)"),
        (b'{"nodes": [] 3}', "line 1, column 14"),
        (b'{"nodes": [\n{"id": 1', "cut off: the JSON ends too early (read up to line 2, column 9)"),
        (b'{"nodes": [\n{"id": "ab', "cut off"),
        (b"\xff\xfe\x00", "neither JSON nor an image, video or sound file"),
        (b"[" + b"{}," * 1_000_000 + b"{}]", "more than 1,000,000 values"),
        (b"[]", "it holds a list"),
        (b'"x"', "it holds a text"),
        (b"3", "it holds a number"),
        (b"null", "it holds null"),
        (b"NaN", "it holds a number"),
        (b"{}", "an empty object"),
        (b'{"Comfy.Locale": "en", "theme": {"dark": true}}', 'neither "nodes" nor'),
        (b'{"prompt": {"text": "a cat"}}', 'neither "nodes" nor'),
        (b'{"nodes": "x.safetensors"}', '"nodes" is not a list'),
        (b'{"nodes": [], "n": ' + b"9" * 5000 + b"}", "not valid JSON"),
    ],
)
def test_what_is_no_workflow_is_refused_with_its_reason(raw: bytes, reason: str) -> None:
    assert reason in str(refusal(raw))


def test_more_than_20_mb_is_refused_before_it_is_read() -> None:
    assert "larger than 20 MB" in str(refusal(b"not even JSON" + b" " * MAX_BYTES))


def test_a_large_workflow_below_the_limit_is_read() -> None:
    note = {"id": 1, "type": "Note", "widgets_values": ["word " * 3_900_000]}
    loader = {"id": 2, "type": "VAELoader", "widgets_values": ["x.pt"]}
    raw = json.dumps({"nodes": [note, loader]}).encode()
    assert 20_000_000 > len(raw) > 19_000_000
    assert len(parse(raw, "w.json").requirements) == 1


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 900, 500_000])
@pytest.mark.parametrize("where", ['{"nodes": %s}', '{"nodes": [], "extra": %s}', "%s"])
def test_deep_nesting_is_refused(where: str, depth: int) -> None:
    assert "deep" in str(refusal((where % ("[" * depth + "]" * depth)).encode()))


def test_nesting_up_to_the_limit_is_read() -> None:
    depth = MAX_DEPTH - 1
    assert parse(('{"nodes": ' + "[" * depth + "]" * depth + "}").encode(), "w.json") == Workflow(
        "w.json", ()
    )


def test_too_many_nodes_are_refused() -> None:
    node = {"class_type": "VAELoader", "inputs": {}}
    assert "nodes" in str(refusal_of({"nodes": [{}] * (MAX_NODES + 1)}))
    assert "nodes" in str(refusal_of({str(n): node for n in range(MAX_NODES + 1)}))


def test_as_many_nodes_as_allowed_are_read() -> None:
    assert parse(json.dumps({"nodes": [{}] * MAX_NODES}).encode(), "w.json").requirements == ()


def chain_of_subgraphs(length: int, uses: int, order: int = 1) -> Json:
    subgraphs = [
        {"id": f"s{n}", "nodes": [{"id": i, "type": f"s{n + 1}"} for i in range(uses)]} for n in range(length)
    ]
    return {"nodes": [{"id": 1, "type": "s0"}], "definitions": {"subgraphs": subgraphs[::order]}}


def test_subgraphs_that_multiply_are_refused() -> None:
    assert "nodes" in str(refusal_of(chain_of_subgraphs(MAX_SUBGRAPH_DEPTH, uses=10)))


@pytest.mark.parametrize("order", [1, -1])
def test_a_long_chain_of_subgraphs_is_refused_in_whatever_order(order: int) -> None:
    assert "deep" in str(refusal_of(chain_of_subgraphs(2_000, 1, order)))
    assert "deep" in str(refusal_of(chain_of_subgraphs(MAX_SUBGRAPH_DEPTH + 1, 1, order)))
    assert (
        parse(json.dumps(chain_of_subgraphs(MAX_SUBGRAPH_DEPTH, 1, order)).encode(), "w").requirements == ()
    )


def test_much_work_hidden_in_few_nodes_is_refused() -> None:
    heavy = {"id": 1, "type": "Unknown", "widgets_values": [f"{n}.pt" for n in range(20_000)]}
    root = {"nodes": [{"id": n, "type": "s"} for n in range(5_000)]}
    definition = {"id": "s", "nodes": [heavy]}
    assert "too many" in str(refusal_of({**root, "definitions": {"subgraphs": [definition]}}))


@pytest.mark.parametrize("cycle", [["a"], ["a", "b"], ["a", "b", "c"]])
def test_a_subgraph_that_contains_itself_is_refused(cycle: list[str]) -> None:
    subgraphs = [
        {"id": key, "nodes": [{"id": 1, "type": inner}]}
        for key, inner in zip(cycle, cycle[1:] + cycle[:1], strict=True)
    ]
    assert "contains itself" in str(refusal_of({"nodes": [], "definitions": {"subgraphs": subgraphs}}))


@pytest.mark.parametrize("junk", [None, 3, "x", [], {}, [[]], [None], {"a": 1}, True, 1.5])
@pytest.mark.parametrize(
    "key", ["id", "type", "mode", "inputs", "outputs", "properties", "widgets_values", "widgets_values_named"]
)
def test_a_part_of_the_wrong_type_is_skipped_and_the_rest_is_read(key: str, junk: object) -> None:
    good = {"id": 2, "type": "VAELoader", "widgets_values": ["good.pt"]}
    bad = {
        "id": 1,
        "type": "UNETLoader",
        "inputs": [],
        "properties": {},
        "widgets_values": ["bad.pt"],
        key: junk,
    }
    names = [need.name for need in parse(json.dumps({"nodes": [bad, good]}).encode(), "w").requirements]
    assert names[-1] == "good.pt"


@pytest.mark.parametrize(
    "junk", [None, 3, "x", [], {}, [[]], [None], {"subgraphs": {}}, {"subgraphs": [None, {}]}]
)
@pytest.mark.parametrize("key", ["links", "definitions", "models", "extra", "version"])
def test_a_root_of_wrong_types_is_read_as_far_as_possible(key: str, junk: object) -> None:
    good = {"id": 2, "type": "VAELoader", "widgets_values": ["good.pt"]}
    assert len(parse(json.dumps({"nodes": [None, 3, good], key: junk}).encode(), "w").requirements) == 1


@pytest.mark.parametrize("models", [{}, "x", [None], [3], [{}], [{"name": 3}], [{"name": "x.pt", "url": {}}]])
def test_malformed_declarations_are_skipped(models: object) -> None:
    node = {"id": 2, "type": "VAELoader", "widgets_values": ["x.pt"], "properties": {"models": models}}
    assert parse(json.dumps({"nodes": [node]}).encode(), "w").requirements[0].urls == ()


def test_lone_surrogates_never_leave_the_parser() -> None:
    raw = json.dumps(
        {
            "nodes": [
                {"id": "\ud800", "type": "VAELoader", "widgets_values": ["x.pt", "y\udfff.pt"]},
                {"id": 2, "type": "\ud800", "widgets_values": ["z.pt"]},
            ],
            "models": [{"name": "x.pt", "url": "https://h/\ud800", "directory": "\ud800"}],
        }
    ).encode()
    found = parse(raw, "w").requirements
    assert [need.name for need in found] == ["x.pt", "z.pt"]
    assert repr(found).encode()


def test_an_unreadable_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidWorkflow, match="cannot be opened"):
        read(tmp_path / "missing.json")
    with pytest.raises(InvalidWorkflow, match="cannot be opened"):
        read(tmp_path)


def test_a_file_is_parsed_under_its_path(tmp_path: Path) -> None:
    path = tmp_path / "w.json"
    path.write_text('{"nodes": []}')
    assert read(path) == Workflow(str(path), ())


VALID = {
    "nodes": [
        {
            "id": 1,
            "type": "sub",
            "mode": 0,
            "inputs": [{"name": "m", "link": 3}],
            "widgets_values": [1, "a.pt"],
        },
        {
            "id": 2,
            "type": "PrimitiveNode",
            "widgets_values": ["b.pt", "fixed"],
            "widgets_values_named": {"v": "c.pt"},
        },
        {"id": 3, "type": "Power Lora Loader (rgthree)", "widgets_values": [{"on": False, "lora": "d.pt"}]},
        {
            "id": 4,
            "type": "SetNode",
            "inputs": [{"name": "v", "type": "*", "link": 3}],
            "widgets_values": ["key"],
        },
        {"id": 5, "type": "GetNode", "widgets_values": ["key"]},
        {
            "id": 6,
            "type": "ComfySwitchNode",
            "inputs": [{"name": "on_true", "link": 8}],
            "widgets_values": [True],
        },
        {
            "id": 8,
            "type": "workflow>group",
            "inputs": [{"name": "vae_name", "link": 9}],
            "widgets_values": ["f.pt", "On", "g.pt"],
        },
    ],
    "links": [[3, 2, 0, 1, 0, "COMBO"], [8, 5, 0, 6, 0, "*"], [9, 6, 0, 8, 0, "*"]],
    "extra": {
        "groupNodes": {
            "group": {
                "nodes": [
                    {"type": "VAELoader", "widgets_values": ["h.pt"]},
                    {"type": "CR Load LoRA", "inputs": [{"name": "x"}], "widgets_values": ["Off", "i.pt"]},
                ],
                "links": [[0, 0, 1, 0, 5, "VAE"]],
            }
        }
    },
    "models": [
        {"name": "a.pt", "url": "https://h/a.pt", "directory": "vae", "hash": "00", "hash_type": "SHA256"}
    ],
    "definitions": {
        "subgraphs": [
            {
                "id": "sub",
                "inputNode": {"id": -10},
                "inputs": [{"name": "n", "type": "INT"}, {"name": "m", "type": "COMBO"}],
                "nodes": [
                    {
                        "id": 7,
                        "type": "VAELoader",
                        "inputs": [
                            {"name": "n", "widget": {"name": "n"}, "link": 1},
                            {"name": "vae_name", "widget": {"name": "vae_name"}, "link": 2},
                        ],
                        "properties": {"models": [{"name": "a.pt"}], "proxyWidgets": [["-1", "m"]]},
                        "widgets_values": ["e.pt"],
                    }
                ],
                "links": [
                    {"id": 1, "origin_id": -10, "origin_slot": 0},
                    {"id": 2, "origin_id": -10, "origin_slot": 1},
                ],
            }
        ]
    },
    "prompt": None,
    "workflow": None,
}


def is_read_or_refused(raw: bytes) -> bool:
    """Let any other exception than InvalidWorkflow through."""
    try:
        workflow = parse(raw, "w.json")
    except InvalidWorkflow as error:
        return bool(error.hint) and "\n" not in str(error)
    return bool(repr(workflow).encode())


LEAVES = st.none() | st.booleans() | st.integers(-20, 20) | st.floats() | st.text(max_size=4)
NAMES = st.sampled_from(
    ["x.pt", "sub", "\ud800.pt", "../x.pt", '["y.pt"]', "None", "2", "-10", "Reroute", "VAELoader"]
)
JUNK = st.recursive(
    LEAVES | NAMES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)
)


def places_in(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if not isinstance(value, (dict, list)):
        return [path] if path else []
    items: Any = value.items() if isinstance(value, dict) else enumerate(value)
    return ([path] if path else []) + [
        place for key, item in items for place in places_in(item, (*path, key))
    ]


def replace(document: Any, path: tuple[str | int, ...], value: object) -> None:
    for key in path[:-1]:
        if not (isinstance(document, dict) and key in document) and not (
            isinstance(document, list) and isinstance(key, int) and key < len(document)
        ):
            return
        document = document[key]
    if isinstance(document, dict) or (
        isinstance(document, list) and isinstance(path[-1], int) and path[-1] < len(document)
    ):
        document[path[-1]] = value


@settings(max_examples=400, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=st.lists(st.tuples(st.sampled_from(places_in(VALID)), JUNK), min_size=1, max_size=6))
def test_a_workflow_with_anything_anywhere_is_read_or_refused(
    changes: list[tuple[tuple[str | int, ...], object]],
) -> None:
    document = json.loads(json.dumps(VALID))
    for path, value in changes:
        replace(document, path, value)
    assert is_read_or_refused(json.dumps(document).encode())


@settings(max_examples=200, derandomize=True, deadline=None)
@given(cut=st.integers(0, 2_000), junk=st.binary(max_size=6), skip=st.integers(0, 5))
def test_bytes_changed_anywhere_are_read_or_refused(cut: int, junk: bytes, skip: int) -> None:
    raw = json.dumps(VALID).encode()
    assert is_read_or_refused(raw[:cut] + junk + raw[cut + skip :])
