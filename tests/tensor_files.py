"""Safetensors files written by hand, so that any header can be tried."""

from __future__ import annotations

import ctypes
import json
import random
from collections.abc import Iterable, Mapping
from math import prod
from pathlib import Path
from typing import Any

from modelget.verify import BITS

TORCH_LACKS = ("F6_E2M3", "F6_E3M2")


def raw(header: bytes | object, data: bytes = b"") -> bytes:
    """A file with this header, whatever it says."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def sound(
    tensors: Iterable[tuple[str, str, tuple[int, ...]]],
    metadata: Mapping[str, str] | None = None,
    seed: int = 1,
    padding: int = 0,
) -> bytes:
    """A sound file of these tensors (name, type, shape), with random bytes."""
    chance, header, data = random.Random(seed), {}, []  # noqa: S311
    at = 0
    for name, dtype, shape in tensors:
        size = prod(shape) * BITS[dtype] // 8
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, at + size]}
        data.append(bytes(size) if dtype == "BOOL" else chance.randbytes(size))
        at += size
    whole: dict[str, Any] = {"__metadata__": dict(metadata), **header} if metadata else header
    return raw(json.dumps(whole).encode() + b" " * padding, b"".join(data))


def mixed(path: Path, mebibytes: int = 3) -> Path:
    """Write a file of large and small tensors of several types, of which many begin at odd places."""
    rows = mebibytes * 2**20 // 4 // 512
    tensors = [("odd", "U8", (3,)), ("wide", "F32", (rows, 256)), ("bias", "BF16", (77,)), ("one", "F32", ())]
    tensors += [
        ("none", "F16", (0, 4)),
        ("half", "F16", (rows, 512)),
        ("fp8", "F8_E4M3", (129, 5)),
        ("mask", "BOOL", (9,)),
    ]
    tensors += [(f"block.{number}.norm", "BF16", (number + 1,)) for number in range(700)]
    path.write_bytes(sound(tensors, {"format": "pt", "modelspec.title": "é"}))
    return path


def same(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    """Compare names, types, shapes and bits."""
    return ours.keys() == theirs.keys() and all(
        one.dtype == theirs[name].dtype
        and one.shape == theirs[name].shape
        and bits(one) == bits(theirs[name])
        for name, one in ours.items()
    )


def bits(tensor: Any) -> bytes:
    """The bytes of a tensor, of whatever type."""
    here = tensor.cpu().contiguous()
    return ctypes.string_at(here.data_ptr(), here.nbytes) if here.nbytes else b""
