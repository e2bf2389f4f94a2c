"""Decide what will happen to each requirement of one workflow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from ..errors import UnsafePath
from ..library import Library, Places, inside
from ..licence_policy import choose_licensed, refusal, remark_on_present
from ..types import (
    PICKLE_SUFFIXES,
    Candidate,
    Decisions,
    Download,
    Plan,
    PlanItem,
    Requirement,
    Resolution,
    Status,
    has_model_suffix,
)
from .advice import among_several, what_is_unclear, without_candidate


def make_plan(
    workflow: str,
    resolutions: Iterable[Resolution],
    library: Library,
    decisions: Decisions,
    allow_pickle: str,
    licence_policy: str = "any",
) -> Plan:
    """Turn resolutions into a plan.

    The owner's settings: ``allow_pickle`` is ``ask`` or ``never``, ``licence_policy`` ``any`` or ``commercial``.
    """
    rules = _Rules(decisions, allow_pickle, licence_policy, frozenset(library.folders), library.places())
    items = tuple(_item(resolution, rules) for resolution in resolutions)
    destinations = [item.download.destination for item in items if item.download]
    return Plan(workflow, items, library.free_bytes(destinations[0] if destinations else library.models_root))


@dataclass(frozen=True, slots=True)
class _Rules:
    """What counts for every model of the plan."""

    decisions: Decisions
    allow_pickle: str
    licence_policy: str
    folders: frozenset[str]
    places: Places


def _item(resolution: Resolution, rules: _Rules) -> PlanItem:
    wanted, present = resolution.requirement, resolution.present
    if present and resolution.complaint:
        hint = f"{present.path} is here, but {resolution.complaint}. Move it away, then install again."
        return PlanItem(resolution, Status.CHOOSE, hint)
    if present:
        remark = remark_on_present(resolution.candidates, rules.licence_policy)
        return PlanItem(resolution, Status.PRESENT, remark)
    sure = [candidate for candidate in resolution.candidates if candidate.evidence.is_sure]
    open_ones = [candidate for candidate in sure if candidate.barrier is None]
    if not open_ones:
        return PlanItem(resolution, *without_candidate(resolution, sure))
    if len({candidate.identity or candidate.id for candidate in open_ones}) > 1:
        return PlanItem(resolution, Status.CHOOSE, among_several(wanted, open_ones))
    chosen, objection = choose_licensed(open_ones, rules.licence_policy)
    is_here = chosen.local is not None  # linked, and nobody's download
    if objection and not (is_here or rules.decisions.accepts_licence(wanted.name)):
        return PlanItem(resolution, Status.DENIED, refusal(objection, wanted.name))
    others = [one for one in open_ones if one is not chosen]
    return _fetch_item(resolution, [chosen, *others], rules)


def _fetch_item(resolution: Resolution, candidates: list[Candidate], rules: _Rules) -> PlanItem:
    """Decide about a model of which the first candidate is the right one, and the others have its bytes."""
    wanted, candidate = resolution.requirement, candidates[0]
    if wanted.folder is None:
        guess = candidate.folder if candidate.folder in rules.folders else "FOLDER"
        hint = f"No rule says which model folder it belongs in. Pass --folder {wanted.name}={guess}."
        return PlanItem(resolution, Status.CHOOSE, hint)
    name = wanted.name if wanted.is_folder else _file_name(wanted, candidate)
    if unclear := what_is_unclear(wanted, candidate, name):
        return PlanItem(resolution, Status.CHOOSE, unclear)
    try:
        destination = _destination(wanted.folder, name, candidate, rules)
    except UnsafePath as error:
        return PlanItem(resolution, Status.DENIED, f"{error}. {error.hint}")
    if doubt := _doubt_about_pickle(wanted, candidate, name, rules):
        return PlanItem(resolution, *doubt)
    if not wanted.active and not rules.decisions.include_inactive:
        return PlanItem(resolution, Status.FETCH, "Its nodes are switched off: not fetched without --all.")
    named = f"No link leads to it: found by its name in {candidate.named_by}." if candidate.named_by else None
    download = Download(
        candidate,
        destination,
        rules.places.staging(destination),
        label=f"{wanted.folder}/{name}",
        alternates=_alternates(candidates),
        accepted=rules.decisions.accepted,
    )
    return PlanItem(resolution, Status.FETCH, named, download)


def _destination(folder: str, name: str, candidate: Candidate, rules: _Rules) -> Path:
    """Return where it goes; raise UnsafePath when that, or a file of a folder model, could be elsewhere."""
    if not candidate.is_folder:
        return rules.places.destination(folder, name)
    destination = rules.places.folder_destination(folder, name)
    inside(destination, (part.path for part in candidate.files))
    return destination


def _doubt_about_pickle(
    wanted: Requirement, candidate: Candidate, name: str, rules: _Rules
) -> tuple[Status, str] | None:
    """Say what stands against a format that can run code, unless a person accepted it."""
    if not candidate.is_pickle and Path(name).suffix.lower() not in PICKLE_SUFFIXES:
        return None
    if rules.allow_pickle == "never":
        return Status.DENIED, "Pickle files can run code, and the owner forbids them."
    if rules.decisions.allows_pickle(name) or rules.decisions.allows_pickle(wanted.name):
        return None
    paths = (part.path for part in candidate.files)
    inner = next((path for path in paths if PurePosixPath(path).suffix.lower() in PICKLE_SUFFIXES), None)
    what = f"Loading {inner} in it" if inner else "Loading this format"
    return Status.CHOOSE, f"{what} can run code. If you trust it, pass --allow-pickle {name}."


def _alternates(candidates: list[Candidate]) -> tuple[Candidate, ...]:
    """Return the other places that have the bytes of the first one, with the size that it publishes."""
    first, *others = candidates
    if first.identity is None:
        return ()
    same = (one for one in others if one.identity == first.identity and one.local is None)
    sized = (one for one in same if first.size is None or one.size in (None, first.size))
    return tuple(replace(one, size=one.size or first.size) for one in sized)


def _file_name(wanted: Requirement, candidate: Candidate) -> str:
    """Return what the file will be called: as the workflow says, completed by what its publisher says."""
    if has_model_suffix(wanted.name):
        return wanted.name
    published = candidate.name.replace("\\", "/").rpartition("/")[2]
    if wanted.renamable:
        sub_folder, slash, _stem = wanted.name.rpartition("/")
        return sub_folder + slash + published
    return wanted.name + PurePosixPath(published).suffix
