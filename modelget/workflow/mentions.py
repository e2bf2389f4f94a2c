"""Models that a text only tells about (infotext, recipe) → one Requirement for each."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..errors import InvalidWorkflow
from ..types import Digest, Requirement, stem_of
from .names import canonical, is_name

MAX_MENTIONS = 1_000
"""More models than this in one text are refused: the richest we know of names about fifty."""

_AIR = re.compile(
    r"(?:urn:)?(?:air:)?(?:[\w/-]{1,40}:){0,2}civitai:[0-9]{1,18}@([0-9]{1,18})(\+[0-9]{1,18})?",
    re.IGNORECASE,
)
_BY_LENGTH = {64: "sha256", 10: "autov2"}
_HASHED_BY_A1111 = frozenset({"checkpoints", "diffusion_models", "controlnet", "ipadapter", "vae"})
"""What its ``model_hash`` was used for (modules/sd_models.py, and sd-webui-controlnet)."""

_OF_NOTHING = "e3b0c442"
"""How the sha256 of no bytes begins: WebUIs write it for files they could not hash."""

# What ":" and "," mean to a WebUI it removes from the names it writes.
_REMOVED = str.maketrans("", "", ":,")


@dataclass(frozen=True, slots=True)
class Mention:
    """One place of a text that tells about a model; each part but the folder may be missing."""

    folder: str | None
    name: str = ""
    """Without suffix."""
    digest: Digest | None = None
    id: str | None = None
    active: bool = True

    @property
    def label(self) -> str:
        """The name, else what stands for it."""
        return self.name or self.id or str(self.digest)


def mention(
    folder: str | None,
    name: object = "",
    digits: object = "",
    version: object = None,
    *,
    active: bool = True,
) -> Mention | None:
    """Read what a text tells about one model; None when that is nothing."""
    stem = stem_of(canonical(name)) if isinstance(name, str) else ""
    found = Mention(
        folder, stem if is_name(stem) else "", digest_of(folder, digits), version_id(version), active
    )
    return found if found.name or found.digest or found.id else None


def digest_of(folder: str | None, digits: object) -> Digest | None:
    """Say which digest a WebUI means by these digits.

    10 digits begin the sha256 (AutoV2), and so do 12, but for a LoRA those are its AutoV3 or, from Forge, the start
    of its sha256. 8 are the old hash of A1111 (AutoV1), but for a LoRA the start of its sha256 (SD.Next), which
    nobody can look up.
    """
    text = digits.strip().lower() if isinstance(digits, str) else ""
    if text.startswith(_OF_NOTHING):
        return None
    if len(text) == 12:
        algorithm, text = ("shorthash", text) if folder == "loras" else ("autov2", text[:10])
    elif len(text) == 8:
        algorithm = "autov1" if folder in _HASHED_BY_A1111 else ""
    else:
        algorithm = _BY_LENGTH.get(len(text), "")
    try:
        return Digest(algorithm, text)
    except ValueError:
        return None


def version_id(value: object) -> str | None:
    """Give the id of a Civitai version: from its number, or from an AIR."""
    if isinstance(value, str) and (air := _AIR.match(value.strip())):
        return f"civitai:{air[1]}{air[2] or ''}"
    text = str(value) if type(value) in (int, str) else ""
    return f"civitai:{text}" if re.fullmatch(r"[1-9][0-9]{0,17}", text) else None


def joined(mentions: Iterable[Mention | None], workflow: str) -> list[Mention]:
    """Join what is told about the same model; raise InvalidWorkflow when a text names absurdly many."""
    by_label: dict[tuple[str | None, str], Mention] = {}
    for count, found in enumerate(filter(None, mentions)):
        if count >= MAX_MENTIONS:
            hint = "Pass the text of one picture; if it comes from someone else, do not trust it."
            raise InvalidWorkflow(workflow, f"names more than {MAX_MENTIONS} models", hint)
        key = (found.folder, found.label.translate(_REMOVED).rpartition("/")[2])
        by_label[key] = _join(by_label[key], found) if key in by_label else found
    return list(by_label.values())


def requirements(mentions: Iterable[Mention], how: str) -> tuple[Requirement, ...]:
    """Give one requirement for each model."""
    return tuple(
        Requirement(
            name=found.label,
            folder=found.folder,
            how=how,
            active=found.active,
            urls=(found.id,) if found.id else (),
            digest=found.digest,
            renamable=True,
        )
        for found in mentions
    )


def _join(first: Mention, second: Mention) -> Mention:
    return replace(
        first,
        digest=max(first.digest, second.digest, key=_certainty),
        id=first.id or second.id,
        active=first.active or second.active,
    )


def _certainty(digest: Digest | None) -> int:
    return ("autov1", "shorthash", "autov2", "sha256").index(digest.algorithm) if digest else -1
