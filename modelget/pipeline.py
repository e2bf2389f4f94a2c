"""The whole story: parse a workflow, resolve its models, plan, fetch and verify what is missing, load.

Planning changes nothing but the notes that save asking again. Carrying out does what the plan says, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Semaphore

from .asking import know_all, resolve_all
from .by_reference import requirement_for
from .dropped import Drops
from .errors import Cancelled
from .fetch import fetch, give_up, staged_bytes
from .job import Job, Outcomes
from .judge import judge, judge_folder
from .lock import Unlocked, lock_model
from .lock_file import LockedModel
from .plan import in_order_of_use, make_plan, refuse_what_cannot_fit, settle_conflicts
from .progress import Reporter
from .resolve import published_digest, renewed
from .types import Candidate, Decisions, Digest, Download, Fetched, Plan, Requirement, Verdict, Workflow
from .workshop import Workshop, open_workshop

__all__ = ["Workshop", "begin", "carry_out", "lock", "open_workshop", "plan_for", "requirement_for", "verify"]

_LOOK_UP = 0.2
"""Seconds between two looks at whether a file that waits for others was stopped."""


def plan_for(
    workflows: Sequence[Workflow],
    shop: Workshop,
    decisions: Decisions | None = None,
    drops: Drops | None = None,
) -> list[Plan]:
    """Decide everything for each workflow, in their order; place nothing."""
    decisions, settings = decisions or Decisions(), shop.settings
    wanted = [[decisions.applied_to(need) for need in workflow.requirements] for workflow in workflows]
    answers = resolve_all((need for needs in wanted for need in needs), shop, drops or Drops())
    return settle_conflicts(
        make_plan(
            workflow.name,
            answers.to(needs),
            shop.library,
            decisions,
            settings.allow_pickle,
            settings.licence_policy,
        )
        for workflow, needs in zip(workflows, wanted, strict=True)
    )


def begin(plans: Sequence[Plan], shop: Workshop, reporter: Reporter, places: Semaphore | None = None) -> Job:
    """Return the work that the plans call for, ready to run; first needed, first fetched.

    Jobs that are given the same ``places`` together fetch that many files at once.

    Raises:
        NotEnoughSpace, ModelgetError: the plans cannot fit; nothing was fetched.
    """
    refuse_what_cannot_fit(plans, shop.library, shop.settings.limits, staged_bytes)

    def fetch_one(download: Download, watching: Reporter, stop: Event) -> Fetched:
        with _place(places, download, stop):
            return fetch(download, shop.http, watching, stop, shop.library, renew)

    def renew(candidate: Candidate) -> Candidate | None:
        return renewed(candidate, shop.sources, shop.http)

    def discard(download: Download) -> None:
        give_up(download, shop.http.clock)

    at_once = shop.settings.limits.parallel_files
    return Job(in_order_of_use(plans), fetch_one, discard, reporter, at_once=at_once, stop=shop.stop)


def carry_out(plans: Sequence[Plan], shop: Workshop, reporter: Reporter) -> Outcomes:
    """Fetch, verify and place what the plans say; one file's failure does not stop the others.

    Raises:
        NotEnoughSpace, ModelgetError: the plans cannot fit; nothing was fetched.
    """
    return begin(plans, shop, reporter).run()


def lock(
    workflow: Workflow, shop: Workshop, decisions: Decisions, reporter: Reporter
) -> list[tuple[Requirement, LockedModel | Unlocked]]:
    """Pin each model of a workflow; reads the files that are here and nobody recorded, changes nothing."""
    needs = [need for need in workflow.requirements if not need.is_left_to_pack]
    found = know_all([decisions.applied_to(need) for need in needs], shop)
    return [
        (need, lock_model(need, resolution, shop.library, reporter))
        for need, resolution in zip(needs, found, strict=True)
    ]


def verify(
    needs: Iterable[Requirement], files: Iterable[Path], shop: Workshop, reporter: Reporter
) -> list[Verdict]:
    """Recompute the digests of the models that workflows need and of files and folders, and judge each file."""
    targets: dict[Path, Requirement | None] = dict.fromkeys(files)
    for need in needs:
        if present := shop.library.locate(need):
            targets[present.path] = need

    def published(need: Requirement) -> Digest | None:
        return published_digest(need, shop.sources, shop.http)

    return [
        verdict
        for path, need in targets.items()
        for verdict in (
            judge_folder(path, shop.library, reporter, need.files if need else ())
            if path.is_dir()
            else [judge(path, need, shop.library, published, reporter)]
        )
    ]


@contextmanager
def _place(places: Semaphore | None, download: Download, stop: Event) -> Iterator[None]:
    """Wait for a place beside the files of other jobs, unless somebody ends the wait."""
    while places and not places.acquire(timeout=_LOOK_UP):
        if stop.is_set():
            raise Cancelled(f"{download.label}: stopped")
    try:
        yield
    finally:
        if places:
            places.release()
