"""Real input: every workflow of the official template package, planned and installed."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from modelget.library import open_library
from modelget.pipeline import open_workshop, plan_for
from modelget.settings import load_settings
from modelget.types import Status
from modelget.workflow import read

MODEL_SUFFIXES = (".safetensors", ".ckpt", ".pt", ".pth", ".bin", ".gguf", ".sft", ".onnx")


def template_files() -> list[Path]:
    package = importlib.util.find_spec("comfyui_workflow_templates_json")
    assert package, "the dev dependency group holds the templates"
    assert package.origin
    found = sorted((Path(package.origin).parent / "templates").glob("*.json"))
    return [path for path in found if not path.name.startswith(("index", "fuse_options"))]


def graph_nodes(graph: dict[str, Any], active: bool = True) -> Iterator[tuple[dict[str, Any], bool]]:
    """Walk root nodes and the nodes of every subgraph that an instance uses, with their activity."""
    definitions = {d["id"]: d for d in (graph.get("definitions") or {}).get("subgraphs", [])}

    def walk(nodes: list[dict[str, Any]], on: bool) -> Iterator[tuple[dict[str, Any], bool]]:
        for node in nodes:
            here = on and node.get("mode", 0) not in (2, 4)
            yield node, here
            if node["type"] in definitions:
                yield from walk(definitions[node["type"]]["nodes"], here)

    yield from walk(graph["nodes"], active)


def declared(path: Path) -> set[tuple[str, str, str]]:
    """Return (name, folder, URL) of every model that an active node declares."""
    return {
        (model["name"], model["directory"], model["url"])
        for node, active in graph_nodes(json.loads(path.read_text(encoding="utf-8")))
        for model in (node.get("properties") or {}).get("models") or []
        if active
    }


def key_of(url: str) -> str:
    """Return the embedded hub's key for a declared link."""
    owner, repo, _resolve, _revision, *path = urlsplit(url).path[1:].split("/")
    return "/".join((owner, repo, *path))


@pytest.fixture(scope="module")
def templates() -> list[Path]:
    found = template_files()
    assert len(found) == 644
    return found


def test_every_template_plans_and_every_declared_model_resolves_to_its_declared_link(
    templates, hub, models
) -> None:
    environ = {"HF_ENDPOINT": hub.endpoint, "MODELGET_ALLOW_HOSTS": hub.storage_origin}
    shop = open_workshop(load_settings(environ), open_library(models_dir=models))

    plans = plan_for([read(path) for path in templates], shop)

    checked = 0
    for path, plan in zip(templates, plans, strict=True):
        items = {(item.requirement.name, item.requirement.folder): item for item in plan.items}
        for name, folder, url in declared(path):
            item = items[name, folder]
            best = item.resolution.candidates[0]
            commit = hub.commit("/".join(key_of(url).split("/")[:2]))
            assert item.requirement.active
            assert best.url == url.split("?")[0].replace("https://huggingface.co", hub.endpoint).replace(
                "/resolve/main/", f"/resolve/{commit}/"
            )
            assert best.digest
            assert best.digest.hex == hub.content(key_of(url)).sha256
            checked += 1
    assert checked == 966
    assert not list(models.iterdir()), "planning changed something"


def without_conflicts(templates: list[Path], at_least: int) -> tuple[list[Path], dict[tuple[str, str], str]]:
    """Choose workflows that need something and never want two files under one name."""
    chosen: list[Path] = []
    places: dict[tuple[str, str], str] = {}
    for path in templates:
        wanted = {(folder, name): key_of(url) for name, folder, url in declared(path)}
        selected = {
            value
            for node, active in graph_nodes(json.loads(path.read_text(encoding="utf-8")))
            for value in map(str, node.get("widgets_values") or [])
            if active and value.lower().endswith(MODEL_SUFFIXES)
        }
        all_declared = selected == {name for _folder, name in wanted}
        if wanted and all_declared and all(places.get(place, key) == key for place, key in wanted.items()):
            chosen.append(path)
            places |= wanted
        if len(chosen) == at_least:
            break
    return chosen, places


def test_sixty_templates_install_with_shared_files_fetched_once_and_again_for_nothing(
    templates, modelget, hub, models
) -> None:
    chosen, places = without_conflicts(templates, at_least=60)
    assert len(chosen) == 60

    first = modelget("install", *chosen, "--json")

    assert first.code == 0, first.err
    for (folder, name), key in places.items():
        # What ComfyUI looks up: the folder's own name below models/, then the name as the loader has it.
        file = models / folder / name
        assert hashlib.sha256(file.read_bytes()).hexdigest() == hub.content(key).sha256
    distinct = {hub.content(key).sha256: hub.content(key).size for key in places.values()}
    assert hub.storage_bytes == sum(distinct.values()), "a file came over the wire twice"
    assert [item["status"] for doc in first.document for item in doc["requirements"] if item["active"]] == [
        Status.PRESENT.value
    ] * sum(item["active"] for doc in first.document for item in doc["requirements"])

    before = hub.requests
    again = modelget("install", *chosen, "--json")

    assert again.code == 0
    assert hub.requests == before, "the second run asked the network"
    assert sum(doc["transferred_bytes"] for doc in again.document) == 0
    leftovers = [path for path in (models / ".modelget").iterdir() if path.suffix != ".sqlite"]
    assert not leftovers
