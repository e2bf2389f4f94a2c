"""The start of a safetensors file whose tensors cover a buffer of a given length."""

from __future__ import annotations

import json
from math import isqrt

HEADER_SPACE = 2048
"""Bytes before the buffer, the same for every file: a change of size moves nothing else."""

_LORA = [f"lora_unet_down_blocks_{block}_attn1_to_{part}.lora_down" for block in (1, 2) for part in "qkv"]
_VAE = [f"decoder.up_blocks.{block}.resnets.{conv}.conv1" for block in (0, 1, 2) for conv in (0, 1)]
_UNET = [f"model.diffusion_model.middle_block.{block}.attn1.to_{part}" for block in (0, 1) for part in "qkv"]


def safetensors_start(path: str, size: int) -> bytes:
    """Return the length field and the padded header of a file of ``size`` bytes."""
    name = path.rsplit("/", 1)[-1]
    header: dict[str, object] = {"__metadata__": {"format": "pt", "modelspec.title": name[:64]}}
    at = 0
    for tensor, dtype, shape, length in _tensors(name.lower(), max(size - HEADER_SPACE, 0)):
        header[tensor] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + length]}
        at += length
    text = json.dumps(header, separators=(",", ":")).encode()
    room = HEADER_SPACE - 8
    return room.to_bytes(8, "little") + text.ljust(room)


def _tensors(name: str, length: int) -> list[tuple[str, str, list[int], int]]:
    """Share the buffer between six matrices, one bias with the rest, and an odd byte if there is one."""
    layers = _LORA if "lora" in name or name.startswith("civitai_") else _VAE if "vae" in name else _UNET
    elements = length // 2
    # A power of two near the square root, so that the shapes look like layers.
    width = 1 << max(isqrt(elements // len(layers)).bit_length() - 1, 0)
    rows = max(elements - 1, 0) // (len(layers) * width)
    matrix = rows * width * 2
    tensors = [(f"{layer}.weight", "F16", [rows, width], matrix) for layer in layers]
    rest = elements - rows * width * len(layers)
    tensors.append((f"{layers[-1]}.bias", "F16", [rest], rest * 2))
    if length % 2:
        tensors.append(("step", "U8", [1], 1))
    return tensors
