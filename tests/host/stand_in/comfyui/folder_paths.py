"""ComfyUI's model folders, in a folder of this host's own (``use`` names it)."""

from __future__ import annotations

import os
import time

supported_pt_extensions: set[str] = {".ckpt", ".pt", ".pt2", ".bin", ".pth", ".safetensors", ".pkl", ".sft"}
folder_names_and_paths: dict[str, tuple[list[str], set[str]]] = {}
base_path = ""
models_dir = ""
user_directory = ""
output_directory = ""
filename_list_cache: dict[str, tuple[list[str], dict[str, float], float]] = {}

_SEVERAL = {
    "text_encoders": ["text_encoders", "clip"],
    "diffusion_models": ["unet", "diffusion_models"],
    "controlnet": ["controlnet", "t2i_adapter"],
}
_NAMES = [
    "checkpoints", "loras", "vae", "text_encoders", "diffusion_models", "clip_vision", "style_models", "embeddings",
    "diffusers", "vae_approx", "controlnet", "gligen", "upscale_models", "latent_upscale_models", "hypernetworks",
    "photomaker", "classifiers", "model_patches", "audio_encoders", "background_removal", "frame_interpolation",
    "geometry_estimation", "optical_flow", "detection",
]  # fmt: skip


def use(base: str) -> None:
    """Lay the folders out below ``base``, as ``--base-directory`` does."""
    global base_path, models_dir, user_directory, output_directory
    base_path, models_dir = base, os.path.join(base, "models")
    user_directory, output_directory = os.path.join(base, "user"), os.path.join(base, "output")
    for name in _NAMES:
        roots = [os.path.join(models_dir, place) for place in _SEVERAL.get(name, [name])]
        extensions = {"diffusers": {"folder"}, "classifiers": {""}}.get(name, supported_pt_extensions)
        folder_names_and_paths[name] = (roots, extensions)
        for root in roots:
            os.makedirs(root, exist_ok=True)
    folder_names_and_paths["configs"] = ([os.path.join(models_dir, "configs")], {".yaml"})
    folder_names_and_paths["custom_nodes"] = ([os.path.join(base, "custom_nodes")], set())
    folder_names_and_paths["datasets"] = ([os.path.join(base, "datasets")], set())
    for name in ("checkpoints", "clip", "vae", "diffusion_models", "loras"):
        add_model_folder_path(name, os.path.join(output_directory, name))


def map_legacy(folder_name: str) -> str:
    """Return today's name of a folder."""
    return {"unet": "diffusion_models", "clip": "text_encoders"}.get(folder_name, folder_name)


def add_model_folder_path(folder_name: str, full_folder_path: str, is_default: bool = False) -> None:
    """Add a place where a folder's files may be."""
    paths, _ = folder_names_and_paths.setdefault(map_legacy(folder_name), ([], set()))
    if full_folder_path in paths and is_default:
        paths.remove(full_folder_path)
    if is_default:
        paths.insert(0, full_folder_path)
    elif full_folder_path not in paths:
        paths.append(full_folder_path)


def get_folder_paths(folder_name: str) -> list[str]:
    """Return the places of a folder."""
    return folder_names_and_paths[map_legacy(folder_name)][0][:]


def get_full_path(folder_name: str, filename: str) -> str | None:
    """Return the first file of that name."""
    if map_legacy(folder_name) not in folder_names_and_paths:
        return None
    inside = os.path.relpath(os.path.join("/", filename), "/")
    places = (os.path.join(root, inside) for root in get_folder_paths(folder_name))
    return next(filter(os.path.isfile, places), None)


def get_full_path_or_raise(folder_name: str, filename: str) -> str:
    """Return the first file of that name, or say that there is none."""
    found = get_full_path(folder_name, filename)
    if found is None:
        raise FileNotFoundError(f"Model in folder '{folder_name}' with filename '{filename}' not found.")
    return found


def get_filename_list(folder_name: str) -> list[str]:
    """List a folder's files, sub-folders included."""
    paths, extensions = folder_names_and_paths[map_legacy(folder_name)]
    found: set[str] = set()
    for root in paths:
        for place, folders, files in os.walk(root, followlinks=True):
            folders[:] = [name for name in folders if name != ".git"]
            found.update(os.path.relpath(os.path.join(place, name), root) for name in files)
    filename_list_cache[map_legacy(folder_name)] = ([], {}, time.perf_counter())
    return sorted(name for name in found if not extensions or os.path.splitext(name)[1].lower() in extensions)


def get_user_directory() -> str:
    """Return the folder of all users' data."""
    return user_directory


def get_system_user_directory(name: str = "system") -> str:
    """Return a folder that the routes for users' data do not reach."""
    if not name.replace("_", "").isalnum() or name.startswith("_"):
        raise ValueError(f"Invalid system user name: '{name}'")
    return os.path.join(user_directory, f"__{name}")


def get_output_directory() -> str:
    """Return the folder of finished pictures."""
    return output_directory
