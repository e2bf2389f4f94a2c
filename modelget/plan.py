"""Decide what will happen to each requirement, and refuse what cannot fit; touches nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath

from .errors import ModelgetError, NotEnoughSpace, UnsafePath
from .hosts import without_secrets
from .library import Library
from .licence_policy import choose_licensed, refusal, remark_on_present
from .settings import Limits
from .types import (
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
    to_fetch,
)

_USE = (
    frozenset({"text_encoders", "clip", "clip_vision"}),
    frozenset({"checkpoints", "diffusion_models", "unet"}),
    frozenset({"loras", "controlnet", "style_models", "model_patches"}),
    frozenset({"vae", "vae_approx"}),
    frozenset({"upscale_models", "latent_upscale_models", "frame_interpolation"}),
)
"""Model folders by the moment at which a graph needs them: prompt, sampling, decoding, and what follows."""


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
    items = tuple(
        _item(resolution, library, decisions, allow_pickle, licence_policy) for resolution in resolutions
    )
    destinations = [item.download.destination for item in items if item.download]
    return Plan(workflow, items, library.free_bytes(destinations[0] if destinations else library.models_root))


def settle_conflicts(plans: Iterable[Plan]) -> list[Plan]:
    """Let the first plan have a place that two plans want for different bytes; a person decides the second."""
    owners: dict[Path, tuple[Download, str]] = {}
    return [
        replace(plan, items=tuple(_settled(item, plan.workflow, owners) for item in plan.items))
        for plan in plans
    ]


def _settled(item: PlanItem, workflow: str, owners: dict[Path, tuple[Download, str]]) -> PlanItem:
    if item.download is None:
        return item
    first, other = owners.setdefault(item.download.destination, (item.download, workflow))
    mine, theirs = item.download.candidate, first.candidate
    if (mine.identity or mine.id) == (theirs.identity or theirs.id):
        return item
    hint = f"{other} wants other bytes under this name ({theirs.id}). Install them apart, or pass --choose."
    return replace(item, status=Status.CHOOSE, hint=hint, download=None)


def in_order_of_use(plans: Iterable[Plan]) -> list[Download]:
    """Return what must be placed, each place once, in the order in which a graph needs it.

    The line carries the same bytes in any order, so what is used first had better be here first.
    """
    places = {download.destination: download for plan in plans for download in plan.downloads}
    ordered = sorted(places.values(), key=lambda download: _use(download.label.partition("/")[0]))
    return [replace(download, rank=rank) for rank, download in enumerate(ordered)]


def _use(folder: str) -> int:
    return next((use for use, folders in enumerate(_USE) if folder in folders), len(_USE))


def refuse_what_cannot_fit(
    plans: Iterable[Plan], library: Library, limits: Limits, staged: Callable[[Download], int]
) -> None:
    """Check the disks before the first byte; ``staged`` tells what an interrupted fetch has written already.

    Raises:
        NotEnoughSpace: a filesystem cannot hold the files meant for it and keep its reserve.
        ModelgetError: all files together exceed the owner's limit for one plan.
    """
    total = 0
    needed: dict[int | None, int] = {}
    places: dict[int | None, Path] = {}
    for download in to_fetch(plans):
        device = library.device(download.destination)
        candidate = download.candidate
        # A packed file needs room beside its archive; how much is known only when that is here.
        unpacked = (candidate.size or candidate.fetch_size or 0) if candidate.archive else 0
        missing = max((candidate.fetch_size or 0) - staged(download), 0)
        total += missing
        needed[device] = needed.get(device, 0) + missing + unpacked
        places[device] = download.destination
    for device, size in needed.items():
        free = library.free_bytes(places[device]) - limits.spare_bytes
        if size > free:
            raise NotEnoughSpace(places[device].parent, size, max(free, 0))
    if total > limits.plan_bytes:
        raise ModelgetError(
            f"this would fetch {total / 1e9:.1f} GB, more than the limit of {limits.plan_bytes / 1e9:.0f} GB",
            "Raise plan_gb below [limits] in modelget.toml, or install fewer workflows at once.",
        )


def _item(
    resolution: Resolution, library: Library, decisions: Decisions, allow_pickle: str, licence_policy: str
) -> PlanItem:
    wanted, present = resolution.requirement, resolution.present
    if present and resolution.complaint:
        hint = f"{present.path} is here, but {resolution.complaint}. Move it away, then install again."
        return PlanItem(resolution, Status.CHOOSE, hint)
    if present:
        return PlanItem(resolution, Status.PRESENT, remark_on_present(resolution.candidates, licence_policy))
    sure = [candidate for candidate in resolution.candidates if candidate.evidence.is_sure]
    open_ones = [candidate for candidate in sure if candidate.barrier is None]
    if not open_ones:
        item = _without_candidate(resolution, sure)
        return replace(item, hint=" ".join(filter(None, (item.hint, resolution.advice))))
    if len({candidate.identity or candidate.id for candidate in open_ones}) > 1:
        ids = _ids(open_ones)
        return PlanItem(
            resolution,
            Status.CHOOSE,
            f"Several files claim this name. Pass --choose {wanted.name}=ID with {ids}.",
        )
    chosen, objection = choose_licensed(open_ones, licence_policy)
    is_here = chosen.local is not None  # linked, and nobody's download
    if objection and not (is_here or decisions.accepts_licence(wanted.name)):
        return PlanItem(resolution, Status.DENIED, refusal(objection, wanted.name))
    others = [one for one in open_ones if one is not chosen]
    return _fetch_item(resolution, [chosen, *others], library, decisions, allow_pickle)


def _fetch_item(
    resolution: Resolution,
    candidates: list[Candidate],
    library: Library,
    decisions: Decisions,
    allow_pickle: str,
) -> PlanItem:
    wanted, candidate = resolution.requirement, candidates[0]
    if wanted.folder is None:
        guess = candidate.folder if candidate.folder in library.folders else "FOLDER"
        hint = f"No rule says which model folder it belongs in. Pass --folder {wanted.name}={guess}."
        return PlanItem(resolution, Status.CHOOSE, hint)
    name = _file_name(wanted, candidate)
    if not has_model_suffix(name) and candidate.archive:
        file = f"{candidate.archive.id}#FILE"
        hint = (
            f"It is an archive. Say which file in it: {file}, as in --choose {wanted.name or 'NAME'}={file}."
        )
        return PlanItem(resolution, Status.CHOOSE, hint)
    if not has_model_suffix(name):
        hint = "No place says in what format it is. Plan again without --offline, or pass "
        return PlanItem(
            resolution, Status.CHOOSE, f"{hint}--choose {wanted.name}=ID with a link to the file."
        )
    try:
        destination = library.destination(wanted.folder, name)
    except UnsafePath as error:
        return PlanItem(resolution, Status.DENIED, f"{error}. {error.hint}")
    if candidate.is_pickle or Path(name).suffix.lower() in PICKLE_SUFFIXES:
        if allow_pickle == "never":
            return PlanItem(
                resolution, Status.DENIED, "Pickle files can run code, and the owner forbids them."
            )
        if not (decisions.allows_pickle(name) or decisions.allows_pickle(wanted.name)):
            hint = f"Loading this format can run code. If you trust it, pass --allow-pickle {name}."
            return PlanItem(resolution, Status.CHOOSE, hint)
    if not wanted.active and not decisions.include_inactive:
        return PlanItem(resolution, Status.FETCH, "Its nodes are switched off: not fetched without --all.")
    named = f"No link leads to it: found by its name in {candidate.named_by}." if candidate.named_by else None
    label, staging = f"{wanted.folder}/{name}", library.staging(destination)
    download = Download(
        candidate, destination, staging, label, _alternates(candidates), accepted=decisions.accepted
    )
    return PlanItem(resolution, Status.FETCH, named, download)


def _alternates(candidates: list[Candidate]) -> tuple[Candidate, ...]:
    """Return the other places that have the bytes of the first one, with the size that it publishes."""
    first, *others = candidates
    if first.identity is None:
        return ()
    same = (one for one in others if one.identity == first.identity and one.local is None)
    sized = (one for one in same if first.size is None or one.size in (None, first.size))
    return tuple(replace(one, size=one.size or first.size) for one in sized)


def _ids(candidates: Iterable[Candidate]) -> str:
    """Name the files to choose from, and who says so where that is not the workflow."""
    told = (one.id + (f" (found in {one.named_by})" if one.named_by else "") for one in candidates)
    return " or ".join(dict.fromkeys(told))


def _file_name(wanted: Requirement, candidate: Candidate) -> str:
    """Return what the file will be called: as the workflow says, completed by what its publisher says."""
    if has_model_suffix(wanted.name):
        return wanted.name
    published = candidate.name.replace("\\", "/").rpartition("/")[2]
    if wanted.renamable:
        sub_folder, slash, _stem = wanted.name.rpartition("/")
        return sub_folder + slash + published
    return wanted.name + PurePosixPath(published).suffix


def _without_candidate(resolution: Resolution, barred: list[Candidate]) -> PlanItem:
    wanted = resolution.requirement
    if wanted.is_left_to_pack:
        return PlanItem(resolution, Status.UNRESOLVED, "Its node fetches it by itself when it runs.")
    choose = f"--choose {wanted.name}=ID (hf:owner/repo/path, civitai:VERSION or a link)"
    if barred and barred[0].barrier:
        barrier = barred[0].barrier
        return PlanItem(resolution, Status.DENIED, f"{barrier.message}. {barrier.hint}")
    if resolution.candidates:
        if not any(has_model_suffix(candidate.name) for candidate in resolution.candidates):
            one = f"{resolution.candidates[0].id}/FILE"
            hint = f"Only repositories were found, which may hold it: {_ids(resolution.candidates)}. Look, and take "
            hint += f"a file in one: --choose NAME={one}, or `modelget get {one}`."
            return PlanItem(resolution, Status.CHOOSE, hint)
        choose = f"--choose {wanted.name}=ID with {_ids(resolution.candidates)}"
        return PlanItem(resolution, Status.CHOOSE, f"Not surely the same file. Pass {choose}.")
    if resolution.failures:
        names = ", ".join(sorted({failure.source for failure in resolution.failures}))
        return PlanItem(resolution, Status.UNRESOLVED, f"Could not ask {names}. Try again, or pass {choose}.")
    if wanted.urls:
        return PlanItem(
            resolution, Status.UNRESOLVED, f"Not found at {without_secrets(wanted.urls[0])}. Pass {choose}."
        )
    if wanted.digest:
        known = f"No place knows a file with the digest {wanted.digest}"
        return PlanItem(resolution, Status.UNRESOLVED, f"{known}, and no link is given. Pass {choose}.")
    return PlanItem(resolution, Status.UNRESOLVED, f"The workflow names no place for it. Pass {choose}.")
