"""From the list of a repository's files to a folder model: what is taken, and whether all of it is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...folder_models import (
    MOST_FILES,
    PIPELINE_INDEX,
    components_of,
    files_to_take,
    has_code,
    what_is_missing,
)
from ...http import Http
from ...types import Barrier, Candidate, PartOfFolder
from .look import ELSEWHERE


def as_folder(candidate: Candidate, listed: Mapping[str, PartOfFolder], http: Http) -> Candidate:
    """Return the candidate with its files, or with a barrier that says why they make no model.

    ``listed`` has every file that the place keeps in the folder, by its path inside.

    Raises:
        SourceUnavailable: one of the files that tell what belongs to the model could not be read.
    """

    def read(path: str) -> Any:
        document = http.get_json(listed[path].url)
        if document is None:
            raise ValueError(f"{path} cannot be read")
        return document

    try:
        components = components_of(read(PIPELINE_INDEX)) if PIPELINE_INDEX in listed else None
        # An empty file tells a loader nothing, and cannot be told from one that was not sent.
        taken = files_to_take([path for path, part in listed.items() if part.size], components)
        missing = what_is_missing(taken, read) if len(taken) <= MOST_FILES else None
    except ValueError as error:
        return replace(candidate, barrier=Barrier("incomplete", f"{candidate.id}: {error}", ELSEWHERE))
    if missing:
        message = f"{candidate.id} is no complete model: it lacks {missing}"
        return replace(candidate, barrier=Barrier("incomplete", message, ELSEWHERE))
    if barrier := _not_one_model(candidate, taken):
        return replace(candidate, barrier=barrier)
    note = "Its place keeps code beside the weights; code is never fetched."
    return replace(
        candidate,
        files=tuple(listed[path] for path in taken),
        size=sum(listed[path].size for path in taken),
        folder="diffusers" if PIPELINE_INDEX in taken else None,
        notes=(*candidate.notes, *([note] if has_code(listed) else [])),
    )


def with_odd_name(candidate: Candidate, path: str) -> Candidate:
    """Return the candidate with the barrier that one of its files has a name which no program should use."""
    message = f"{candidate.id} holds a file with a name that no program should use: {path!r}"
    hint = "Fetch what you need of it by hand, or find it elsewhere: --choose NAME=ID."
    return replace(candidate, barrier=Barrier("by-hand", message, hint))


def _not_one_model(candidate: Candidate, taken: tuple[str, ...]) -> Barrier | None:
    """Refuse what only a person can choose from, and what nobody shares as a model."""
    alternatives = [path for path in taken if path.lower().endswith(".gguf")]
    if len(alternatives) > 1:
        base, _at, _revision = candidate.id.rpartition("@")
        message = (
            f"{candidate.id} holds {len(alternatives)} GGUF files, most often the same model in several sizes"
        )
        return Barrier("by-hand", message, f"Name one of them, such as {base}/{alternatives[0]}.")
    if len(taken) > MOST_FILES:
        message = f"{candidate.id} holds more than {MOST_FILES} files that look like parts of a model"
        return Barrier("by-hand", message, "Name one of its folders, or fetch it by hand.")
    return None
