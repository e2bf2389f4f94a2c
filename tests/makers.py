"""Small workflows, made by the tests that need them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_LOADERS = {
    "vae": "VAELoader",
    "checkpoints": "CheckpointLoaderSimple",
    "loras": "LoraLoaderModelOnly",
    "diffusion_models": "UNETLoader",
}


def loader(number: int, name: str, folder: str, url: str = "", mode: int = 0, **more: str) -> dict[str, Any]:
    """Return a UI node that loads ``name`` and, with a URL, declares it."""
    declared = [{"name": name, "url": url, "directory": folder, **more}] if url else []
    return {
        "id": number,
        "type": _LOADERS[folder],
        "mode": mode,
        "inputs": [],
        "outputs": [],
        "properties": {"models": declared},
        "widgets_values": [name],
    }


def save_workflow(path: Path, *nodes: dict[str, Any]) -> Path:
    """Write a UI workflow with these nodes."""
    path.write_text(json.dumps({"nodes": list(nodes), "links": [], "version": 0.4}), encoding="utf-8")
    return path


def hub_link(repo: str, file: str, revision: str = "main") -> str:
    """Return a link as workflows declare it."""
    return f"https://huggingface.co/{repo}/resolve/{revision}/{file}"
