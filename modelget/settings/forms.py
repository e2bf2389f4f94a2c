"""How each kind of value may be written; what is not so is refused, naming where it stands."""

from __future__ import annotations

import re

from ..errors import InvalidSetting
from ..hosts import origin_of, redact

YES = ("1", "true", "yes", "on")
NO = ("0", "false", "no", "off")
"""What a variable may say, as other tools read theirs too."""

_OWNER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,95}")
_BUCKET_FOLDER = re.compile(r"s3://[a-z0-9][a-z0-9-]{1,61}[a-z0-9](?:/[\w.-]+)*/?", re.ASCII)


def endpoint(place: str, value: object) -> str:
    """Return the address of a place, without a slash at its end."""
    url = str(value).strip().rstrip("/")
    try:
        origin_of(url)
    except InvalidSetting as error:
        raise InvalidSetting(
            f"{place}: {error}", "Write it like https://host or http://127.0.0.1:9000."
        ) from None
    return url


def endpoints(place: str, value: object) -> tuple[str, ...]:
    """Return the addresses in a list."""
    return tuple(endpoint(place, host) for host in _listed(place, value))


def mirror_folders(place: str, value: object) -> tuple[str, ...]:
    """Return the folders in a list: web addresses without a query, or ``s3://bucket/prefix``."""
    return tuple(_mirror_folder(place, mirror) for mirror in _listed(place, value))


def owners(place: str, value: object) -> tuple[str, ...]:
    """Return the owners in the order given; an empty list in the file trusts nobody."""
    listed = _listed(place, value, '["Comfy-Org", "Kijai"]')
    for owner in listed:
        if not _OWNER.fullmatch(owner):
            raise InvalidSetting(f"{place}: {owner!r} is not an owner's name", "Write it as the Hub does.")
    return tuple(dict.fromkeys(listed))


def host_names(place: str, value: object) -> tuple[str, ...]:
    """Return the names without ports; each must be one that an origin can have."""
    names = [name.lower() for name in _listed(place, value, '["my-server.example"]')]
    for name in names:
        is_name = origin_of(endpoint(place, f"https://{name}")) == f"https://{name}"
        if not is_name or ":" in name.rpartition("]")[2]:
            raise InvalidSetting(f"{place}: {name!r} is more than a name", "Write it without port and path.")
    return tuple(names)


def switch(place: str, value: object) -> bool:
    """Return whether something is turned on."""
    if isinstance(value, bool):
        return value
    answer = value.lower() if isinstance(value, str) else ""
    if answer not in YES + NO:
        raise InvalidSetting(f"{place}: {value!r} is neither true nor false", "Set true or false.")
    return answer in YES


def _mirror_folder(place: str, mirror: str) -> str:
    if not mirror.startswith("s3:"):
        folder = endpoint(place, mirror)
        if {"?", "#"} & set(folder):
            raise InvalidSetting(f"{place}: {redact(folder)} has a query", "Write only the folder's address.")
        return folder
    if not _BUCKET_FOLDER.fullmatch(mirror):
        raise InvalidSetting(f"{place}: {mirror!r} is no bucket", "Write it like s3://bucket/prefix.")
    return mirror.rstrip("/")


def _listed(place: str, value: object, example: str = '["https://host"]') -> list[str]:
    """Return the texts of a list, or of a text with commas."""
    listed = value.split(",") if isinstance(value, str) else value
    if not isinstance(listed, list):
        raise InvalidSetting(f"{place}: {value!r} is not a list", f"Write it like {example}.")
    return [text for text in (str(one).strip() for one in listed) if text]
