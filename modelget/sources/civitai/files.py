"""The files of a version: which one is meant, and what its digests are."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ...types import Digest, Requirement, stem_of
from ..shared.fields import entries, text

_ODD = re.compile(r"[\W_]+")


def pick(version: Any, file_id: int | None, wanted: Requirement) -> dict[str, Any] | None:
    """Choose the file that is meant: by id, by digest, by one of its names, else the primary or only one."""
    files = sorted(entries(version, "files"), key=lambda file: file.get("primary") is not True)
    if file_id is not None:
        return next((file for file in files if file.get("id") == file_id), None)
    name = wanted.name.rpartition("/")[2]
    loose = _loose(name)
    tests: list[Callable[[dict[str, Any]], bool]] = [
        lambda file: wanted.digest is not None and has(file, wanted.digest),
        lambda file: file.get("name") == name,
        lambda file: stem_of(text(file, "name")) == name,
        lambda file: bool(loose) and loose in (_loose(text(file, "name")), *_names_given(version, file)),
        lambda file: file.get("primary") is True,
        lambda file: len(files) == 1,
    ]
    return next((file for test in tests for file in files if test(file)), None)


def digests(file: dict[str, Any]) -> list[Digest]:
    """Return everything that is published about the bytes of a file; the first sha256 is the proof."""
    hashes = file.get("hashes")
    found = []
    for algorithm, value in hashes.items() if isinstance(hashes, dict) else ():
        digits = str(value)
        if str(algorithm).lower() == "autov3":
            digits = digits[:12]  # the scanner stores all 64, the API mostly shows 12
        try:
            found.append(Digest(str(algorithm), digits))
        except ValueError:
            continue  # whatever comes next
    return found


def has(file: dict[str, Any], wanted: Digest) -> bool:
    """Tell whether a file is published with a digest, a crc32 in either order of its bytes."""
    known = [digest.in_terms_of(other) == other for digest in digests(file) for other in wanted.spellings]
    return any(known)


def forms(digest: Digest) -> tuple[str, ...]:
    """Give the digits to ask for: Civitai knows an AutoV3 by 12 and the start of a sha256 by 10."""
    if digest.algorithm == "shorthash":
        return (digest.hex, digest.hex[:10])
    return tuple(dict.fromkeys(other.hex for other in digest.spellings))


def _names_given(version: Any, file: dict[str, Any]) -> tuple[str, ...]:
    """Return the names that Civitai gives a download: its model's and version's; LoRAs keep their author's."""
    model = version.get("model") if isinstance(version, dict) else None
    title, label = text(model, "name"), text(version, "name")
    suffix = text(file, "name").rpartition(".")[2]
    without = re.sub(re.escape(title), "", label, flags=re.IGNORECASE) if title else label
    return tuple(_loose(f"{title}_{part}.{suffix}") for part in (label, without)) if title else ()


def _loose(name: str) -> str:
    """Return what two writings of one name share: letters and digits, and the suffix."""
    stem, dot, suffix = name.lower().rpartition(".")
    letters = _ODD.sub("", stem)
    return f"{letters}{dot}{suffix}" if letters else ""
