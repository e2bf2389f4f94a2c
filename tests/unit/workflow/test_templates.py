"""The official templates, all of them, against their own declarations and against what the real frontend lists."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelget.types import Workflow
from modelget.workflow import parse

DATA = Path(__file__).parent / "data"
NO_WORKFLOWS = ("index", "fuse_options")


def template_files() -> list[Path]:
    spec = importlib.util.find_spec("comfyui_workflow_templates_json")
    if spec is None or spec.origin is None:
        pytest.skip("comfyui-workflow-templates-json is not installed")
    files = sorted((Path(spec.origin).parent / "templates").glob("*.json"))
    return [file for file in files if not file.name.startswith(NO_WORKFLOWS)]


@pytest.fixture(scope="module")
def parsed() -> dict[str, Workflow]:
    return {file.name: parse(file.read_bytes(), file.name) for file in template_files()}


def declared_and_selected_on_active_nodes(raw: bytes) -> Iterator[dict[str, str]]:
    """Read only the plainest case, in the plainest way: a node lists in its values what it declares."""
    root: dict[str, Any] = json.loads(raw)
    subgraphs = {graph["id"]: graph for graph in root.get("definitions", {}).get("subgraphs", [])}

    def visit(nodes: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
        for node in nodes:
            if node["mode"] in (2, 4):
                continue
            if node["type"] in subgraphs:
                yield from visit(subgraphs[node["type"]]["nodes"])
            for model in node["properties"].get("models", []):
                if model["name"] in (node.get("widgets_values") or []):
                    yield model

    yield from visit(root["nodes"])


def test_there_are_644_templates(parsed: dict[str, Workflow]) -> None:
    assert len(parsed) == 644


def test_every_declared_model_that_an_active_node_selects_is_required_with_folder_and_url(
    parsed: dict[str, Workflow],
) -> None:
    checked, lost = 0, []
    for file in template_files():
        active = [needed for needed in parsed[file.name].requirements if needed.active]
        for model in declared_and_selected_on_active_nodes(file.read_bytes()):
            checked += 1
            if not any(
                needed.name == model["name"].replace("\\", "/")
                and needed.folder == model["directory"]
                and model["url"] in needed.urls
                for needed in active
            ):
                lost.append((file.name, model["name"]))
    assert lost == []
    assert checked > 1000


def needed_by_the_frontend() -> dict[tuple[str, str], str | None]:
    lists = json.loads((DATA / "frontend_lists.json").read_bytes())
    needed: dict[tuple[str, str], str | None] = {}
    for template, entry in lists.items():
        if template != "_about":
            for name in entry.get("not_listed", []):
                needed[template, name] = None
            for name, folder in entry.get("listed", {}).items():
                needed[template, name] = folder
    return needed


def test_the_needed_models_are_exactly_those_of_the_frontend(parsed: dict[str, Workflow]) -> None:
    needed = set(needed_by_the_frontend())
    found = {
        (template, model.name)
        for template, workflow in parsed.items()
        for model in workflow.requirements
        if model.active
    }
    assert len(needed) == 966
    assert needed - found == set()
    assert found - needed == set()


def test_the_folder_is_the_declared_one_else_that_of_the_frontend(parsed: dict[str, Workflow]) -> None:
    declared: dict[tuple[str, str], set[str]] = {}
    for file in template_files():
        for model in declared_and_selected_on_active_nodes(file.read_bytes()):
            declared.setdefault((file.name, model["name"]), set()).add(model["directory"])
    wrong = []
    for (template, name), folder in needed_by_the_frontend().items():
        right = declared.get((template, name), {folder})
        got = {m.folder for m in parsed[template].requirements if m.name == name and m.active}
        if got != right:
            wrong.append((template, name, got, right))
    assert wrong == []


def test_what_else_is_named_is_inactive_and_each_name_has_its_reviewed_reason(
    parsed: dict[str, Workflow],
) -> None:
    reviewed = json.loads((DATA / "templates_inactive.json").read_bytes())
    needed = set(needed_by_the_frontend())
    others: dict[str, dict[str, list[str]]] = {}
    for template, workflow in parsed.items():
        for model in workflow.requirements:
            if (template, model.name) not in needed:
                assert not model.active
                others.setdefault(template, {})[model.name] = list(model.wanted_by)
    assert sum(map(len, others.values())) == 33
    assert others == {
        template: {name: [reason.partition(": ")[0] for reason in why] for name, why in names.items()}
        for template, names in reviewed.items()
        if template != "_about"
    }


def test_each_reviewed_reason_holds_in_the_file() -> None:
    reviewed = json.loads((DATA / "templates_inactive.json").read_bytes())
    files = {file.name: file for file in template_files()}
    checked = 0
    for template, names in reviewed.items():
        if template == "_about":
            continue
        root: dict[str, Any] = json.loads(files[template].read_bytes())
        subgraphs = {graph["id"]: graph for graph in root.get("definitions", {}).get("subgraphs", [])}
        for reason in (reason for why in names.values() for reason in why):
            path, _, switched_off = reason.partition(": ")
            nodes, states = root["nodes"], []
            for step in path.split(":"):
                node = next(node for node in nodes if str(node["id"]) == step)
                nodes = subgraphs.get(node["type"], {}).get("nodes", [])
                states.append(f"node {step} is {({2: 'muted', 4: 'bypassed'}).get(node['mode'], 'active')}")
            assert switched_off in states
            checked += 1
    assert checked >= 33


NAME = re.compile(r"[\w.-]+\.(?:safetensors|ckpt|pt|pth|bin|gguf|sft|onnx)\b")


def only_in_notes(raw: bytes) -> set[str]:
    """Read the names that stand in notes, and nowhere else in the file."""
    notes: list[Any] = []

    def take_notes(value: Any) -> Any:
        if isinstance(value, dict):
            if value.get("type") in ("Note", "MarkdownNote"):
                notes.append(value)
                return None
            return {key: take_notes(inner) for key, inner in value.items()}
        return [take_notes(inner) for inner in value] if isinstance(value, list) else value

    rest = json.dumps(take_notes(json.loads(raw)))
    return {name for name in NAME.findall(json.dumps(notes)) if name not in rest}


def test_names_that_stand_only_in_notes_are_never_reported(parsed: dict[str, Workflow]) -> None:
    noted = {(file.name, name) for file in template_files() for name in only_in_notes(file.read_bytes())}
    reported = {
        (template, model.name.rpartition("/")[2])
        for template, workflow in parsed.items()
        for model in workflow.requirements
    }
    assert len(noted) > 120
    assert noted & reported == set()


def test_every_model_is_wanted_by_a_node(parsed: dict[str, Workflow]) -> None:
    assert all(model.wanted_by for workflow in parsed.values() for model in workflow.requirements)
