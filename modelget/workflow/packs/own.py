"""Modelget's own nodes: each model has three inputs, ``model``, ``source`` and ``sha256``."""

from __future__ import annotations

from .rows import Row, Rows

MOST_TEXT_ENCODERS = 4

_ONE_MODEL = ("model", "source", "sha256")
_MORE_ENCODERS = tuple(
    f"{what}{number}" for number in range(2, MOST_TEXT_ENCODERS + 1) for what in _ONE_MODEL
)

OWN_WIDGETS = {
    "ModelgetGetModel": ("folder", *_ONE_MODEL),
    "ModelgetLoadCheckpoint": _ONE_MODEL,
    "ModelgetLoadControlNet": _ONE_MODEL,
    "ModelgetLoadDiffusionModel": (*_ONE_MODEL, "weight_dtype"),
    "ModelgetLoadLora": ("model", "source", "strength_model", "strength_clip", "sha256"),
    "ModelgetLoadTextEncoder": ("model1", "source1", "type", "sha2561", *_MORE_ENCODERS, "device"),
    "ModelgetLoadUpscaleModel": _ONE_MODEL,
    "ModelgetLoadVAE": _ONE_MODEL,
}
"""The widgets of each node in the order in which they are saved: required ones first, then optional ones."""

_FOLDERS = {
    "ModelgetLoadCheckpoint": "checkpoints",
    "ModelgetLoadControlNet": "controlnet",
    "ModelgetLoadDiffusionModel": "diffusion_models",
    "ModelgetLoadLora": "loras",
    "ModelgetLoadTextEncoder": "text_encoders",
    "ModelgetLoadUpscaleModel": "upscale_models",
    "ModelgetLoadVAE": "vae",
}
"""Where a node looks; the one that is not here has an input for it."""


def _row(node_type: str, widgets: tuple[str, ...]) -> Row:
    models = ((at, name) for at, name in enumerate(widgets) if name.startswith("model"))
    return {name: (at, _FOLDERS.get(node_type)) for at, name in models}


OWN: Rows = {node_type: _row(node_type, widgets) for node_type, widgets in OWN_WIDGETS.items()}
