"""A plan, and what became of it, for a person to read."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..cards import terms_in_full
from ..errors import ModelgetError, UnclearMember
from ..job import Outcomes
from ..types import Candidate, Fetched, Plan, PlanItem, Status, has_model_suffix, label_of, stem_of, to_fetch
from ..units import size
from .exit_codes import DONE, FAILED, UNDECIDED
from .terminal import colour, plain, table
from .terms import short_terms

_COMMIT = re.compile(r"[0-9a-f]{40}")

_COLOURS = {
    Status.PRESENT: "green",
    Status.FETCH: "cyan",
    Status.CHOOSE: "yellow",
    Status.DENIED: "red",
    Status.UNRESOLVED: "red",
}


def show_plan(plan: Plan, verbose: bool = False) -> None:
    """Print one workflow's requirements, a line each, with what to do about the open ones."""
    print(colour(plain(plan.workflow), "bold") + f": {_count(len(plan.items), 'model')} named")
    if plan.items:
        lines = table(_row(item, verbose) for item in plan.items).splitlines()
        for item, line in zip(plan.items, lines, strict=True):
            print(line.replace(item.status.value, colour(item.status.value, _COLOURS[item.status]), 1))
            _show_notes(item, verbose)


def show_totals(plans: Iterable[Plan]) -> None:
    """Print how much all plans together would fetch, and what room there is."""
    plans = list(plans)
    fetches = [download for download in to_fetch(plans) if not _is_only_linked(download.candidate)]
    if not fetches:
        to_place = {download.label for plan in plans for download in plan.downloads}
        linked = f": {_count(len(to_place), 'model')} only to be linked to what is here" if to_place else ""
        print(f"Nothing to fetch{linked}.")
        return
    unknown = sum(download.candidate.fetch_size is None for download in fetches)
    more = f" and {_count(unknown, 'file')} of unknown size" if unknown else ""
    known = sum(download.candidate.fetch_size or 0 for download in fetches)
    free = min(plan.free_bytes for plan in plans)
    print(f"To fetch: {_count(len(fetches), 'file')}, {size(known)}{more}. Free: {size(free)}.")


def show_outcomes(plans: Iterable[Plan], outcomes: Outcomes, seconds: float) -> None:
    """Print what arrived, what failed and why, and what still needs a person."""
    plans = list(plans)
    planned = {download.destination: download.candidate.id for plan in plans for download in plan.downloads}
    for place, outcome in outcomes.items():
        if isinstance(outcome, ModelgetError):
            word = (
                colour("choose", "yellow") if isinstance(outcome, UnclearMember) else colour("failed", "red")
            )
            print(f"{word}  {plain(place.name)}: {plain(str(outcome))}")
            print(f"        {plain(outcome.hint)}")
        elif outcome.warning:
            print(f"{colour('warning', 'yellow')} {plain(place.name)}: {plain(outcome.warning)}")
        elif outcome.origin not in (None, planned.get(place)):
            print(
                f"{colour('note', 'dim')}    {plain(place.name)}: it came from {plain(str(outcome.origin))}"
            )
    arrived = [outcome for outcome in outcomes.values() if isinstance(outcome, Fetched)]
    wire = sum(fetched.transferred for fetched in arrived)
    speed = f" ({size(wire / seconds)}/s)" if wire and seconds else ""
    took = f" in {seconds:.1f} s{speed}" if outcomes else ""
    print(f"{_count(len(arrived), 'file')} placed and verified, {size(wire)} over the network{took}.")
    active = [item for plan in plans for item in plan.items if item.requirement.active]
    if waiting := sum(item.status not in (Status.PRESENT, Status.FETCH) for item in active):
        print(f"{_count(waiting, 'model')} left for you to decide: see the lines above.")


def exit_code(plans: Iterable[Plan], outcomes: Outcomes | None = None) -> int:
    """Return the exit code for plans; without outcomes, what can be fetched needs nobody."""
    errors = [outcome for outcome in (outcomes or {}).values() if isinstance(outcome, ModelgetError)]
    if not all(isinstance(error, UnclearMember) for error in errors):
        return FAILED
    active = [item for plan in plans for item in plan.items if item.requirement.active]
    if outcomes is None:
        settled = all(item.status in (Status.PRESENT, Status.FETCH) for item in active)
    else:
        settled = all(_is_here(item, outcomes) for item in active)
    return DONE if settled else UNDECIDED


def _is_here(item: PlanItem, outcomes: Outcomes) -> bool:
    arrived = item.download is not None and isinstance(outcomes.get(item.download.destination), Fetched)
    return arrived or item.status is Status.PRESENT


def _row(item: PlanItem, verbose: bool) -> tuple[str, ...]:
    name = _shown_name(item)
    best = item.resolution.candidates[0] if item.resolution.candidates else None
    if item.resolution.present or best is None:
        present = item.resolution.present
        return (item.status.value, name, size(present.size) if present else "", "", "")
    where = best.id if verbose else _short(best)
    return (item.status.value, name, size(best.fetch_size), where, short_terms(best.terms))


def _shown_name(item: PlanItem) -> str:
    """Name the file as it is or will be called; where the workflow calls it otherwise, that too."""
    wanted, present = item.requirement, item.resolution.present
    file = item.download.destination if item.download else present.path if present else None
    if has_model_suffix(wanted.name) or file is None:
        return label_of(wanted.folder, wanted.name)
    said = wanted.name.rpartition("/")[2]
    label = label_of(wanted.folder, file.name)
    return label if stem_of(file.name) == said else f"{label} ({said})"


def _show_notes(item: PlanItem, verbose: bool) -> None:
    notes = [item.hint] if item.hint else []
    notes += _notes_on_best(item)
    notes += [f"{failure.source} could not answer: {failure.message}" for failure in item.resolution.failures]
    if verbose:
        nodes = ", ".join(item.requirement.wanted_by)
        notes.append(f"wanted by node {nodes}" if nodes else f"named in the {item.requirement.how}")
        for candidate in item.resolution.candidates:
            proof = candidate.digest or candidate.claimed or ""
            notes += [f"{candidate.evidence.name}: {candidate.id} {proof}", *terms_in_full(candidate.terms)]
    for note in notes:
        print(f"      {colour(plain(note), 'dim')}")


def _notes_on_best(item: PlanItem) -> tuple[str, ...]:
    """Return what should be known about the file that would be fetched; one that is here needs none."""
    candidates = item.resolution.candidates
    return candidates[0].notes if candidates and not item.resolution.present else ()


def _is_only_linked(candidate: Candidate) -> bool:
    parts = candidate.files
    return candidate.local is not None or (bool(parts) and all(part.local for part in parts))


def _short(candidate: Candidate) -> str:
    return short_id(candidate.id) if candidate.local is None else f"linked to {candidate.local.name}"


def short_id(reference: str) -> str:
    """Say where a file comes from in as few words as tell: repository and revision, or version."""
    if not reference.startswith(("hf:", "modelscope:")):
        return reference
    if reference.startswith("hf://"):  # the revision stands behind the repository, before the path
        repo, _at, rest = reference.partition("@")
        revision = rest.partition("/")[0]
    else:
        head, _at, revision = reference.rpartition("@")
        kind, _slash, rest = head.partition("/")
        is_kind = kind in ("hf:datasets", "hf:spaces")
        repo = "/".join(head.split("/")[: 3 if is_kind else 2])
    is_commit = _COMMIT.fullmatch(revision)
    return f"{repo}@{revision[:8] if is_commit else revision}" if repo and revision else reference


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
