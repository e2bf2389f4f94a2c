"""The places by name: where they are asked, how their keys are called, and whom we trust there."""

from __future__ import annotations

HUB_ENDPOINT = "https://huggingface.co"
CIVITAI_ENDPOINTS = ("https://civitai.com", "https://civitai.red")
CIVITAI_SITES = (*CIVITAI_ENDPOINTS, "https://civitai.green")
"""All that know the same key; those that are not asked by themselves, only where a link names them."""
GITHUB_API = "https://api.github.com"
KAGGLE_ENDPOINT = "https://www.kaggle.com"
MODELSCOPE_ENDPOINT = "https://modelscope.cn"

TOKEN_NAMES = {
    "huggingface": ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"),
    "civitai": ("CIVITAI_API_TOKEN", "CIVITAI_API_KEY", "CIVITAI_TOKEN"),
    "github": ("GITHUB_TOKEN", "GH_TOKEN"),
    "kaggle": ("KAGGLE_API_TOKEN",),
    "modelscope": ("MODELSCOPE_API_TOKEN",),
}
"""Places that take a credential, and the variables in which people keep it."""

MIRRORED = (
    "civarchive",
    "civitai",
    "detectron2",
    "dropbox",
    "github",
    "google_drive",
    "kaggle",
    "modelscope",
    "openmmlab",
    "papers",
    "pytorch_hub",
    "s3",
)
"""Sources that may be asked elsewhere: ``MODELGET_<NAME>_ENDPOINT``, or ``<name>`` below ``[endpoints]``."""

TRUSTED_OWNERS = (
    "Comfy-Org",  # ComfyUI's own publisher: most of what the official templates name
    "comfyanonymous",  # ComfyUI's author: the text encoders of the first Flux and SD3 workflows
    "Kijai",  # conversions for the wrapper packs, which workflows name by file alone
    "city96",  # the GGUF conversions that ComfyUI-GGUF's own pages point to
    "black-forest-labs",  # who trained Flux
    "stabilityai",  # who trained Stable Diffusion
    "Lightricks",  # who trained LTX-Video
    "lightx2v",  # who trained the few-step LoRAs of Wan and Qwen-Image
    "lllyasviel",  # who trained ControlNet
    "h94",  # who trained IP-Adapter
)
"""Owners on the Hub that workflows mean by a bare file name, and that publish what they made or converted."""
