"""ComfyUI's official templates: workflows that declare their models, installed beside ComfyUI by pip.

The packages were one (``comfyui_workflow_templates``), then one for each kind of media, then
``comfyui_workflow_templates_json``; all keep the workflows in ``templates/``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from ..types import Evidence, Listing
from ..workflow.declarations import declared_in
from .listed import is_listable, read_json

_FOLDERS = "comfyui_workflow_templates*/templates"
_MOST_FILES = 10_000


def read_templates(packages: Iterable[Path]) -> list[Listing]:
    """Return what the templates declare, each name, folder and link once, with the digest that any of them pins."""
    found: dict[tuple[str, str | None, str], Listing] = {}
    for path in _template_files(packages):
        for listing in _listings(path):
            first = found.setdefault((listing.name, listing.folder, listing.url), listing)
            if first.digest is None and listing.digest:
                found[first.name, first.folder, first.url] = replace(first, digest=listing.digest)
    return list(found.values())


def _template_files(packages: Iterable[Path]) -> Iterator[Path]:
    """Yield the files of the first place that has any: another environment's may be years older."""
    for package in packages:
        files = (path for folder in sorted(package.glob(_FOLDERS)) for path in sorted(folder.glob("*.json")))
        if found := list(islice(files, _MOST_FILES)):
            yield from found
            return


def _listings(path: Path) -> Iterator[Listing]:
    document = read_json(path)
    try:
        declarations = list(declared_in(document)) if isinstance(document, dict) else []
    except RecursionError:  # subgraphs in subgraphs without end
        return
    for declared in declarations:
        url = (declared.url or "").removesuffix("?download=true")
        if is_listable(declared.name, url):
            where = f"the official template {path.stem}"
            trust = Evidence.TRUSTED_NAME
            yield Listing(declared.name, declared.folder, url, where, trust, declared.digest)
