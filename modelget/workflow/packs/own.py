"""Modelget's own nodes: each model has three inputs, ``model``, ``source`` and ``sha256``, saved in this order."""

from __future__ import annotations

from .rows import Row, Rows

MOST_TEXT_ENCODERS = 4

_FOLDERS = {
    "ModelgetLoadCheckpoint": "checkpoints",
    "ModelgetLoadControlNet": "controlnet",
    "ModelgetLoadDiffusionModel": "diffusion_models",
    "ModelgetLoadLora": "loras",
    "ModelgetLoadUpscaleModel": "upscale_models",
    "ModelgetLoadVAE": "vae",
}
_TEXT_ENCODERS: Row = {
    f"model{number + 1}": (3 * number, "text_encoders") for number in range(MOST_TEXT_ENCODERS)
}

OWN: Rows = {
    **{node_type: {"model": (0, folder)} for node_type, folder in _FOLDERS.items()},
    "ModelgetLoadTextEncoder": _TEXT_ENCODERS,
    "ModelgetGetModel": {"model": (1, None)},  # its first input says the folder
}
