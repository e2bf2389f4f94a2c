"""The header of a safetensors file, read by the format's own rules and a little more strictly.

Stricter on purpose, because readers differ there or a hostile file gains by it: the header is at most 32 MiB and lists
at most 100,000 tensors, it begins with ``{``, no key appears twice, and an entry is an object without nested extras.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from ..errors import UnsafeFile

LARGEST_HEADER = 32 * 2**20
_MOST_TENSORS = 100_000
_LARGEST_INTEGER = 2**64 - 1

BITS: Mapping[str, int] = {
    **dict.fromkeys(("F4",), 4),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0"), 8),
    **dict.fromkeys(("F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    **dict.fromkeys(("I16", "U16", "F16", "BF16"), 16),
    **dict.fromkeys(("I32", "U32", "F32"), 32),
    **dict.fromkeys(("I64", "U64", "F64", "C64"), 64),
}
"""Bits of one element, for each type that safetensors 0.8 knows."""


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """One tensor as the header describes it."""

    name: str
    dtype: str
    """As the file says it; not in ``BITS`` where a later version of the format added it."""
    shape: tuple[int, ...]
    start: int
    """Where its bytes begin, counted from the beginning of the file."""
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class TensorHeader:
    """What a safetensors file holds: its tensors in file order, one behind the other, up to its end."""

    tensors: tuple[TensorEntry, ...]
    metadata: Mapping[str, str]
    data_start: int
    data_size: int


def looks_like_tensors(opening: bytes) -> bool:
    """Tell whether a file begins as safetensors do: a plausible length, then ``{``."""
    return (
        len(opening) >= 9
        and 2 <= int.from_bytes(opening[:8], "little") <= LARGEST_HEADER
        and opening[8:9] == b"{"
    )


def read_tensor_header(file: BinaryIO, name: str, file_size: int) -> TensorHeader:
    """Read and check the header of a file of ``file_size`` bytes, positioned at its start.

    Raises:
        UnsafeFile: it is no safetensors file, or its header does not describe exactly the bytes that follow.
    """
    opening = file.read(9)
    if not looks_like_tensors(opening):
        raise UnsafeFile(name, "these are not safetensors contents")
    length = int.from_bytes(opening[:8], "little")
    text = opening[8:] + file.read(length - 1)
    if text.count(b'"data_offsets"') > _MOST_TENSORS:
        raise UnsafeFile(name, f"its header lists more than {_MOST_TENSORS} tensors")
    try:
        metadata, tensors = _parse(text, 8 + length)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise UnsafeFile(name, "its safetensors header cannot be read") from None
    end = 8 + length
    for tensor in tensors:
        if tensor.start != end or tensor.size < 0:
            raise UnsafeFile(name, "its tensors overlap or leave gaps")
        end += tensor.size
        if tensor.dtype in BITS and tensor.size * 8 != _bits(name, tensor):
            raise UnsafeFile(name, "a tensor's shape and type do not fit its bytes")
    if end != file_size:
        raise UnsafeFile(
            name,
            f"it holds {file_size - 8 - length} bytes of tensors where its header says {end - 8 - length}",
        )
    return TensorHeader(tensors, metadata, 8 + length, end - 8 - length)


def _parse(text: bytes, data_start: int) -> tuple[dict[str, str], tuple[TensorEntry, ...]]:
    table = json.loads(
        text.decode(), object_pairs_hook=_without_duplicates, parse_int=_whole, parse_constant=_refuse
    )
    if b"\\u" in text:
        json.dumps(table, ensure_ascii=False).encode()  # half a surrogate pair is no text
    metadata = table.pop("__metadata__", None)
    metadata = {} if metadata is None else metadata
    if type(metadata) is not dict or not all(type(value) is str for value in metadata.values()):
        raise TypeError("metadata must be texts")
    tensors = [_entry(key, value, data_start) for key, value in table.items()]
    return metadata, tuple(sorted(tensors, key=lambda tensor: (tensor.start, tensor.size)))


def _entry(name: str, fields: dict[str, Any], data_start: int) -> TensorEntry:
    start, stop = fields["data_offsets"]
    dtype, shape = fields["dtype"], fields["shape"]
    if type(dtype) is not str or type(shape) is not list:
        raise TypeError("a type must be a text, a shape a list")
    if not all(type(number) is int for number in (start, stop, *shape)):
        raise TypeError("offsets and lengths must be whole numbers")
    if len(fields) > 3 and any(
        isinstance(value, (dict, list, float)) for key, value in fields.items() if key not in _FIELDS
    ):
        raise TypeError("an entry must be flat")
    return TensorEntry(name, dtype, tuple(shape), data_start + start, stop - start)


_FIELDS = frozenset({"dtype", "shape", "data_offsets"})


def _bits(name: str, tensor: TensorEntry) -> int:
    count = 1
    for length in (*tensor.shape, BITS[tensor.dtype]):
        count *= length
        if count > _LARGEST_INTEGER:  # other readers count in 64 bits, and a zero may still follow
            raise UnsafeFile(name, "a tensor's shape is too large to count")
    return count


def _whole(text: str) -> int:
    """Read a number as those readers do that have no sign: ``-0`` is none, nor is what 64 bits cannot hold."""
    number = int(text)
    if text.startswith("-") or number > _LARGEST_INTEGER:
        raise ValueError(text)
    return number


def _refuse(text: str) -> None:
    raise ValueError(text)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Readers differ on which of two equal keys counts, so that each could see another file."""
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a key appears twice")
    return table
