"""Names of model files, and what their suffixes say."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

PICKLE_SUFFIXES = frozenset({".ckpt", ".pt", ".pth", ".bin", ".pkl"})
"""Formats whose loading can run code: fetched only with a person's consent for each file."""

MODEL_SUFFIXES = PICKLE_SUFFIXES | {".safetensors", ".sft", ".gguf", ".onnx"}
"""What a fetched file may be called; nothing that Python, a shell or ComfyUI would run as code."""

_GENERIC = re.compile(
    r"(?:(?:diffusion_|open_clip_)?pytorch_|flax_|tf_)?model(?:[._](?:fp16|fp32|bf16|ema|non_ema|quantized))*"
    r"|(?:pytorch_)?lora(?:_weights)?|adapter(?:_model)?|weights?|checkpoint|ckpt|consolidated"
    r"|vae|unet|transformer|text_encoder(?:_[0-9])?|image_encoder|controlnet|clip|best|last|final|latest"
    r"|(?:.*[._-])?[0-9]{5}-of-[0-9]{5}|[0-9]+",
    re.IGNORECASE,
)
"""Names that a format or a tool gives to every file it writes."""


def label_of(folder: str | None, name: str) -> str:
    """Name a model as people are shown it: model folder and name, ``?`` for what nothing tells."""
    return f"{folder or '?'}/{name or '?'}"


def is_generic(name: str) -> bool:
    """Tell whether so many files bear this name that it says nothing about which one is meant."""
    return _GENERIC.fullmatch(stem_of(name.rpartition("/")[2])) is not None


FOLDER_SUFFIXES = MODEL_SUFFIXES | {
    ".json",
    ".txt",
    ".model",
    ".jinja",
    ".tiktoken",
    ".vocab",
    ".bpe",
    ".spm",
}
"""What a file inside a folder model may be called: weights, and texts that loading needs; never code."""


def has_model_suffix(name: str) -> bool:
    """Tell whether a name says the file's format; a stem (``dreamshaper_8``, ``v1.5``) does not."""
    return PurePosixPath(name).suffix.lower() in MODEL_SUFFIXES


def archive_kind(name: str) -> str | None:
    """Return ``tar``, ``tar.gz`` or ``zip`` for the name of an archive; ``x.pth.tar`` is a model of older days."""
    lower = name.lower()
    kinds = ((".tar.gz", "tar.gz"), (".tgz", "tar.gz"), (".zip", "zip"), (".tar", "tar"))
    suffix, kind = next((pair for pair in kinds if lower.endswith(pair[0])), ("", None))
    return None if kind == "tar" and has_model_suffix(lower.removesuffix(suffix)) else kind


def stem_of(name: str) -> str:
    """Return the name without its model suffix, sub-folder included."""
    return name[: -len(PurePosixPath(name).suffix)] if has_model_suffix(name) else name
