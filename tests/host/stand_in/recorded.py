"""What a real ComfyUI answered, recorded beside the repository (``../shared/data/host``)."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).absolute().parents[3].parent / "shared" / "data"

Json = dict[str, Any]


def is_here() -> bool:
    """Tell whether the recordings lie beside the repository."""
    return (DATA / "host" / "object_info.json").is_file()


@cache
def object_info() -> Json:
    """Return what every core node says about itself."""
    found: Json = json.loads((DATA / "host" / "object_info.json").read_bytes())
    return found


@cache
def model_inputs() -> dict[str, dict[str, str]]:
    """Return, by node type, which input lists the files of which model folder."""
    found: dict[str, dict[str, str]] = {}
    for row in json.loads((DATA / "loader-nodes.json").read_bytes())["loaders"]:
        found.setdefault(row["node"], {})[row["input"]] = row["folder"]
    return found


def answer(route: str) -> Any:
    """Return a copy of the body of a recorded answer."""
    return copy.deepcopy(_answers()[route].get("body"))


@cache
def _answers() -> Json:
    found: Json = json.loads((DATA / "host" / "responses.json").read_bytes())["routes"]
    return found
