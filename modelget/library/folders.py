"""ComfyUI's model folders: their names and where they are by default (as of ComfyUI 0.33)."""

from __future__ import annotations

import unicodedata
from pathlib import Path

Roots = dict[str, list[Path]]
"""Folder name -> the places where ComfyUI looks, first match first."""

_NAMES = (
    "checkpoints", "loras", "vae", "text_encoders", "diffusion_models", "clip_vision", "style_models",
    "embeddings", "diffusers", "vae_approx", "controlnet", "gligen", "upscale_models",
    "latent_upscale_models", "hypernetworks", "photomaker", "classifiers", "model_patches",
    "audio_encoders", "background_removal", "frame_interpolation", "geometry_estimation",
    "optical_flow", "detection",
)  # fmt: skip
_PLACES = {
    "text_encoders": ("text_encoders", "clip"),
    "diffusion_models": ("unet", "diffusion_models"),
    "controlnet": ("controlnet", "t2i_adapter"),
}
_OLD_NAMES = {"unet": "diffusion_models", "clip": "text_encoders"}
_OUTPUTS = ("checkpoints", "clip", "vae", "diffusion_models", "loras")
EMBEDDINGS = "embeddings"
# ComfyUI registers these beside the model folders, but they hold code, settings and pictures.
CODE_FOLDER = "custom_nodes"
_NOT_MODELS = frozenset({CODE_FOLDER, "configs", "datasets"})


def default_roots(models_root: Path) -> Roots:
    """Return the folders that every ComfyUI has."""
    return {name: [models_root / place for place in _PLACES.get(name, (name,))] for name in _NAMES}


def add_output_roots(roots: Roots, comfyui: Path) -> None:
    """Add the folders where ComfyUI's own save nodes put models."""
    for name in _OUTPUTS:
        add_root(roots, name, comfyui / "output" / name)


def add_root(roots: Roots, folder: str, path: Path, *, first: bool = False) -> None:
    """Add a place as ComfyUI does: once, at the end, or moved to the front."""
    places = roots.setdefault(current_name(folder), [])
    if first and path in places:
        places.remove(path)
    if first:
        places.insert(0, path)
    elif path not in places:
        places.append(path)


def current_name(folder: str) -> str:
    """Return the name that ComfyUI uses today for an old folder name."""
    return _OLD_NAMES.get(folder, folder)


def holds_no_models(folder: str) -> bool:
    """Tell whether the name means a folder that must never receive a file, however it is spelt."""
    return _plain(folder) in _NOT_MODELS


def holds_code(folder: str) -> bool:
    """Tell whether ComfyUI imports what lies in the folder."""
    return _plain(folder) == CODE_FOLDER


def _plain(folder: str) -> str:
    return unicodedata.normalize("NFKC", folder).strip(" .").casefold()
