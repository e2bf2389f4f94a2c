"""Small workflows, made by the tests that need them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_LOADERS = {
    "vae": "VAELoader",
    "checkpoints": "CheckpointLoaderSimple",
    "loras": "LoraLoaderModelOnly",
    "diffusion_models": "UNETLoader",
}


def loader(number: int, name: str, folder: str, url: str = "", mode: int = 0, **more: str) -> dict[str, Any]:
    """Return a UI node that loads ``name`` and, with a URL, declares it."""
    declared = [{"name": name, "url": url, "directory": folder, **more}] if url else []
    return {
        "id": number,
        "type": _LOADERS[folder],
        "mode": mode,
        "inputs": [],
        "outputs": [],
        "properties": {"models": declared},
        "widgets_values": [name],
    }


def save_workflow(path: Path, *nodes: dict[str, Any]) -> Path:
    """Write a UI workflow with these nodes."""
    path.write_text(json.dumps({"nodes": list(nodes), "links": [], "version": 0.4}), encoding="utf-8")
    return path


def hub_link(repo: str, file: str, revision: str = "main") -> str:
    """Return a link as workflows declare it."""
    return f"https://huggingface.co/{repo}/resolve/{revision}/{file}"


def diffusers_repo(repo: str) -> dict[str, bytes | int]:
    """Return the files of a repository as publishers of pipelines fill them: what loading needs, and much else."""
    index = {
        "_class_name": "StableDiffusionXLPipeline",
        "feature_extractor": [None, None],
        "force_zeros_for_empty_prompt": True,
        "scheduler": ["diffusers", "EulerDiscreteScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    }
    needed: dict[str, bytes | int] = {
        "model_index.json": json.dumps(index).encode(),
        "scheduler/scheduler_config.json": b'{"a": 1}',
        "text_encoder/config.json": b'{"b": 1}',
        "text_encoder/model.safetensors": 300_000,
        "tokenizer/merges.txt": b"#version: 0.2\nt h\n",
        "tokenizer/vocab.json": b'{"t": 0}',
        "unet/config.json": b'{"c": 1}',
        "unet/diffusion_pytorch_model.safetensors": 2_500_000,
        "vae/config.json": b'{"d": 1}',
        "vae/diffusion_pytorch_model.safetensors": 200_000,
    }
    more: dict[str, bytes | int] = {
        ".gitattributes": b"*.bin lfs",
        "README.md": b"# A model",
        "picture.png": 5_000,
        "sd_xl_base_1.0.safetensors": 3_000_000,
        "text_encoder/model.fp16.safetensors": 150_000,
        "text_encoder/model.onnx": 150_000,
        "text_encoder/pytorch_model.bin": 300_000,
        "unet/diffusion_pytorch_model.fp16.safetensors": 1_000_000,
        "vae_1_0/config.json": b"{}",
        "vae_1_0/diffusion_pytorch_model.safetensors": 200_000,
    }
    return {f"{repo}/{path}": content for path, content in (needed | more).items()}


PIPELINE = [
    "model_index.json",
    "scheduler/scheduler_config.json",
    "text_encoder/config.json",
    "text_encoder/model.safetensors",
    "tokenizer/merges.txt",
    "tokenizer/vocab.json",
    "unet/config.json",
    "unet/diffusion_pytorch_model.safetensors",
    "vae/config.json",
    "vae/diffusion_pytorch_model.safetensors",
]
"""What of ``diffusers_repo`` is fetched."""

SHARDS = [f"model-0000{number}-of-00003.safetensors" for number in (1, 2, 3)]


def language_model_repo(repo: str, **more: bytes | int) -> dict[str, bytes | int]:
    """Return the files of a language model whose weights are in three shards."""
    table = {f"layer.{number}": name for number, name in enumerate(SHARDS)}
    files: dict[str, bytes | int] = {
        "config.json": b'{"architectures": ["Qwen2ForCausalLM"]}',
        "model.safetensors.index.json": json.dumps({"metadata": {}, "weight_map": table}).encode(),
        **{name: 400_000 + number for number, name in enumerate(SHARDS)},
        "tokenizer.json": b'{"version": "1.0"}',
        "tokenizer.model": b"\x0a\x0e\x0a\x05<unk>",
        "README.md": b"# A model",
        **more,
    }
    return {f"{repo}/{path}": content for path, content in files.items()}


LANGUAGE_MODEL = ["config.json", *SHARDS, "model.safetensors.index.json", "tokenizer.json", "tokenizer.model"]
"""What of ``language_model_repo`` is fetched."""
