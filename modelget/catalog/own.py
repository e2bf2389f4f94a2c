"""The owner's own list, ``catalog.toml``: a person's word, which counts like a link in the workflow."""

from __future__ import annotations

from pathlib import Path

from ..errors import InvalidSetting
from ..model_folders import current_folder
from ..settings import read_toml
from ..types import Digest, Evidence, Listing
from ..workflow.names import canonical
from .listed import is_listable

_KEYS = ("name", "folder", "url", "sha256", "licence")
_HINT = 'Each [[model]] has name = "x.safetensors" and url = "…", and may have folder, sha256 and licence.'


def read_own_list(path: Path) -> list[Listing]:
    """Return the entries.

    Raises:
        InvalidSetting: the file cannot be read, or an entry is not what it should be. Nothing is skipped
            silently in a file that a person wrote.
    """
    table = read_toml(path)
    entries = table.get("model", [])
    if set(table) - {"model"} or not isinstance(entries, list):
        raise InvalidSetting(f"{path}: it holds something else than [[model]] entries", _HINT)
    return [_listing(entry, f"{path}: model {number}") for number, entry in enumerate(entries, 1)]


def _listing(entry: object, where: str) -> Listing:
    if not isinstance(entry, dict) or not all(isinstance(value, str) for value in entry.values()):
        raise InvalidSetting(f"{where}: it is not a table of texts", _HINT)
    if unknown := sorted(set(entry) - set(_KEYS)):
        raise InvalidSetting(f"{where}: {unknown[0]} is not one of {', '.join(_KEYS)}", _HINT)
    name, url = canonical(entry.get("name", "")), entry.get("url", "").strip()
    if not is_listable(name, url):
        raise InvalidSetting(f"{where}: it needs the name of a file and a link or id", _HINT)
    try:
        digest = Digest("sha256", entry["sha256"]) if "sha256" in entry else None
    except ValueError as error:
        raise InvalidSetting(f"{where}: sha256: {error}", _HINT) from None
    folder = current_folder(entry["folder"]) if entry.get("folder") else None
    licence = entry.get("licence") or None
    return Listing(name, folder, url, "your catalog.toml", Evidence.DECLARED_URL, digest, licence)
