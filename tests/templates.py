"""The official templates, read in the plainest way, so that the tests do not trust what they test."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

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
