"""The whole story: parse a workflow, resolve its models, plan, fetch and verify what is missing, load.

Planning changes nothing. Carrying out does what the plan says, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

from .errors import Cancelled, InvalidSetting, ModelgetError, SourceUnavailable
from .fetch import fetch
from .hosts import HostPolicy
from .http import Clock, Http
from .judge import judge
from .library import Library
from .plan import make_plan, refuse_what_cannot_fit, settle_conflicts
from .progress import Progress, Reporter
from .resolve import published_digest, resolve
from .settings import Settings
from .sources import Source, all_sources
from .types import Decisions, Digest, Download, Fetched, Plan, Requirement, Resolution, Verdict, Workflow

Outcomes = Mapping[Path, "Fetched | ModelgetError"]
"""What became of each download, by its destination."""

_QUESTIONS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Workshop:
    """What every step works with; made once by whoever starts the story."""

    settings: Settings
    library: Library
    sources: tuple[Source, ...]
    http: Http
    stop: Event
    """Set it, and every fetch ends at its next chunk."""


def open_workshop(settings: Settings, library: Library) -> Workshop:
    """Bring settings, library, sources and the network client together."""
    stop = Event()
    sources = tuple(all_sources(settings))
    policy = _policy(sources, settings)
    http = Http(policy, settings.credentials, offline=settings.offline, clock=Clock(sleep=stop.wait))
    return Workshop(settings, library, sources, http, stop)


def plan_for(workflows: Sequence[Workflow], shop: Workshop, decisions: Decisions | None = None) -> list[Plan]:
    """Decide everything for each workflow, in their order; change nothing."""
    decisions = decisions or Decisions()
    wanted = [[decisions.applied_to(need) for need in workflow.requirements] for workflow in workflows]
    resolved = _resolve_all((need for needs in wanted for need in needs), shop)
    plans = [
        make_plan(
            workflow.name,
            [replace(resolved[_question(need)], requirement=need) for need in needs],
            shop.library,
            decisions,
            shop.settings.allow_pickle,
        )
        for workflow, needs in zip(workflows, wanted, strict=True)
    ]
    return settle_conflicts(plans)


def carry_out(plans: Sequence[Plan], shop: Workshop, reporter: Reporter) -> Outcomes:
    """Fetch, verify and place what the plans say; one file's failure does not stop the others.

    Raises:
        NotEnoughSpace, ModelgetError: the plans cannot fit; nothing was fetched.
    """
    refuse_what_cannot_fit(plans, shop.library, shop.settings.limits)
    outcomes: dict[Path, Fetched | ModelgetError] = {}
    with _workers(shop.settings.limits.parallel_files, shop.stop) as pool:
        for arrived in pool.map(lambda group: _fetch_group(group, shop, reporter), _groups(plans)):
            outcomes.update(arrived)
    return outcomes


def verify(
    needs: Iterable[Requirement], files: Iterable[Path], shop: Workshop, reporter: Reporter
) -> list[Verdict]:
    """Recompute the digests of the models that workflows need and of files, and judge each."""
    targets: dict[Path, Requirement | None] = dict.fromkeys(files)
    for need in needs:
        if present := shop.library.find(need.folder, need.name):
            targets[present.path] = need

    def published(need: Requirement) -> Digest | None:
        return published_digest(need, shop.sources, shop.http)

    return [judge(path, need, shop.library, published, reporter) for path, need in targets.items()]


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
            f"{reference}: no place has this file, or none understands this id",
            "Ids: hf:owner/repo/path, civitai:VERSION, an AIR, or a link to the file.",
        )
    best = found.candidates[0]
    suggested = best.folder if best.folder in shop.library.folders else None
    return replace(wanted, name=name or best.name, folder=folder or suggested)


def _policy(sources: Sequence[Source], settings: Settings) -> HostPolicy:
    """Allow every source's hosts, and the origins that the owner chose: listed, or set as a mirror."""
    known = HostPolicy.of((host for source in sources for host in source.hosts), ())
    # Only what the owner chose may have a private address, so a built-in host is not listed as an origin.
    mirrors = (place for source in sources for place in source.endpoints if not known.allows(place))
    return HostPolicy.of(known.hosts, (*settings.allow_hosts, *mirrors))


def _resolve_all(needs: Iterable[Requirement], shop: Workshop) -> dict[Requirement, Resolution]:
    """Ask each distinct question once, several at a time."""
    questions = list(dict.fromkeys(map(_question, needs)))
    with _workers(1 if shop.http.offline else _QUESTIONS_AT_ONCE, shop.stop) as pool:
        answers = pool.map(lambda need: resolve(need, shop.library, shop.sources, shop.http), questions)
        return dict(zip(questions, answers, strict=True))


@contextmanager
def _workers(count: int, stop: Event) -> Iterator[ThreadPoolExecutor]:
    """Run a few things at once; when a person interrupts, drop what has not begun and end what has."""
    pool = ThreadPoolExecutor(count)
    try:
        yield pool
    except BaseException:
        stop.set()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _question(need: Requirement) -> Requirement:
    """Leave out what only the workflow cares about, so that two workflows can ask the same."""
    return replace(need, wanted_by=(), how="", active=True)


def _groups(plans: Sequence[Plan]) -> list[list[Download]]:
    """Put downloads of the same bytes together: the first is fetched, the others are linked to it."""
    places = {download.destination: download for plan in plans for download in plan.downloads}
    groups: dict[object, list[Download]] = {}
    for download in places.values():
        groups.setdefault(download.candidate.digest or download.destination, []).append(download)
    return list(groups.values())


def _fetch_group(group: list[Download], shop: Workshop, reporter: Reporter) -> Outcomes:
    outcomes: dict[Path, Fetched | ModelgetError] = {}
    for download in group:
        try:
            outcomes[download.destination] = _fetch_one(download, shop, reporter)
        except ModelgetError as error:
            outcomes[download.destination] = error
            phase = "stopped" if isinstance(error, Cancelled) else "failed"
            reporter.report(Progress(download.label, phase, message=str(error)))
    return outcomes


def _fetch_one(download: Download, shop: Workshop, reporter: Reporter) -> Fetched:
    candidate = download.candidate
    if candidate.digest and (twin := shop.library.find_digest(candidate.digest)):
        download = replace(download, candidate=replace(candidate, local=twin.path))
    fetched = fetch(download, shop.http, reporter, shop.stop)
    if fetched.file.digest:
        shop.library.record(fetched.file.path, fetched.file.digest, candidate.id)
    return fetched
