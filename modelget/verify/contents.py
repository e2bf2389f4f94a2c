"""What the bytes are, whatever the name says: web pages, pointers and pickles do not pass for tensors."""

from __future__ import annotations

from pathlib import Path

from ..documents import is_json, is_page, is_pointer
from ..errors import UnsafeFile, WebPage
from ..types import PICKLE_SUFFIXES, archive_kind
from .tensor_header import looks_like_tensors, read_tensor_header

OPENING = 64 * 2**10
"""Bytes that are enough to tell what a file is."""

_TENSOR_SUFFIXES = frozenset({".safetensors", ".sft"})
_ARCHIVE_STARTS = {"tar.gz": b"\x1f\x8b", "zip": b"PK"}
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
    elif suffix not in PICKLE_SUFFIXES and is_pickle(opening):
        raise _hidden_pickle(name, "a name that does not say so")
    elif suffix == ".gguf" and not opening.startswith(b"GGUF"):
        raise UnsafeFile(name, "these are not GGUF contents")
    elif is_json(opening):
        raise UnsafeFile(name, "the server sent a JSON document instead of the file")


def is_pickle(opening: bytes) -> bool:
    """Tell whether a file begins as pickles do, or as the archives in which torch keeps one."""
    return opening.startswith(_PICKLE_STARTS) or opening[257:262] == b"ustar"


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
        file.seek(0)
        read_tensor_header(file, name, path.stat().st_size)


def _check_tensor_opening(name: str, opening: bytes) -> None:
    if looks_like_tensors(opening):  # asked first: a header of 640 bytes begins as a pickle does
        return
    if is_pickle(opening):
        raise _hidden_pickle(name, "the name of a tensor file")
    raise UnsafeFile(name, "these are not safetensors contents")


def _hidden_pickle(name: str, under: str) -> UnsafeFile:
    return UnsafeFile(
        name,
        f"this is a pickle, which can run code when loaded, under {under}",
        "Do not load it. Ask its author for a real safetensors file.",
    )
