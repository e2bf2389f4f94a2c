"""What the bytes are, whatever the name says: web pages, pointers and pickles do not pass for tensors."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

from ..documents import is_json, is_page, is_pointer
from ..errors import UnsafeFile, WebPage
from ..types import FOLDER_SUFFIXES, MODEL_SUFFIXES, PICKLE_SUFFIXES, archive_kind

OPENING = 64 * 2**10
"""Bytes that are enough to tell what a file is."""

_LARGEST_HEADER = 32 * 2**20
_MOST_TENSORS = 100_000
_TENSOR_SUFFIXES = frozenset({".safetensors", ".sft"})
_ARCHIVE_STARTS = {"tar.gz": b"\x1f\x8b", "zip": b"PK"}
_TEXT_SUFFIXES = FOLDER_SUFFIXES - MODEL_SUFFIXES
_PICKLE_STARTS = (b"PK\x03\x04", *(bytes([0x80, protocol]) for protocol in range(1, 6)))


def check_opening(name: str, opening: bytes, content_type: str = "") -> None:
    """Refuse a file by its first bytes, before the rest is fetched.

    Raises:
        UnsafeFile: it is empty, a web page, an error document, an LFS pointer, or a pickle whose name
            does not say so.
    """
    if not opening:
        raise UnsafeFile(name, "the file is empty")
    suffix = Path(name).suffix.lower()
    if is_page(opening, content_type):
        raise WebPage(name)
    if is_pointer(opening):
        raise UnsafeFile(
            name,
            "the server sent a Git LFS pointer, not the file behind it",
            "Use the file's download link (on the Hub: /resolve/ instead of /raw/).",
        )
    if kind := archive_kind(name):
        if not opening.startswith(_ARCHIVE_STARTS.get(kind, b"")):
            raise UnsafeFile(name, f"these are not {kind} contents")
    elif suffix in _TENSOR_SUFFIXES:
        _check_tensor_opening(name, opening)
    elif suffix not in PICKLE_SUFFIXES and opening.startswith(_PICKLE_STARTS):
        raise _hidden_pickle(name, "a name that does not say so")
    elif suffix == ".gguf" and not opening.startswith(b"GGUF"):
        raise UnsafeFile(name, "these are not GGUF contents")
    elif is_json(opening) and suffix not in _TEXT_SUFFIXES:
        raise UnsafeFile(name, "the server sent a JSON document instead of the file")


def check_contents(path: Path, name: str) -> None:
    """Refuse a whole file whose structure is broken, as a truncated or a forged one's is.

    Raises:
        UnsafeFile: ``check_opening`` refuses it, or its safetensors header does not fit its size.
    """
    with path.open("rb") as file:
        opening = file.read(OPENING)
        check_opening(name, opening)
        if Path(name).suffix.lower() not in _TENSOR_SUFFIXES:
            return
        (length,) = struct.unpack("<Q", opening[:8])
        file.seek(8)
        header = file.read(length)
    _check_header(name, header, path.stat().st_size - 8 - length)


def _check_tensor_opening(name: str, opening: bytes) -> None:
    if opening.startswith(_PICKLE_STARTS):
        raise _hidden_pickle(name, "the name of a tensor file")
    length = struct.unpack("<Q", opening[:8])[0] if len(opening) >= 9 else 0
    if not 2 <= length <= _LARGEST_HEADER or not opening[8:9] == b"{":
        raise UnsafeFile(name, "these are not safetensors contents")


def _hidden_pickle(name: str, under: str) -> UnsafeFile:
    return UnsafeFile(
        name,
        f"this is a pickle, which can run code when loaded, under {under}",
        "Do not load it. Ask its author for a real safetensors file.",
    )


def _check_header(name: str, header: bytes, data_size: int) -> None:
    if header.count(b'"data_offsets"') > _MOST_TENSORS:
        raise UnsafeFile(name, f"its header lists more than {_MOST_TENSORS} tensors")
    try:
        table = json.loads(header, object_pairs_hook=_without_duplicates)
        spans = sorted(_span(entry) for key, entry in table.items() if key != "__metadata__")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise UnsafeFile(name, "its safetensors header cannot be read") from None
    end = 0
    for start, stop in spans:
        if start != end or stop < start:
            raise UnsafeFile(name, "its tensors overlap or leave gaps")
        end = stop
    if end != data_size:
        raise UnsafeFile(name, f"it holds {data_size} bytes of tensors where its header says {end}")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Readers differ on which of two equal keys counts, so that each could see another file."""
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a key appears twice")
    return table


def _span(entry: dict[str, Any]) -> tuple[int, int]:
    start, stop = entry["data_offsets"]
    if type(start) is not int or type(stop) is not int:
        raise TypeError("offsets must be whole numbers")
    return start, stop
