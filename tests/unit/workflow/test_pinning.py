"""Pins are written where they belong, and every other byte of the workflow stays."""

from __future__ import annotations

import difflib
import json

import pytest
from templates import template_files

from modelget.errors import InvalidWorkflow
from modelget.lock_file import LockedModel
from modelget.types import Digest, Requirement
from modelget.workflow import is_same_but_pins, parse, with_pins

SHA = "a" * 64
LINK = "https://huggingface.co/o/r/resolve/c/x"


def locked(need: Requirement, **more) -> LockedModel:
    known = {"source": "s", "id": "hf:x", "url": LINK, **more}
    return LockedModel(need.name, need.folder or "vae", Digest("sha256", SHA), 5, **known)


def pinned(raw: bytes, **more) -> bytes:
    needs = parse(raw, "x.json").requirements
    written = with_pins(raw, "x.json", [(need, locked(need, **more)) for need in needs])
    assert written is not None
    return written


def graph(*nodes: dict, **more) -> dict:
    return {"nodes": list(nodes), "links": [], **more}


def vae(number: int = 1, properties: object = None, name: str = "ae.safetensors") -> dict:
    node = {"id": number, "type": "VAELoader", "widgets_values": [name]}
    return node if properties is None else {**node, "properties": properties}


ENTRY = {
    "name": "ae.safetensors",
    "url": LINK,
    "hash": SHA,
    "hash_type": "SHA256",
    "directory": "vae",
    "size": 5,
}


@pytest.mark.parametrize(
    "properties", [None, {}, {"models": []}, {"models": None}, {"a": 1}, {"a": 1, "models": 7}, 5, []]
)
@pytest.mark.parametrize("indent", [None, 1, 2, 4, "\t"])
def test_a_node_without_pins_gets_them(properties, indent) -> None:
    raw = json.dumps(graph(vae(properties=properties)), indent=indent).encode()
    written = json.loads(pinned(raw))
    kept = properties if isinstance(properties, dict) else {}
    assert written["nodes"][0]["properties"] == {**kept, "models": [ENTRY]}
    assert is_same_but_pins(raw, pinned(raw)) or not isinstance(properties, dict | None)


def test_an_entry_keeps_what_it_holds_and_its_order() -> None:
    entry = {
        "directory": "vae",
        "mine": 1.50,
        "url": "https://old.example/x?token=secret",
        "name": "ae.safetensors",
    }
    raw = json.dumps(graph(vae(properties={"models": [entry, {"name": "other"}, 5]})), indent=2).encode()
    written = json.loads(pinned(raw))["nodes"][0]["properties"]["models"]
    assert list(written[0]) == ["directory", "mine", "url", "name", "hash", "hash_type", "size"]
    assert (written[0]["url"], written[0]["mine"]) == (LINK, 1.5)
    assert written[1:] == [{"name": "other"}, 5]
    assert b"secret" not in pinned(raw)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("indent", [None, 2, 4, "\t"])
def test_every_other_byte_stays(indent, newline) -> None:
    odd = '{"big": 12345678901234567890123, "f": 1.10, "e": 1E5, "n": NaN, "u": "\\u00e9\\/", "t": [ 1,2 ]}'
    text = json.dumps(graph(vae(), extra="HERE"), indent=indent).replace('"HERE"', odd).replace("\n", newline)
    written = pinned(text.encode()).decode()
    assert odd in written
    removed = [
        piece for piece in difflib.ndiff(text.splitlines(), written.splitlines()) if piece.startswith("- ")
    ]
    assert len(removed) <= 1  # the line to which the new member was added
    assert ("\n" in written) == ("\n" in text)
    assert written.count("\r\n") == (written.count("\n") if newline == "\r\n" else 0)


def test_pinning_again_changes_nothing() -> None:
    raw = json.dumps(graph(vae()), indent=2).encode()
    assert pinned(pinned(raw)) == pinned(raw)


