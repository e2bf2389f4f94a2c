"""Names of model files, and what their suffixes say."""

from __future__ import annotations

from pathlib import PurePosixPath

PICKLE_SUFFIXES = frozenset({".ckpt", ".pt", ".pth", ".bin", ".pkl"})
"""Formats whose loading can run code: fetched only with a person's consent for each file."""

MODEL_SUFFIXES = PICKLE_SUFFIXES | {".safetensors", ".sft", ".gguf", ".onnx"}
"""What a fetched file may be called; nothing that Python, a shell or ComfyUI would run as code."""


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
