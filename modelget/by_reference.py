"""What a person means by an id or a link."""

from __future__ import annotations

from dataclasses import replace

from .errors import InvalidSetting, SourceUnavailable
from .hosts import without_secrets
from .resolve import resolve
from .types import Digest, Requirement
from .workshop import Workshop


def requirement_for(
    reference: str,
    shop: Workshop,
    *,
    name: str | None = None,
    folder: str | None = None,
    digest: Digest | None = None,
) -> Requirement:
    """Return what a person means by an id or a link: its own name and folder unless told otherwise.

    Raises:
        InvalidSetting: no source understands the reference, or it leads to no file.
    """
    wanted = Requirement(name or "", folder, how="id", urls=(reference,), digest=digest)
    found = resolve(replace(wanted, name=""), shop.library, shop.sources, shop.http)
    if found.failures and not found.candidates:
        raise SourceUnavailable(found.failures[0].message)
    if not found.candidates:
        raise InvalidSetting(
            f"{without_secrets(reference)}: no place has this file, or none understands this id",
            "Ids: hf:owner/repo[/path], civitai:VERSION, an AIR, modelscope:owner/repo/path, or a link to the file.",
        )
    best = found.candidates[0]
    suggested = best.folder if best.folder in shop.library.folders else None
    own_name = best.name if best.evidence.is_sure else reference  # what was found is not what was asked for
    return replace(wanted, name=name or own_name, folder=folder or suggested, is_folder=best.is_folder)
