"""extra_model_paths.yaml: more places where the owner keeps models, read as ComfyUI reads it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InvalidSetting

FILE_NAME = "extra_model_paths.yaml"
_HINT = "Correct the file; ComfyUI's extra_model_paths.yaml.example shows the form."


@dataclass(frozen=True, slots=True)
class ExtraPath:
    """One more place for a model folder."""

    folder: str
    path: Path
    is_default: bool


def read_extra_paths(file: Path) -> list[ExtraPath]:
    """Return the places in the file's order; raise InvalidSetting naming the file and the key."""
    if not file.is_file():
        return []
    sections = _load(file)
    if sections is None:
        return []
    if not isinstance(sections, dict):
        raise InvalidSetting(f"{file}: expected named sections, found {_kind(sections)}", _HINT)
    found: list[ExtraPath] = []
    for name, section in sections.items():
        if section is None:
            continue
        if not isinstance(section, dict):
            raise InvalidSetting(f"{file}: {name}: expected folder names, found {_kind(section)}", _HINT)
        found += _paths_of(section, file, str(name))
    return found


def _load(file: Path) -> Any:
    try:
        import yaml
    except ImportError:
        raise InvalidSetting(f"{file}: PyYAML is needed to read it", "Run: pip install pyyaml") from None
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8"))
    # RecursionError: brackets nested a thousand deep.
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise InvalidSetting(f"{file}: {error}", _HINT) from None


def _paths_of(section: dict[Any, Any], file: Path, name: str) -> Iterator[ExtraPath]:
    base = file.parent
    if "base_path" in section:
        base = _base_path(_text(section["base_path"], f"{file}: {name}.base_path"), file.parent)
    is_default = section.get("is_default") or False
    if not isinstance(is_default, bool):
        raise InvalidSetting(f"{file}: {name}.is_default: expected true or false", _HINT)
    for folder, places in section.items():
        if folder in ("base_path", "is_default"):
            continue
        key = f"{file}: {name}.{folder}"
        for line in filter(None, _text(places, key).split("\n")):
            yield ExtraPath(_text(folder, key), Path(os.path.normpath(base / line)), is_default)


def _base_path(written: str, beside: Path) -> Path:
    # Like ComfyUI, an unknown user or variable stays as written: Path.expanduser would raise.
    expanded = os.path.expandvars(os.path.expanduser(written))  # noqa: PTH111
    return Path(os.path.normpath(beside / expanded))


def _text(value: object, key: str) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise InvalidSetting(f"{key}: expected text, found {_kind(value)}", _HINT)
    return value


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
