"""What the nodes have in common: how a model is named on a node, and what may be written there."""

from __future__ import annotations

import re

from comfy_api.latest import io

from ..adapters.host import FROM_SOURCE, NONE, listed_files
from .since import if_known

_IDS = frozenset({"hf", "civitai", "urn", "air", "modelscope"})
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")

_SOURCE = (
    "Where to get it when it is not here: hf:owner/repo/path[@revision], civitai:VERSION or an AIR. "
    "Leave empty for a model that is installed."
)
_SHA256_TIP = "The sha256 that the file must have, 64 digits. Leave empty to trust what its source publishes."


def model_inputs(folder: str, number: str = "", *, optional: bool = False) -> list[io.Input]:
    """Return the three inputs that say one model: installed file, source and sha256."""
    nothing = [NONE] if optional else []
    return [
        io.Combo.Input(
            f"model{number}",
            display_name=_shown("model", number),
            options=[*nothing, FROM_SOURCE, *listed_files(folder)],
            optional=optional,
            tooltip=f"A file of models/{folder}, whether it is here or still has to be fetched.",
        ),
        *source_inputs(number, optional=optional),
    ]


def source_inputs(number: str = "", *, optional: bool = False) -> list[io.Input]:
    """Return the inputs that say where a model is, and which bytes it has."""
    return [
        io.String.Input(
            f"source{number}",
            display_name=_shown("source", number),
            default="",
            optional=optional,
            tooltip=_SOURCE,
        ),
        io.String.Input(
            f"sha256{number}",
            display_name=_shown("sha256", number),
            default="",
            optional=True,
            tooltip=_SHA256_TIP,
            **if_known(io.String.Input, advanced=True),
        ),
    ]


def _shown(what: str, number: str) -> str:
    return f"{what} {number}".strip()


def fault_in(model: str | None, source: str | None, sha256: str | None) -> str | None:
    """Say what is wrong with the values of one model before anything runs; None when nothing is."""
    source, sha256 = (source or "").strip(), (sha256 or "").strip()
    if source and not is_id(source):
        return f"source: {source[:80]!r} is not an id. Write hf:owner/repo/path, civitai:VERSION or an AIR."
    if model in (FROM_SOURCE, "", None) and not source:
        return "Choose an installed model, or write the source to get it from."
    if sha256 and not _SHA256.fullmatch(sha256):
        return "sha256: write its 64 hexadecimal digits, or nothing."
    return None


def is_id(source: str) -> bool:
    """Tell whether a source is an id: links are refused on nodes, because anybody may send a workflow."""
    return ":" in source and source.partition(":")[0].lower() in _IDS
