"""Get models for somebody who waits for them, such as a node that runs, under the owner's rule about fetching unasked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, TimeoutError
from dataclasses import replace
from typing import TypeVar

from ..errors import ModelgetError
from ..judge import judge
from ..progress import Progress, Reporter
from ..types import Plan, PlanItem, Status, Workflow, label_of
from ..units import size
from .desk import Desk
from .entry import Entry
from .rules import may_fetch_unasked

_LOOK_SECONDS = 0.2

T = TypeVar("T")


class ModelMissing(ModelgetError):
    """A model is not here, and nobody allowed fetching it unasked."""

    hint = (
        "Press Install in the Modelget panel (or run `modelget install` on the workflow), then run again. "
        'With autofetch = "auto" in modelget.toml, what is sure and safe is fetched without asking.'
    )


def get(desk: Desk, workflow: Workflow, watch: Reporter) -> Plan:
    """Return the plan once every active model of the workflow is here, proven by what is known of its digest.

    ``watch`` is told a few times a second how far it is; whatever it raises ends the waiting, and pauses what
    is on its way.

    Raises:
        ModelMissing: the owner wants to be asked first, or a person must decide.
        ModelgetError: a fetch failed, or a file is not what it should be.
    """
    entry = desk.open(workflow)
    plan = desk.glance(entry)
    if missing := _missing(plan):
        watch.report(Progress(missing[0].requirement.name, "looking"))
        plan = _until(desk.ask(entry), lambda: watch.report(Progress(missing[0].requirement.name, "looking")))
        if missing := _missing(plan):
            _fetch(desk, entry, missing, watch)
            plan = _until(
                desk.ask(entry), lambda: watch.report(Progress(missing[0].requirement.name, "placing"))
            )
    if missing := _missing(plan):
        raise _refusal(missing)
    for item in plan.items:
        if item.requirement.active:
            _prove(item, desk, watch)
    return plan


def _missing(plan: Plan) -> list[PlanItem]:
    return [item for item in plan.items if item.requirement.active and item.status is not Status.PRESENT]


def _fetch(desk: Desk, entry: Entry, missing: Sequence[PlanItem], watch: Reporter) -> None:
    """Fetch what is missing if that is allowed, and wait for what somebody else began to fetch."""
    allowed = [item for item in missing if _is_on_its_way(desk, item) or _is_allowed(desk, item)]
    if len(allowed) < len(missing):
        raise _refusal([item for item in missing if item not in allowed])
    labels = desk.fetch(entry, allowed)
    desk.transfers.go_on(labels)  # what an interruption paused goes on with the next run
    try:
        _until(desk.transfers.when_over(labels), lambda: watch.report(_together(desk, labels)))
    except BaseException:
        desk.transfers.pause(labels)
        raise
    for state in filter(None, map(desk.transfers.file, labels)):
        if state.progress.phase != "present":
            message = f"{state.progress.name}: {state.progress.message or 'was cancelled'}"
            raise ModelgetError(message, state.progress.hint or "Run again, or look into the Modelget panel.")


def _is_allowed(desk: Desk, item: PlanItem) -> bool:
    return desk.shop.settings.autofetch == "auto" and may_fetch_unasked(item)


def _is_on_its_way(desk: Desk, item: PlanItem) -> bool:
    state = desk.transfers.file(item.download.label) if item.download else None
    return state is not None and not state.is_over


def _until(future: Future[T], look: Callable[[], None]) -> T:
    """Wait for a result, looking around in between."""
    while True:
        try:
            return future.result(_LOOK_SECONDS)
        except TimeoutError:
            if future.done():
                raise
            look()


def _together(desk: Desk, labels: Iterable[str]) -> Progress:
    """Sum up the files that are waited for."""
    files = [state.progress for state in map(desk.transfers.file, labels) if state]
    first = next((one for one in files if one.phase not in ("present", "waiting")), files[0])
    return replace(
        first, done=sum(one.done for one in files), total=sum(one.total or one.done for one in files) or None
    )


def _prove(item: PlanItem, desk: Desk, watch: Reporter) -> None:
    """Read a file whose digest should be known and is not: it was never read, or has changed since."""
    present, library = item.resolution.present, desk.shop.library
    expected = item.requirement.digest or (library.last_digest(present.path) if present else None)
    if present is None or expected is None or library.digest_of(present.path) is not None:
        return
    verdict = judge(present.path, item.requirement, library, lambda _need: None, watch)
    if verdict.problem:
        label = label_of(item.requirement.folder, item.requirement.name or present.path.name)
        hint = "It was not loaded. Move it away and get it again; `modelget verify` shows the digests."
        raise ModelgetError(f"{label}: {verdict.problem}", hint)


def _refusal(missing: Sequence[PlanItem]) -> ModelMissing:
    error = ModelMissing("; ".join(map(_told, missing)))
    decisions = [item.hint for item in missing if item.status is not Status.FETCH and item.hint]
    if decisions:
        error.hint = decisions[0]
    return error


def _told(item: PlanItem) -> str:
    wanted = item.requirement
    best = next(iter(item.resolution.candidates), None)
    name = label_of(wanted.folder, wanted.name or (best.name if best else wanted.urls[0]))
    if best is None:
        return f"{name} is missing, and no place is known that has it"
    amount = "of unknown size" if best.size is None else size(best.size)
    licence = best.terms.licence or "licence not stated"
    return f"{name} is missing: {amount} from {best.id} ({licence})"