def test_the_style_of_an_indented_file_goes_on() -> None:
    raw = json.dumps(graph(vae(properties={})), indent=2).encode()
    assert pinned(raw).decode() == json.dumps(json.loads(pinned(raw)), indent=2)


def test_a_model_inside_a_subgraph_is_pinned_on_its_inner_node() -> None:
    inner = {"id": "sub", "nodes": [vae(30)], "inputs": [], "links": []}
    root = graph({"id": 57, "type": "sub", "properties": {}}, definitions={"subgraphs": [inner]})
    written = json.loads(pinned(json.dumps(root).encode()))
    assert written["nodes"][0]["properties"] == {}
    assert written["definitions"]["subgraphs"][0]["nodes"][0]["properties"]["models"] == [ENTRY]


def test_every_node_that_uses_a_model_is_pinned_and_the_list_at_the_top_too() -> None:
    root = graph(
        vae(1), vae(2), models=[{"name": "ae.safetensors", "directory": "vae", "url": "https://x.example"}]
    )
    written = json.loads(pinned(json.dumps(root).encode()))
    assert [node["properties"]["models"] for node in written["nodes"]] == [[ENTRY], [ENTRY]]
    assert written["models"][0]["hash"] == SHA


def test_the_same_name_in_another_folder_is_another_model() -> None:
    declared = [{"name": "ae.safetensors", "directory": "loras", "url": "https://x.example/l"}]
    written = json.loads(pinned(json.dumps(graph(vae(), vae(2, {"models": []}), models=declared)).encode()))
    assert written["models"] == declared


def test_no_entry_without_a_link_is_made_and_one_that_is_there_gets_its_digest() -> None:
    raw = json.dumps(
        graph(vae(), vae(2, {"models": [{"name": "ae.safetensors", "directory": "vae"}]}))
    ).encode()
    first, second = json.loads(pinned(raw, url=None))["nodes"]
    assert "properties" not in first
    assert second["properties"]["models"][0]["hash"] == SHA


@pytest.mark.parametrize(
    "raw",
    [
        b'{"3": {"class_type": "VAELoader", "inputs": {"vae_name": "ae.safetensors"}}}',
        b'{"workflow": {"nodes": []}}',
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xfe",
        b"",
    ],
)
def test_what_has_no_place_for_pins_gets_none(raw) -> None:
    assert with_pins(raw, "x", []) is None


def test_a_damaged_workflow_is_refused() -> None:
    with pytest.raises(InvalidWorkflow):
        with_pins(b'{"nodes": [', "x", [])


def test_a_byte_order_mark_and_a_repeated_name_do_not_mislead() -> None:
    text = '{"nodes": [{"id": 1, "type": "VAELoader", "widgets_values": ["ae.safetensors"], '
    text += '"properties": {"models": [1]}, "properties": {"x": "}]"}}], "links": []}'
    written = pinned(b"\xef\xbb\xbf" + text.encode())
    assert written.startswith(b"\xef\xbb\xbf")
    assert json.loads(written.decode("utf-8-sig"))["nodes"][0]["properties"] == {"x": "}]", "models": [ENTRY]}


@pytest.mark.parametrize("path", template_files()[::16], ids=lambda path: path.stem)
def test_an_official_template_keeps_its_requirements_and_differs_only_in_its_pins(path) -> None:
    raw = path.read_bytes()
    before, written = parse(raw, "x"), pinned(raw)
    after = parse(written, "x")
    assert is_same_but_pins(raw, written)
    facts = [(need.name, need.folder, need.wanted_by, need.active, need.how) for need in before.requirements]
    assert facts == [
        (need.name, need.folder, need.wanted_by, need.active, need.how) for need in after.requirements
    ]
    assert all(need.digest and need.digest.hex == SHA for need in after.requirements)
    assert all(LINK in need.urls for need in after.requirements)


def test_another_workflow_is_not_the_same_but_for_pins() -> None:
    first, second = json.dumps(graph(vae())).encode(), json.dumps(graph(vae(name="b.safetensors"))).encode()
    assert not is_same_but_pins(first, second)
    assert not is_same_but_pins(first, b"no json")
