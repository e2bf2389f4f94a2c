"""ComfyUI-Manager's list of models: a pack below custom_nodes, or the pip package ``comfyui_manager``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..model_folders import current_folder
from ..types import Evidence, Listing, has_model_suffix
from ..workflow.names import canonical, is_name
from ..workflow.untyped import as_dict, as_text, dicts_in
from .listed import is_listable, read_json

_FILE = "model-list.json"

_FOLDERS = {
    "checkpoint": "checkpoints",
    "unclip": "checkpoints",
    "clip": "text_encoders",
    "vae": "vae",
    "lora": "loras",
    "t2i-adapter": "controlnet",
    "t2i-style": "controlnet",
    "controlnet": "controlnet",
    "clip_vision": "clip_vision",
    "gligen": "gligen",
    "upscale": "upscale_models",
    "embedding": "embeddings",
    "embeddings": "embeddings",
    "unet": "diffusion_models",
    "diffusion_model": "diffusion_models",
}
"""Where the Manager puts a row whose ``save_path`` is ``default``, by its type (its ``constants.py``, 4.3)."""

_NO_FOLDERS = frozenset({"custom_nodes", "..", ".", ""})


def read_manager_lists(packages: Iterable[Path], comfyui: Path | None) -> Iterator[Listing]:
    """Yield the rows of every copy of the list; what none of them says is a file is left out."""
    packs = sorted((comfyui / "custom_nodes").glob(f"*/{_FILE}")) if comfyui else []
    installed = [package / "comfyui_manager" / _FILE for package in packages]
    for path in [*packs, *filter(Path.is_file, installed)]:
        rows = as_dict(read_json(path)).get("models")
        yield from dict.fromkeys(listing for row in dicts_in(rows) if (listing := _listing(row)))


def _listing(row: dict[str, object]) -> Listing | None:
    """Read a row; those for whole repositories have ``<huggingface>`` for a file name, and are none."""
    folder, below = _place(canonical(as_text(row.get("save_path"))), as_text(row.get("type")))
    file, url = as_text(row.get("filename")).strip(), as_text(row.get("url")).strip()
    name = f"{below}/{file}" if below else file
    if not folder or not has_model_suffix(file) or "/" in canonical(file) or not is_listable(name, url):
        return None
    named_by = "ComfyUI-Manager's list"
    return Listing(name, folder, url.removesuffix("?download=true"), named_by, Evidence.TRUSTED_NAME)


def _place(save_path: str, kind: str) -> tuple[str | None, str]:
    """Return the model folder, None when it is none, and the sub-folder."""
    if save_path in ("", "default"):
        return _FOLDERS.get(kind.lower()), ""
    folder, _slash, below = save_path.rstrip("/").partition("/")
    if folder.lower() in _NO_FOLDERS or ".." in below.split("/") or not is_name(folder):
        return None, ""
    return current_folder(folder), below
