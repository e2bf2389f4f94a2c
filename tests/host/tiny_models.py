"""Real architectures with few or random weights, as files that ComfyUI loads and runs."""

from __future__ import annotations

import json
import random
from array import array
from functools import cache
from itertools import cycle, islice
from math import prod

Shapes = dict[str, tuple[int, ...]]

_NOISE = array("f", (random.Random(7).gauss(0, 0.05) for _ in range(4099)))  # noqa: S311


@cache
def upscaler(features: int = 4, scale: int = 2) -> bytes:
    """Return a RealESRGAN Compact (SRVGG): one inner layer, twice the size."""
    shapes = _conv("body.0", 3, features) | {"body.1.weight": (features,)}
    shapes |= _conv("body.2", features, features) | {"body.3.weight": (features,)}
    return _file(shapes | _conv("body.4", features, 3 * scale * scale))


@cache
def tiny_vae(latent_channels: int = 4) -> bytes:
    """Return a TAESD with both halves."""
    decoder = {1: (latent_channels, 64), 7: None, 12: None, 17: None, 19: (64, 3)}
    encoder = {0: (3, 64), 2: None, 6: None, 10: None, 14: (64, latent_channels)}
    shapes = _half("taesd_decoder", decoder, blocks=(3, 4, 5, 8, 9, 10, 13, 14, 15, 18))
    shapes |= _half("taesd_encoder", encoder, blocks=(1, 3, 4, 5, 7, 8, 9, 11, 12, 13))
    return _file(shapes | {"vae_scale": (), "vae_shift": ()})


def _half(name: str, convs: dict[int, tuple[int, int] | None], blocks: tuple[int, ...]) -> Shapes:
    found: Shapes = {}
    for number, sizes in convs.items():
        layer = _conv(f"{name}.{number}", *(sizes or (64, 64)))
        found |= layer if sizes else {f"{name}.{number}.weight": layer[f"{name}.{number}.weight"]}
    for number in blocks:
        for inner in (0, 2, 4):
            found |= _conv(f"{name}.{number}.conv.{inner}", 64, 64)
    return found


def _conv(name: str, taken: int, given: int) -> Shapes:
    return {f"{name}.weight": (given, taken, 3, 3), f"{name}.bias": (given,)}


def _file(shapes: Shapes) -> bytes:
    """Write safetensors: the same noise over and over is random enough to make a picture."""
    header: dict[str, object] = {}
    position = 0
    for name, shape in shapes.items():
        end = position + 4 * prod(shape)
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [position, end]}
        position = end
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    weights = array("f", islice(cycle(_NOISE), position // 4))
    return len(head).to_bytes(8, "little") + head + weights.tobytes()
