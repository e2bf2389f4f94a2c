"""A plan, and what became of it, for a person to read."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import ModelgetError
from ..pipeline import Outcomes
from ..types import Fetched, Plan, PlanItem, Status
from .exit_codes import DONE, FAILED, UNDECIDED
from .terminal import colour, plain, size, table

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
    downloads = {download.destination: download.candidate for plan in plans for download in plan.downloads}
    sizes = {
        candidate.digest or place: candidate for place, candidate in downloads.items() if not candidate.local
    }
    known = sum(candidate.size or 0 for candidate in sizes.values())
    unknown = sum(candidate.size is None for candidate in sizes.values())
    free = min((plan.free_bytes for plan in plans), default=0)
    if downloads:
        more = f" and {_count(unknown, 'file')} of unknown size" if unknown else ""
        print(f"To fetch: {_count(len(sizes), 'file')}, {size(known)}{more}. Free: {size(free)}.")
    else:
        print("Nothing to fetch.")


def show_outcomes(plans: Iterable[Plan], outcomes: Outcomes, seconds: float) -> None:
    """Print what arrived, what failed and why."""
    for place, outcome in outcomes.items():
        if isinstance(outcome, ModelgetError):
            print(f"{colour('failed', 'red')}  {plain(place.name)}: {plain(str(outcome))}")
            if outcome.hint:
                print(f"        {plain(outcome.hint)}")
    arrived = [outcome for outcome in outcomes.values() if isinstance(outcome, Fetched)]
    wire = sum(fetched.transferred for fetched in arrived)
    placed = f"{_count(len(arrived), 'file')} placed and verified" if arrived else "Nothing placed"
    speed = f" ({size(wire / seconds)}/s)" if wire and seconds else ""
    print(f"{placed}; {size(wire)} over the network in {seconds:.1f} s{speed}.")
    active = [item for plan in plans for item in plan.items if item.requirement.active]
    if waiting := sum(item.status not in (Status.PRESENT, Status.FETCH) for item in active):
        print(f"{_count(waiting, 'model')} left for you to decide: see the lines above.")


def exit_code(plans: Iterable[Plan], outcomes: Outcomes | None = None) -> int:
    """Return the exit code for plans; without outcomes, what can be fetched needs nobody."""
    if any(isinstance(outcome, ModelgetError) for outcome in (outcomes or {}).values()):
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
    wanted = item.requirement
    name = f"{wanted.folder or '?'}/{wanted.name}"
    best = item.resolution.candidates[0] if item.resolution.candidates else None
    if item.resolution.present or best is None:
        present = item.resolution.present
        return (item.status.value, name, size(present.size) if present else "", "", "")
    where = best.id if verbose or best.local else _short(best.id)
    return (item.status.value, name, size(best.size), where, best.licence or "licence not stated")


def _show_notes(item: PlanItem, verbose: bool) -> None:
    notes = [item.hint] if item.hint else []
    notes += [f"{failure.source} could not answer: {failure.message}" for failure in item.resolution.failures]
    if verbose:
        notes.append("wanted by node " + ", ".join(item.requirement.wanted_by))
        notes += [
            f"{candidate.evidence.name}: {candidate.id} {candidate.digest or ''}"
            for candidate in item.resolution.candidates
        ]
    for note in notes:
        print(f"      {colour(plain(note), 'dim')}")


def _short(identity: str) -> str:
    """Shorten a commit in an id to what people recognise."""
    head, at, revision = identity.rpartition("@")
    return f"{head}@{revision[:8]}" if at and len(revision) == 40 else identity


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
