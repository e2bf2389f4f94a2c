"""Who else serves exactly the bytes that are wanted."""

from __future__ import annotations

from dataclasses import replace

from ..errors import SourceUnavailable
from ..http import Http
from ..sources import CopyFinder, Source
from ..types import Candidate, Requirement, SourceFailure, has_model_suffix
from .asking import ask, failure
from .weighing import can_be_had, weigh


def find_copies(
    pinned: Requirement,
    found: list[Candidate],
    failures: list[SourceFailure],
    sources: list[Source],
    http: Http,
) -> tuple[list[Candidate], list[SourceFailure], str | None]:
    """Ask who else serves exactly these bytes: mirrors always, others only about what was removed."""
    copies: list[Candidate] = []
    more_failures: list[SourceFailure] = []
    advice = None
    if found and not has_model_suffix(pinned.name):
        pinned = replace(pinned, name=found[0].name)
    finders = [source for source in sources if isinstance(source, CopyFinder)]
    for finder in sorted(finders, key=lambda one: one.is_last_resort):
        if finder.is_last_resort and (failures or not is_gone([*found, *copies])):
            break
        advice = advice or finder.advice
        try:
            for reference in finder.copies(pinned, http):
                known, failed = ask(replace(pinned, urls=(reference,)), sources, http)
                weighed = (weigh(candidate, pinned) for candidate in known)
                right = (one for one in weighed if one.digest == pinned.digest and one.evidence.is_sure)
                copies += [_as_copy(one, finder) for one in right]
                more_failures += failed
        except SourceUnavailable as error:
            more_failures.append(failure(finder.name, error))
    return copies, more_failures, advice or _advice_on([*found, *copies])


def _as_copy(candidate: Candidate, finder: CopyFinder) -> Candidate:
    notes = (*candidate.notes, finder.caution) if finder.caution else candidate.notes
    return replace(candidate, is_copy=True, notes=notes)


def _advice_on(found: list[Candidate]) -> str | None:
    """Say where a copy is that could be had if the owner listed its host."""
    if any(map(can_be_had, found)):
        return None
    barred = (one for one in found if one.is_copy and one.barrier and one.barrier.kind == "host")
    return next((f"A copy is at {one.id}. {one.barrier.hint}" for one in barred if one.barrier), None)


def is_gone(found: list[Candidate]) -> bool:
    """Tell whether nobody has the file, or whoever had it removed it; a login or a price is another matter."""
    barriers = [candidate.barrier for candidate in found if candidate.evidence.is_sure]
    return all(barrier is not None and barrier.kind == "removed" for barrier in barriers)
