"""Names from workflows and servers are hostile: reject what is unsafe anywhere, repair nothing."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Collection

from ..errors import UnsafePath
from ..types import MODEL_SUFFIXES

_MAX_BYTES, _MAX_DEPTH = 200, 8
_FORBIDDEN_CHARACTERS = frozenset(':*?"<>|')
# Control, format (bidi, zero-width), surrogates, line and paragraph separators.
_UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Drawn with no width although Unicode files them under letters and marks.
_UNSEEN_CHARACTERS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
_DRIVE = re.compile(r"[A-Za-z]:")
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file: superscript digits count as digits.
_RESERVED = re.compile(r"(CON|PRN|AUX|NUL|CLOCK\$|CONIN\$|CONOUT\$|(COM|LPT)[0-9¹²³])", re.IGNORECASE)


def safe_parts(name: str, suffixes: Collection[str] = MODEL_SUFFIXES) -> tuple[str, ...]:
    """Return the components of a file's relative name as written; raise UnsafePath for an unsafe name.

    Composing the characters would give ComfyUI, which compares names exactly, a file it does not find.
    """
    parts = safe_folder_parts(name)
    if os.path.splitext(parts[-1])[1].lower() not in suffixes:  # noqa: PTH122 - a name, not a path
        raise UnsafePath(name, f"a model file ends in one of {', '.join(sorted(suffixes))}")
    return parts


def safe_folder_parts(name: str) -> tuple[str, ...]:
    """Return the components of a folder's relative name as written; raise UnsafePath for an unsafe name."""
    parts = tuple(name.replace("\\", "/").split("/"))
    if reason := _fault_of(parts) or next(filter(None, map(component_fault, parts)), None):
        raise UnsafePath(name, reason)
    return parts


def lookup_parts(name: str) -> tuple[str, ...] | None:
    """Return the components of a name to look up as written, or None if it could lead elsewhere.

    Wider than `safe_parts`: a file that the owner named oddly is still there for ComfyUI.
    """
    parts = tuple(name.replace("\\", "/").split("/"))
    if _DRIVE.match(name) or "\0" in name or not all(part.rstrip(" .") for part in parts):
        return None
    if os.name == "nt" and any(map(_windows_fault, parts)):
        return None
    return parts


def component_fault(part: str) -> str | None:
    """Say why one component of a path is refused, or None if every file system can hold it."""
    if any(_is_unseen(character) for character in part):
        return "it holds a control, invisible or direction-changing character"
    if "/" in part or "\\" in part:
        return "a component holds a slash"
    if part.startswith("."):
        return "a component starts with a dot"
    if part != part.strip():
        return "a component starts or ends with a space"
    if len(part.encode("utf-8")) > _MAX_BYTES:
        return f"a component is longer than {_MAX_BYTES} bytes"
    return _windows_fault(part)


def _fault_of(parts: tuple[str, ...]) -> str | None:
    if parts == ("",):
        return "the name is empty"
    if parts[0] == "" or _DRIVE.match(parts[0]):
        return "the name is absolute"
    if any(part in ("", ".", "..") for part in parts):
        return "a component is empty, '.' or '..'"
    if len(parts) > _MAX_DEPTH:
        return f"more than {_MAX_DEPTH} folders deep"
    return None


def _windows_fault(part: str) -> str | None:
    if not _FORBIDDEN_CHARACTERS.isdisjoint(part):
        return 'it holds one of : * ? " < > |'
    if part.endswith((".", " ")):
        return "a component ends with a dot or a space"
    # Windows looks at what stands before the first dot: "nul.tar.gz" and "NUL .pt" are devices too.
    if _RESERVED.fullmatch(part.partition(".")[0].rstrip()):
        return "a component is the name of a Windows device"
    return None


def _is_unseen(character: str) -> bool:
    return bool(unicodedata.category(character) in _UNSEEN_CATEGORIES or _UNSEEN_CHARACTERS.match(character))
