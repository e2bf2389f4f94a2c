"""The whole story: parse a workflow, resolve its models, plan, fetch and verify what is missing, load.

Planning changes nothing but the notes that save asking again. Carrying out does what the plan says, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Semaphore

from .by_name import NameList
from .catalog import local_lists
from .dropped import Drops, is_by_hand, recognise
from .errors import Cancelled, InvalidSetting, SourceUnavailable
from .fetch import fetch, give_up, staged_bytes
from .hosts import HostPolicy, without_secrets
from .http import Clock, Http
from .job import Job, Outcomes
from .judge import judge, judge_folder
from .library import Library
from .lock import Unlocked, lock_model
from .lock_file import LockedModel
from .plan import in_order_of_use, make_plan, refuse_what_cannot_fit, settle_conflicts
from .progress import Reporter
from .resolve import look_up, published_digest, renewed, resolve
from .search import searches
from .settings import Settings
from .sources import Source, all_sources
from .types import (
    Candidate,
    Decisions,
    Digest,
    Download,
    Fetched,
    Plan,
    Requirement,
    Resolution,
    Verdict,
    Workflow,
)

_QUESTIONS_AT_ONCE = 8
_LOOK_UP = 0.2
"""Seconds between two looks at whether a file that waits for others was stopped."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What every step works with; made once by whoever starts the story."""

    settings: Settings
    library: Library
    sources: tuple[Source, ...]
    http: Http
    stop: Event
    """Set it, and every fetch ends at its next chunk."""
    lists: tuple[NameList, ...] = ()
    """Who is asked, in this order, about a model of which nothing but the name is known."""


def open_workshop(settings: Settings, library: Library, *, comfyui: Path | None = None) -> Workshop:
    """Bring settings, library, sources, lists of names and the network client together.

    ``comfyui`` is the folder of the installation beside which to look for lists.
    """
    stop = Event()
    sources = tuple(all_sources(settings))
    policy = _policy(sources, settings)
    http = Http(
        policy,
        settings.credentials,
        offline=settings.offline,
        clock=Clock(sleep=stop.wait),
        connections_per_host=settings.limits.connections_per_host,
    )
    lists = (*local_lists(settings.catalog, comfyui), *searches(settings, library))
    return Workshop(settings, library, sources, http, stop, lists)


def plan_for(
    workflows: Sequence[Workflow],
    shop: Workshop,
    decisions: Decisions | None = None,
    drops: Drops | None = None,
) -> list[Plan]:
    """Decide everything for each workflow, in their order; change nothing."""
    decisions, drops = decisions or Decisions(), drops or Drops()
    wanted = [[decisions.applied_to(need) for need in workflow.requirements] for workflow in workflows]
    resolved = _resolve_all((need for needs in wanted for need in needs), shop)
    for need, found in resolved.items():
        if is_by_hand(found, shop.sources, shop.http):
            resolved[need] = recognise(found, shop.library, drops)
    plans = [
        make_plan(
            workflow.name,
            [replace(resolved[_question(need)], requirement=need) for need in needs],
            shop.library,
            decisions,
            shop.settings.allow_pickle,
            shop.settings.licence_policy,
        )
        for workflow, needs in zip(workflows, wanted, strict=True)
    ]
    return settle_conflicts(plans)


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
    with _workers(1 if shop.http.offline else _QUESTIONS_AT_ONCE, shop.stop) as pool:
        found = list(pool.map(lambda need: _known_of(decisions.applied_to(need), shop), needs))
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


def _policy(sources: Sequence[Source], settings: Settings) -> HostPolicy:
    """Allow every source's hosts, and the origins that the owner chose: listed, or set as a mirror."""
    known = HostPolicy.of((host for source in sources for host in source.hosts), ())
    # Only what the owner chose may have a private address, so a built-in host is not listed as an origin.
    mirrors = (place for source in sources for place in source.endpoints if not known.allows(place))
    return HostPolicy.of(known.hosts, (*settings.allow_hosts, *mirrors))


def _resolve_all(needs: Iterable[Requirement], shop: Workshop) -> dict[Requirement, Resolution]:
    """Ask each distinct question once, several at a time."""
    questions = list(dict.fromkeys(map(_question, needs)))
    with (
        shop.library.records_open(),
        _workers(1 if shop.http.offline else _QUESTIONS_AT_ONCE, shop.stop) as pool,
    ):
        answers = pool.map(lambda need: _resolved(need, shop), questions)
        return dict(zip(questions, answers, strict=True))


def _resolved(need: Requirement, shop: Workshop) -> Resolution:
    """Resolve; where licences matter, ask about a file that is here as well."""
    found = resolve(need, shop.library, shop.sources, shop.http, shop.lists)
    if found.present is None or shop.settings.licence_policy == "any":
        return found
    return _with_places(found, shop)


def _known_of(need: Requirement, shop: Workshop) -> Resolution:
    """Find out where a model is and what its places say of it, wherever it is."""
    found = resolve(need, shop.library, shop.sources, shop.http, shop.lists)
    is_known = found.present is None and all(one.source != "library" for one in found.candidates)
    return found if is_known else _with_places(found, shop)


def _with_places(found: Resolution, shop: Workshop) -> Resolution:
    """Ask about a file that is here as well; if the workflow names no place, the one where it was fetched."""
    need = found.requirement
    here = found.present.path if found.present else next((one.local for one in found.candidates), None)
    origin = shop.library.origin_of(here) if here else None
    if origin and not need.urls and not origin.startswith("file:"):
        need = replace(need, urls=(origin,))
    known = look_up(need, shop.library, shop.sources, shop.http)
    sure = tuple(candidate for candidate in known.candidates if candidate.evidence.is_sure)
    return replace(found, candidates=sure or found.candidates, failures=known.failures)


@contextmanager
def _workers(count: int, stop: Event) -> Iterator[ThreadPoolExecutor]:
    """Run a few things at once; when a person interrupts, drop what has not begun and end what has."""
    pool = ThreadPoolExecutor(count, "modelget ask")
    try:
        yield pool
    except BaseException:
        stop.set()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


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


def _question(need: Requirement) -> Requirement:
    """Leave out what only the workflow cares about, so that two workflows can ask the same."""
    return replace(need, wanted_by=(), how=need.how if need.is_left_to_pack else "", active=True)
