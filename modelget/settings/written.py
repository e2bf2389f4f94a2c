"""What the owner wrote: in variables, and where those are unset or empty, in a TOML file."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import InvalidSetting
from .places import MIRRORED

_KEYS = (
    "allow_hosts",
    "allow_pickle",
    "autofetch",
    "catalog",
    "civarchive",
    "endpoints.huggingface",
    "hold_seconds",
    "hosts",
    "remote",
    *(f"endpoints.{name}" for name in MIRRORED),
    "licence_policy",
    "limits.connections_per_host",
    "limits.parallel_files",
    "limits.plan_gb",
    "limits.spare_gib",
    "mirrors",
    "trusted_owners",
)


def home_of(comfyui: Path) -> Path:
    """Return the folder of our settings in a ComfyUI whose user folder is where it is by default.

    A folder with two underscores is out of reach of ComfyUI's /userdata routes; user/default is not.
    """
    return comfyui / "user" / "__modelget"


class Written:
    """What the owner wrote: in variables, and where those are unset or empty, in the file."""

    def __init__(self, environ: Mapping[str, str], file: Path | None) -> None:
        self._environ, self._file = environ, file
        self._table = {} if file is None else _read_settings(file)

    def value(self, variable: str, key: str, default: object = None) -> tuple[str, Any]:
        """Return where the value in force was written, and the value."""
        if value := self._environ.get(variable, "").strip():
            return variable, value
        return f"{self._file}: {key}", self._table.get(key, default)


def config_file(environ: Mapping[str, str], home: Path | None) -> Path | None:
    """Return the file of settings: the one that is named, which must be there, else the one in our folder."""
    if named := environ.get("MODELGET_CONFIG"):
        path = Path(named).expanduser()
        if not path.is_file():
            raise InvalidSetting(
                f"MODELGET_CONFIG: {path} does not exist", "Create it or unset the variable."
            )
        return path
    beside = home / "modelget.toml" if home else None
    return beside if beside and beside.is_file() else None


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a file of the owner holds; raise InvalidSetting when it cannot be read."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        try:
            import tomli as tomllib
        except ImportError:
            raise InvalidSetting(f"{path}: tomli is needed to read it", "Run: pip install tomli") from None
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidSetting(
            f"{path}: {error}", "Correct the file; docs/settings.md lists the keys."
        ) from None
    return table


def _read_settings(path: Path) -> dict[str, Any]:
    """Return the values by their keys, a table's as ``table.key``; a misspelt key is refused."""
    values: dict[str, Any] = {}
    for key, value in read_toml(path).items():
        inner = {f"{key}.{name}": value[name] for name in value} if isinstance(value, dict) else {key: value}
        values.update(inner)
    for key in values:
        if key not in _KEYS:
            raise InvalidSetting(f"{path}: {key} is not a setting", f"The settings are {', '.join(_KEYS)}.")
    return values
