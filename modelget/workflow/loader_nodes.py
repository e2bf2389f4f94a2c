"""Data: which input of which node selects a model, at which widget position, from which model folder.

Source of the core table: the combos of ComfyUI 0.33.0 (each equals one ``folder_paths`` list), read on a running host.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from .packs import ANY, COMMUNITY, FOLDERS, OWN, Row

CORE: dict[str, Row] = {
    "AudioEncoderLoader": {"audio_encoder_name": (0, "audio_encoders")},
    "CLIPLoader": {"clip_name": (0, "text_encoders")},
    "CLIPVisionLoader": {"clip_name": (0, "clip_vision")},
    "CheckpointLoader": {"config_name": (0, "configs"), "ckpt_name": (1, "checkpoints")},
    "CheckpointLoaderSimple": {"ckpt_name": (0, "checkpoints")},
    "ControlNetLoader": {"control_net_name": (0, "controlnet")},
    "CreateHookLora": {"lora_name": (0, "loras")},
    "CreateHookLoraModelOnly": {"lora_name": (0, "loras")},
    "CreateHookModelAsLora": {"ckpt_name": (0, "checkpoints")},
    "CreateHookModelAsLoraModelOnly": {"ckpt_name": (0, "checkpoints")},
    "DiffControlNetLoader": {"control_net_name": (0, "controlnet")},
    "DiffusersLoader": {"model_path": (0, "diffusers")},
    "DualCLIPLoader": {"clip_name1": (0, "text_encoders"), "clip_name2": (1, "text_encoders")},
    "FrameInterpolationModelLoader": {"model_name": (0, "frame_interpolation")},
    "GLIGENLoader": {"gligen_name": (0, "gligen")},
    "HypernetworkLoader": {"hypernetwork_name": (0, "hypernetworks")},
    "ImageOnlyCheckpointLoader": {"ckpt_name": (0, "checkpoints")},
    "LTXAVTextEncoderLoader": {"text_encoder": (0, "text_encoders"), "ckpt_name": (1, "checkpoints")},
    "LTXVAudioVAELoader": {"ckpt_name": (0, "checkpoints")},
    "LatentUpscaleModelLoader": {"model_name": (0, "latent_upscale_models")},
    "LoadBackgroundRemovalModel": {"bg_removal_name": (0, "background_removal")},
    "LoadDA3Model": {"model_name": (0, "geometry_estimation")},
    "LoadMediaPipeFaceLandmarker": {"model_name": (0, "detection")},
    "LoadMoGeModel": {"model_name": (0, "geometry_estimation")},
    "LoraLoader": {"lora_name": (0, "loras")},
    "LoraLoaderBypass": {"lora_name": (0, "loras")},
    "LoraLoaderBypassModelOnly": {"lora_name": (0, "loras")},
    "LoraLoaderModelOnly": {"lora_name": (0, "loras")},
    "ModelPatchLoader": {"name": (0, "model_patches")},
    "OpticalFlowLoader": {"model_name": (0, "optical_flow")},
    "PhotoMakerLoader": {"photomaker_model_name": (0, "photomaker")},
    "QuadrupleCLIPLoader": {f"clip_name{n}": (n - 1, "text_encoders") for n in (1, 2, 3, 4)},
    "StyleModelLoader": {"style_model_name": (0, "style_models")},
    "TrainLoraNode": {"existing_lora": (16, "loras")},
    "TripleCLIPLoader": {f"clip_name{n}": (n - 1, "text_encoders") for n in (1, 2, 3)},
    "UNETLoader": {"unet_name": (0, "diffusion_models")},
    "UpscaleModelLoader": {"model_name": (0, "upscale_models")},
    "VAELoader": {"vae_name": (0, "vae")},
    "unCLIPCheckpointLoader": {"ckpt_name": (0, "checkpoints")},
}

# VAELoader also lists those files of vae_approx that start like a video TAE (ComfyUI, nodes.py, VAELoader.video_taes).
_VIDEO_TAES = ("taehv", "lighttaew2_2", "lighttaew2_1", "lighttaehy1_5", "taeltx_2", "taeh3")
_VAE_LOADERS = frozenset({"VAELoader", "VAELoaderKJ"})

# ComfyUI-MultiGPU offers each loader again, under the loader's own type name with one of these endings.
_MULTI_GPU = re.compile(r"(?:DisTorch2?)?MultiGPU$")


class Place(NamedTuple):
    """Where a loader keeps a name: its input, and the position among the saved widget values if known."""

    input: str
    position: int | None
    folder: str | None
    """None where the input offers the files of several folders."""


@dataclass(frozen=True, slots=True)
class LoaderTable:
    """What one host says about the loaders it has; ``host_table`` builds it. It adds to our own tables."""

    places: Mapping[str, tuple[Place, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """By node type."""


NO_HOST = LoaderTable()
"""Outside ComfyUI: our own tables alone."""


def places_of(node_type: str, host: LoaderTable = NO_HOST) -> tuple[Place, ...]:
    """List the inputs of a known loader; nothing for other nodes. The host adds inputs that no table of ours has."""
    own = _own_places(node_type)
    if node_type not in host.places:
        return own
    known = {place.input for place in own}
    return own + tuple(place for place in host.places[node_type] if place.input not in known)


def folder_of(node_type: str, input_name: str | None, name: str, host: LoaderTable = NO_HOST) -> str | None:
    """Say in which model folder a known loader looks for the name; None when no table says it."""
    places = places_of(node_type, host)
    if _base(node_type) in _VAE_LOADERS and name.startswith(_VIDEO_TAES):
        return "vae_approx"
    for place in places:
        if place.input in (input_name, ANY):
            return place.folder
    folders = {place.folder for place in places}
    return folders.pop() if len(folders) == 1 else None


def selects_model(node_type: str, input_name: str, host: LoaderTable = NO_HOST) -> bool:
    """Tell whether that very input of a known loader takes the name of a model."""
    return any(place.input == input_name for place in places_of(node_type, host))


def folder_inputs(node_type: str) -> Collection[str]:
    """List the inputs that take a folder of files rather than one file."""
    return FOLDERS.get(_base(node_type), {})


@lru_cache(2_000)
def _own_places(node_type: str) -> tuple[Place, ...]:
    base = _base(node_type)
    row = CORE.get(base) or COMMUNITY.get(base) or COMMUNITY.get(node_type)
    row = row or FOLDERS.get(base) or OWN.get(base) or {}
    return tuple(Place(name, position, folder) for name, (position, folder) in row.items())


def _base(node_type: str) -> str:
    return _MULTI_GPU.sub("", node_type) if node_type.endswith("MultiGPU") else node_type
