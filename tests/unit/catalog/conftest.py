"""Lists laid out on disk as pip and ComfyUI-Manager lay them out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def comfyui(tmp_path: Path) -> Path:
    folder = tmp_path / "ComfyUI"
    folder.mkdir()
    return folder


@pytest.fixture
def packages(comfyui: Path) -> Path:
    """The package folder of the environment beside ComfyUI."""
    folder = comfyui / "venv" / "lib" / "python3.12" / "site-packages"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def save_template(packages: Path) -> Callable[..., Path]:
    """``save_template("flux", {...graph...})`` or bytes as they are."""

    def save(name: str, graph: object, package: str = "comfyui_workflow_templates_json") -> Path:
        path = packages / package / "templates" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(graph if isinstance(graph, bytes) else json.dumps(graph).encode())
        return path

    return save
