"""Prompts as API clients send them, and the workflow a browser would send with one."""

from __future__ import annotations

from typing import Any

from makers import hub_link, loader

Json = dict[str, Any]


def picture(vae: str, upscaler: str | None = None, prefix: str = "made") -> Json:
    """Decode an empty latent with a VAE and, with an upscaler, enlarge the picture; save it."""
    nodes: Json = {
        "1": {"class_type": "VAELoader", "inputs": {"vae_name": vae}},
        "2": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}},
        "3": {"class_type": "VAEDecode", "inputs": {"samples": ["2", 0], "vae": ["1", 0]}},
    }
    last = "3"
    if upscaler:
        nodes["5"] = {"class_type": "UpscaleModelLoader", "inputs": {"model_name": upscaler}}
        nodes["6"] = {
            "class_type": "ImageUpscaleWithModel",
            "inputs": {"upscale_model": ["5", 0], "image": ["3", 0]},
        }
        last = "6"
    saved = {"images": [last, 0], "filename_prefix": prefix}
    return nodes | {"4": {"class_type": "SaveImage", "inputs": saved}}


def from_browser(*models: tuple[str, str, str]) -> Json:
    """Return what a page sends beside the prompt: the workflow with (name, folder, repository) declared."""
    nodes = []
    for number, (name, folder, repo) in enumerate(models, 1):
        node = loader(number, name, "vae", hub_link(repo, name))
        node["type"] = {
            "vae": "VAELoader",
            "upscale_models": "UpscaleModelLoader",
            "checkpoints": "CheckpointLoaderSimple",
        }[folder]
        node["properties"]["models"][0]["directory"] = folder
        nodes.append(node)
    workflow = {"nodes": nodes, "links": [], "version": 0.4}
    return {"extra_data": {"extra_pnginfo": {"workflow": workflow}}}
