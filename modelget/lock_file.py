"""``modelget.lock.json``: which bytes each workflow of a folder was locked to; made to be kept beside them in git.

Version 1: ``{"version": 1, "workflows": {"x.json": [model, …]}}``, sorted, so that the same facts give the same text.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import InvalidWorkflow
from .types import UNSTATED, Digest, PartOfFolder, Restriction, Terms, digest_of_parts

LOCK_NAME = "modelget.lock.json"

_VERSION = 1
_MAX_BYTES = 20_000_000
_LONGEST_LINK = 2000
_HINT = "Run `modelget lock` again, or move the file away."


@dataclass(frozen=True, slots=True)
class LockedModel:
    """One model of a workflow, pinned to its bytes."""

    name: str
    folder: str | None
    digest: Digest
    """A sha256; of a folder that of the list of its files with their digests."""
    size: int | None
    source: str | None = None
    """The place, as ``id`` and ``url`` name it; None for a file of which no place is known."""
    id: str | None = None
    url: str | None = None
    terms: Terms = UNSTATED
    declared: tuple[str, ...] = ()
    """The links that the workflow itself had when it was locked."""
    files: tuple[PartOfFolder, ...] = ()
    """What a folder model is made of."""


Sections = Mapping[str, Sequence[LockedModel]]
"""The models of each workflow, by its file name."""


def read_lock(folder: Path) -> dict[str, tuple[LockedModel, ...]]:
    """Read the lock file of a folder, nothing where there is none; raise InvalidWorkflow for one that is none."""
    path = folder / LOCK_NAME
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InvalidWorkflow(str(path), f"cannot be read ({error.strerror or error})", _HINT) from error
    return parse_lock(raw, str(path))


def parse_lock(raw: bytes, name: str) -> dict[str, tuple[LockedModel, ...]]:
    """Read a lock file's bytes; raise InvalidWorkflow for what is none, or of a newer version."""
    try:
        if len(raw) > _MAX_BYTES:
            raise ValueError("it is too large")
        root = json.loads(raw.decode("utf-8"))
        version = root["version"]
        if version == _VERSION:
            return {str(key): tuple(map(_model, models)) for key, models in root["workflows"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidWorkflow(
            name, f"is no lock file: {type(error).__name__} {error}"[:200], _HINT
        ) from error
    raise InvalidWorkflow(name, f"is a lock file of version {str(version)[:20]}", "Use a newer Modelget.")


def format_lock(sections: Sections) -> str:
    """Write a lock file's text."""
    workflows = {
        name: [model_document(model) for model in sorted(models, key=_place)]
        for name, models in sections.items()
    }
    root = {"version": _VERSION, "workflows": workflows}
    return json.dumps(root, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def write_whole(path: Path, data: bytes) -> None:
    """Put a file in the place of another in one step, with the permissions of the one that was there."""
    path = path.resolve()  # a link stays a link
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, temporary)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def model_document(model: LockedModel) -> dict[str, Any]:
    """Return what the lock file says of one model."""
    return {
        "name": model.name,
        "folder": model.folder,
        "source": model.source,
        "id": model.id,
        "url": model.url,
        "sha256": None if model.files else model.digest.hex,
        "size": model.size,
        "licence": model.terms.licence,
        "licence_link": model.terms.link,
        "commercial_use": model.terms.commercial_use,
        "restrictions": [restriction.value for restriction in model.terms.restrictions],
        "audience": model.terms.audience,
        "gated": model.terms.gated,
        "declared": list(model.declared),
        **({"files": [_part_document(part) for part in model.files]} if model.files else {}),
    }


def _part_document(part: PartOfFolder) -> dict[str, Any]:
    return {
        "path": part.path,
        "id": part.id,
        "url": part.url,
        "digest": str(part.digest),
        "size": part.size,
    }


def _place(model: LockedModel) -> tuple[str, str]:
    return model.folder or "", model.name


def _model(entry: dict[str, Any]) -> LockedModel:
    size, files = entry.get("size"), tuple(map(_part, entry.get("files") or ()))
    digest = digest_of_parts(files) if files else Digest("sha256", _required(entry, "sha256"))
    if digest is None:
        raise ValueError("a folder with a file that has no digest of its own")
    known = {limit.value for limit in Restriction}
    return LockedModel(
        name=_required(entry, "name"),
        folder=_text(entry, "folder"),
        digest=digest,
        size=size if type(size) is int and size >= 0 else None,
        source=_text(entry, "source"),
        id=_link(entry.get("id")),
        url=_link(entry.get("url")),
        terms=Terms(
            licence=_text(entry, "licence"),
            link=_text(entry, "licence_link"),
            commercial_use=entry["commercial_use"] if isinstance(entry.get("commercial_use"), bool) else None,
            restrictions=tuple(
                Restriction(word) for word in entry.get("restrictions") or () if word in known
            ),
            audience=_text(entry, "audience"),
            gated=entry.get("gated") is True,
        ),
        declared=tuple(filter(None, map(_link, entry.get("declared") or ()))),
        files=files,
    )


def _part(entry: dict[str, Any]) -> PartOfFolder:
    path, size = _required(entry, "path"), entry.get("size")
    if not all(map(_is_plain, path.split("/"))):
        raise ValueError(f"{path[:80]!r} is no path in a folder")
    if type(size) is not int or size < 0:
        raise ValueError(f"{path[:80]!r} has no size")
    algorithm, _colon, digits = _required(entry, "digest").partition(":")
    id, url = _link(entry.get("id")), _link(entry.get("url"))
    return PartOfFolder(path, id or "", url or "", size, Digest(algorithm, digits))


def _is_plain(word: str) -> bool:
    """Tell whether a part of a path stays below the folder it is joined to, on every system."""
    return word not in ("", ".", "..") and word.isprintable() and not {"\\", ":"} & set(word)


def _required(entry: dict[str, Any], key: str) -> str:
    value = _text(entry, key)
    if not value:
        raise ValueError(f"a model without {key}")
    return value


def _link(value: object) -> str | None:
    """Take an id or a link as hostile as those in a workflow."""
    is_link = isinstance(value, str) and value.isprintable() and len(value) <= _LONGEST_LINK
    return value if isinstance(value, str) and is_link else None


def _text(entry: dict[str, Any], key: str) -> str | None:
    value = entry.get(key)
    return value if isinstance(value, str) else None
