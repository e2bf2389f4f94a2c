"""What a running ComfyUI says about its nodes (``GET /object_info``) → which input takes files of which folder.

ComfyUI does not say from which folder a combo's options come, so options are compared with what each folder lists.
That is certain only where exactly one folder lists just those files: an empty folder says nothing, nor do two
folders with the same files. A caller inside ComfyUI can make it certain: let every folder list one file of its own
while the nodes are asked for their inputs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

from ..model_folders import current_folder
from .loader_nodes import LoaderTable, Place
from .names import is_model_name
from .untyped import as_dict, as_list, as_text

_ALIASES = {"unet_gguf": "diffusion_models", "clip_gguf": "text_encoders"}
"""Folders of packs that list some files of another folder."""

_WIDGETS = frozenset({"INT", "FLOAT", "STRING", "BOOLEAN", "COMBO"})
_SEEDS = frozenset({"seed", "noise_seed"})

_Files = frozenset[str]


def loader_table(object_info: Mapping[str, object], listings: Mapping[str, Collection[str]]) -> LoaderTable:
    """Find the loaders of a host; ``listings`` are the files that ``GET /models/{folder}`` lists, by folder."""
    folders = _folders_by_files(listings)
    found = {node_type: tuple(_places(as_dict(info), folders)) for node_type, info in object_info.items()}
    return LoaderTable(MappingProxyType({node_type: places for node_type, places in found.items() if places}))


def _folders_by_files(listings: Mapping[str, Collection[str]]) -> dict[_Files, str]:
    """Give the one folder that lists exactly these files; sets that several folders list are left out."""
    folders: dict[_Files, set[str]] = {}
    for folder, names in listings.items():
        if names:
            folders.setdefault(frozenset(names), set()).add(current_folder(_ALIASES.get(folder, folder)))
    return {files: names.pop() for files, names in folders.items() if len(names) == 1}


def _places(info: dict[str, object], folders: Mapping[_Files, str]) -> Iterator[Place]:
    position: int | None = 0
    for name, spec in _inputs(info):
        kind, options, settings = _read(spec)
        folder = _folder_of(options, folders) if options is not None else None
        if folder is not None:
            yield Place(name, position, folder)
        saved = _saved_values(name, kind, settings)
        position = None if position is None or saved is None else position + saved


def _inputs(info: dict[str, object]) -> Iterator[tuple[str, object]]:
    """Give the inputs in the order in which their widgets are saved."""
    inputs, order = as_dict(info.get("input")), as_dict(info.get("input_order"))
    for part in ("required", "optional"):
        specs = as_dict(inputs.get(part))
        names = [name for name in map(as_text, as_list(order.get(part))) if name in specs]
        for name in names or specs:
            yield name, specs[name]


def _read(spec: object) -> tuple[str, list[object] | None, dict[str, object]]:
    """Read an input's kind, options and settings: ``[["a", "b"], {…}]`` or ``["COMBO", {"options": […]}]``."""
    kind, settings = ([*as_list(spec), None, None])[:2]
    if isinstance(kind, list):
        return "COMBO", kind, as_dict(settings)
    options = as_dict(settings).get("options")
    return as_text(kind), options if isinstance(options, list) else None, as_dict(settings)


def _folder_of(options: list[object], folders: Mapping[_Files, str]) -> str | None:
    """Match the options with a folder; those that name no file (``None``, ``Baked VAE``) may stand beside them."""
    texts = frozenset(option for option in options if isinstance(option, str))
    return folders.get(texts) or folders.get(frozenset(filter(is_model_name, texts)))


def _saved_values(name: str, kind: str, settings: dict[str, object]) -> int | None:
    """Count what an input adds to the saved values: nothing for a socket; None for a kind that may add anything."""
    if settings.get("forceInput"):
        return 0
    if kind not in _WIDGETS:
        return None if "," in kind or kind.startswith("COMFY_") else 0
    control = kind == "INT" and (settings.get("control_after_generate") or name in _SEEDS)
    upload = any(key.endswith("_upload") and value is True for key, value in settings.items())
    return 1 + bool(control) + upload  # a seed has its control beside it, an upload its button
