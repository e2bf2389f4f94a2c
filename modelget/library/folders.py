"""ComfyUI's model folders: their names and where they are by default (as of ComfyUI 0.33)."""

from __future__ import annotations

from pathlib import Path

from ..model_folders import current_folder

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
_OUTPUTS = ("checkpoints", "clip", "vae", "diffusion_models", "loras")
EMBEDDINGS = "embeddings"


def default_roots(models_root: Path) -> Roots:
    """Return the folders that every ComfyUI has."""
    return {name: [models_root / place for place in _PLACES.get(name, (name,))] for name in _NAMES}


def add_output_roots(roots: Roots, comfyui: Path) -> None:
    """Add the folders where ComfyUI's own save nodes put models."""
    for name in _OUTPUTS:
        add_root(roots, name, comfyui / "output" / name)


def add_root(roots: Roots, folder: str, path: Path, *, first: bool = False) -> None:
    """Add a place as ComfyUI does: once, at the end, or moved to the front."""
    places = roots.setdefault(current_folder(folder), [])
    if first and path in places:
        places.remove(path)
    if first:
        places.insert(0, path)
    elif path not in places:
        places.append(path)
