"""What came instead of a file, told by its first bytes: a web page, an error document, a Git LFS pointer."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PAGE_STARTS = (b"<!doctype", b"<!--", b"<html", b"<head", b"<body", b"<?xml", b"<error")
_PAGE_TYPES = frozenset({"text/html", "application/xml", "text/xml"})
_POINTER_START = b"version https://git-lfs.github.com/spec/"
_POINTER = re.compile(rb"(?:ext-.*\n)*oid sha256:([0-9a-f]{64})\nsize ([0-9]{1,18})\n")


@dataclass(frozen=True, slots=True)
class Pointer:
    """What Git holds in place of an LFS file: the sha256 and the size in bytes of the file itself."""

    sha256: str
    size: int


def is_page(opening: bytes, content_type: str = "") -> bool:
    """Tell whether a body is a web page or an XML error document."""
    said = content_type.split(";")[0].strip().lower()
    return said in _PAGE_TYPES or _start_of(opening).startswith(_PAGE_STARTS)


def is_pointer(opening: bytes) -> bool:
    """Tell whether a body begins as a Git LFS pointer does."""
    return _start_of(opening).startswith(_POINTER_START)


def is_json(opening: bytes) -> bool:
    """Tell whether a body begins as a JSON document does."""
    return _start_of(opening).startswith((b"{", b"["))


def parse_pointer(body: bytes) -> Pointer | None:
    """Read a whole Git LFS pointer; None for anything else.

    https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md: keys in alphabetical order behind the version.
    """
    version, _newline, rest = body.partition(b"\n")
    found = _POINTER.match(rest) if version.startswith(_POINTER_START) else None
    return Pointer(found[1].decode(), int(found[2])) if found else None


def _start_of(opening: bytes) -> bytes:
    return opening[: 64 * 2**10].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
