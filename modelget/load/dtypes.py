"""The types of safetensors in terms of torch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import LoadFailed
from ..verify import BITS, TensorEntry

_TORCH_NAMES = {
    "F4": "float4_e2m1fn_x2",
    "BOOL": "bool",
    "U8": "uint8",
    "I8": "int8",
    "F8_E5M2": "float8_e5m2",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E8M0": "float8_e8m0fnu",
    "F8_E4M3FNUZ": "float8_e4m3fnuz",
    "F8_E5M2FNUZ": "float8_e5m2fnuz",
    "I16": "int16",
    "U16": "uint16",
    "F16": "float16",
    "BF16": "bfloat16",
    "I32": "int32",
    "U32": "uint32",
    "F32": "float32",
    "I64": "int64",
    "U64": "uint64",
    "F64": "float64",
    "C64": "complex64",
}
"""Not listed: six bits wide types, which torch lacks. Some listed ones are absent from older versions of torch."""


def torch_types(file_name: str, tensors: Iterable[TensorEntry]) -> dict[str, Any]:
    """Return torch's type for each that occurs.

    Raises:
        LoadFailed: one is unknown to us or to this torch.
    """
    import torch

    found = {}
    for tensor in tensors:
        if tensor.dtype not in found:
            found[tensor.dtype] = getattr(torch, _TORCH_NAMES.get(tensor.dtype, ""), None)
            if found[tensor.dtype] is None:
                raise _unknown(file_name, tensor, torch.__version__)
    return found


def torch_shape(file_name: str, tensor: TensorEntry) -> tuple[int, ...]:
    """Return the shape in torch's elements, of which one holds two numbers of four bits.

    Raises:
        LoadFailed: two numbers of one byte belong to different rows, or a length is beyond torch's integers.
    """
    if any(length >= 2**63 for length in tensor.shape):
        raise LoadFailed(f"{file_name}: {tensor.name!r} has a shape that torch cannot express", _ASK)
    if tensor.dtype != "F4":
        return tensor.shape
    if not tensor.shape or tensor.shape[-1] % 2:
        raise LoadFailed(f"{file_name}: {tensor.name!r} has rows of an odd number of four-bit values", _ASK)
    return (*tensor.shape[:-1], tensor.shape[-1] // 2)


_ASK = "Ask whoever made the file for one in another precision."


def _unknown(file_name: str, tensor: TensorEntry, version: str) -> LoadFailed:
    if tensor.dtype in BITS and tensor.dtype in _TORCH_NAMES:
        hint = f"torch {version} has no such type: update it, or take the file in another precision."
    else:
        hint = "Take the file in another precision, or update Modelget."
    return LoadFailed(
        f"{file_name}: {tensor.name!r} has the type {tensor.dtype[:40]!r}, which cannot be loaded", hint
    )
