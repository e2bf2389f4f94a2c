"""ComfyUI's own nodes, made from what they say about themselves; loaders read their files, pictures are written."""

from __future__ import annotations

import copy
import sys
from pathlib import Path
from typing import Any

from . import recorded


def core_nodes() -> dict[str, Any]:
    """Return a class for every recorded node type."""
    return {name: _node(name, info) for name, info in recorded.object_info().items()}


def _node(name: str, info: dict[str, Any]) -> type:
    folders = recorded.model_inputs().get(name, {})

    def input_types(_cls: type) -> dict[str, Any]:
        return _with_files(info["input"], folders)

    def run(_self: object, **inputs: Any) -> Any:
        return _run(name, info, folders, inputs)

    return type(
        name,
        (),
        {
            "INPUT_TYPES": classmethod(input_types),
            "RETURN_TYPES": tuple(info["output"]),
            "OUTPUT_NODE": info["output_node"],
            "FUNCTION": "run",
            "run": run,
            "INFO": info,
        },
    )


def _with_files(inputs: dict[str, Any], folders: dict[str, str]) -> dict[str, Any]:
    """Fill the model inputs with what the folders list, in the place that V1 and V3 nodes have for it."""
    if not folders:
        return inputs
    filled = copy.deepcopy(inputs)
    for specs in filled.values():
        for name in folders.keys() & specs.keys():
            files, spec = sys.modules["folder_paths"].get_filename_list(folders[name]), specs[name]
            if spec[0] == "COMBO":
                spec[1]["options"] = [*spec[1]["options"], *files] if spec[1]["options"] else files
            else:
                spec[0] = [*spec[0], *files] if spec[0] else files
    return filled


def _run(name: str, info: dict[str, Any], folders: dict[str, str], inputs: dict[str, Any]) -> Any:
    if name in ("SaveImage", "PreviewImage"):
        return {"ui": {"images": [_save(str(inputs.get("filename_prefix", "preview")))]}}
    if name == "PreviewAny":
        return {"ui": {"text": [str(inputs.get("source"))]}, "result": (str(inputs.get("source")),)}
    read = [_read(folder, inputs[name]) for name, folder in folders.items() if inputs.get(name)]
    return tuple((kind, *read) for kind in info["output"])


def _read(folder: str, name: str) -> Any:
    path = sys.modules["folder_paths"].get_full_path(folder, name)
    return sys.modules["comfy.utils"].load_torch_file(path) if path else name


def _save(prefix: str) -> dict[str, str]:
    from PIL import Image

    folder = Path(sys.modules["folder_paths"].get_output_directory())
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{prefix}_{len(list(folder.glob(f'{prefix}_*.png'))) + 1:05}_.png"
    Image.new("RGB", (64, 64)).save(folder / name)
    return {"filename": name, "subfolder": "", "type": "output"}
