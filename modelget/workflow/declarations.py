"""What a file itself tells about its models: ``properties.models`` of nodes and ``models`` at the top."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..model_folders import current_folder
from ..types import Digest, has_model_suffix
from .names import canonical
from .untyped import as_dict, as_text, dicts_in, is_encodable

_FOLDER = re.compile(r"[\w.-]+(?: [\w.-]+)*(?:/[\w.-]+(?: [\w.-]+)*)*")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f\x7f]{1,2000}")
_REPOSITORY = re.compile(
    r"https://(?:www\.)?(?:huggingface\.co|hf\.co|hf-mirror\.com)/[^/?#]+/[^/?#]+/?(?:tree/[^?#]*)?(?:[?#].*)?"
    r"|https://(?:www\.)?modelscope\.(?:cn|ai)/models/[^/?#]+/[^/?#]+/?(?:summary|files|tree/[^?#]*)?(?:[?#].*)?"
)


@dataclass(frozen=True, slots=True)
class Declaration:
    """A file's statement about one model; each part but the name may be missing."""

    name: str
    folder: str | None
    url: str | None
    digest: Digest | None

    @property
    def is_folder(self) -> bool:
        """Tell whether it declares a folder of files: a pipeline of diffusers, or a whole repository."""
        of_folder = self.folder == "diffusers" or bool(self.url and _REPOSITORY.fullmatch(self.url))
        return of_folder and not has_model_suffix(self.name)


def declarations_of(models: object) -> tuple[Declaration, ...]:
    """Read one ``models`` list, skipping entries without a name."""
    return tuple(
        Declaration(canonical(name), _folder(entry), _url(entry), _digest(entry))
        for entry in dicts_in(models)
        if (name := as_text(entry.get("name")))
    )


def declared_in(graph: dict[str, object]) -> Iterator[Declaration]:
    """Read every declaration of a UI graph: at the top, on nodes, notes and inside subgraphs."""
    yield from declarations_of(graph.get("models"))
    for node in dicts_in(graph.get("nodes")):
        properties = node.get("properties")
        if isinstance(properties, dict) and (models := properties.get("models")):
            yield from declarations_of(models)
    for subgraph in dicts_in(as_dict(graph.get("definitions")).get("subgraphs")):
        yield from declared_in(subgraph)


def _folder(entry: dict[str, object]) -> str | None:
    folder = as_text(entry.get("directory")).replace("\\", "/").strip("/ ")
    if not _FOLDER.fullmatch(folder) or ".." in folder.split("/") or not is_encodable(folder):
        return None
    return current_folder(folder)


def _url(entry: dict[str, object]) -> str | None:
    url = as_text(entry.get("url")).strip()
    return url if _URL.fullmatch(url) and is_encodable(url) else None


def _digest(entry: dict[str, object]) -> Digest | None:
    try:
        return Digest(as_text(entry.get("hash_type")), as_text(entry.get("hash")))
    except ValueError:
        return None
