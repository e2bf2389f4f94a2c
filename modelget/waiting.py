"""Wait for the files that only a person can fetch: watch the model folders, and plan anew when something came."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from .dropped import Drops, is_by_hand
from .job import Outcomes
from .pipeline import Workshop, carry_out, plan_for
from .progress import Reporter
from .types import Decisions, Plan, PlanItem, Status, Workflow

LOOK_SECONDS = 2.0
"""Between two looks at a folder: a file that did not change meanwhile is taken for complete, and then proven."""


def wait_for_drops(
    plans: Sequence[Plan], shop: Workshop, decisions: Decisions, reporter: Reporter
) -> Iterator[tuple[list[Plan], Outcomes]]:
    """Watch the model folders until all that a person has to fetch is here, or ``shop.stop`` is set.

    Yields the plans as they are whenever files came and are at rest, with what became of those that were linked.
    """
    folders = {item.requirement.folder for items in awaited(plans, shop) for item in items}
    watched = Watched(lambda: (file.path for name in folders if name for file in shop.library.files(name)))
    while any(awaited(plans, shop)):
        shop.http.clock.wait(shop.stop, LOOK_SECONDS)
        if shop.stop.is_set():
            return
        if (fresh := watched.news()) is not None:
            drops = Drops(reporter, remember=True, fresh=fresh)
            plans, outcomes = _once_more(plans, shop, decisions, drops)
            yield list(plans), outcomes


def awaited(plans: Iterable[Plan], shop: Workshop) -> list[list[PlanItem]]:
    """Return of each plan what a person has to put into a folder."""

    def is_awaited(item: PlanItem) -> bool:
        wanted = item.requirement
        may_come = (
            item.status in (Status.DENIED, Status.CHOOSE) and wanted.active and wanted.folder is not None
        )
        return may_come and is_by_hand(item.resolution, shop.sources, shop.http)

    return [list(filter(is_awaited, plan.items)) for plan in plans]


def _once_more(
    plans: Sequence[Plan], shop: Workshop, decisions: Decisions, drops: Drops
) -> tuple[list[Plan], Outcomes]:
    """Plan what is awaited anew, and link what can be."""
    waiting = awaited(plans, shop)
    needs = [
        Workflow(plan.workflow, tuple(item.requirement for item in items))
        for plan, items in zip(plans, waiting, strict=True)
    ]
    renewed = plan_for(needs, shop, decisions, drops)
    outcomes = carry_out(renewed, shop, drops.reporter)
    parts = zip(plans, waiting, renewed, strict=True)
    return [old.with_items(zip(items, new.items, strict=True)) for old, items, new in parts], outcomes


class Watched:
    """The model files of some folders, looked at now and then."""

    def __init__(self, files: Callable[[], Iterable[Path]]) -> None:
        """Begin: what comes or changes from now on is fresh."""
        self._files = files
        self._before = self._seen = self._told = self._look()

    def news(self) -> frozenset[Path] | None:
        """Return the fresh files when something has changed and has come to rest since the last look, else None."""
        now, before = self._look(), self._seen
        self._seen = now
        if now != before or now == self._told:
            return None
        self._told = now
        return frozenset(path for path, facts in now.items() if self._before.get(path) != facts)

    def _look(self) -> dict[Path, tuple[int, int]]:
        found = {}
        for path in self._files():
            try:
                facts = path.stat()
            except OSError:  # it went away meanwhile
                continue
            found[path] = facts.st_size, facts.st_mtime_ns
        return found
