"""``POST /prompt``: let a prompt wait for its models, or say what is missing and how to get it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from ..modelget.desk import Entry, may_fetch_unasked
from ..modelget.errors import ModelgetError
from ..modelget.types import Plan, PlanItem, Status, Workflow, label_of
from ..modelget.workflow import parse
from .answers import Json
from .asked import peer_of
from .guards import Forbidden, caller
from .office import Office, office

_logger = logging.getLogger("modelget")
_HINT = (
    'Press Install in the Modelget panel, or run `modelget install` on the workflow, or set autofetch = "auto" '
    "in user/__modelget/modelget.toml."
)
_RETRY_SECONDS = (5, 120)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class _Wait:
    """A prompt that waits: for these files of this plan."""

    entry: Entry
    labels: list[str]
    is_enough: bool
    """Whether nothing else is missing, so that waiting helps."""


async def serve(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a prompt: after its models arrived if the owner wants that, with a hint if they are missing."""
    try:
        place = office()
        mode = (await place.run(place.rules)).autofetch
    except Exception:
        _logger.exception("Modelget: a prompt goes on without us")
        return await handler(request)
    return await handler(request) if mode == "off" else await _pass(request, handler, place, mode == "auto")


async def _pass(request: web.Request, handler: Handler, place: Office, is_auto: bool) -> web.StreamResponse:
    # Read before any wait: a client that gives up would take the prompt with it. aiohttp keeps it for the handler.
    raw = await request.read()
    try:
        if is_auto and _may_fetch(request, place) and (late := await _wait(raw, place)):
            return late
    except ModelgetError as error:
        _logger.warning("Modelget: %s. %s", error, error.hint)
    except Exception:
        _logger.exception("Modelget: a prompt goes on without us")
    response = await handler(request)
    try:
        return await _with_hint(response, raw, place)
    except Exception:
        _logger.exception("Modelget: what is missing could not be told")
        return response


def _may_fetch(request: web.Request, place: Office) -> bool:
    rules = place.rules()
    try:
        return caller(peer_of(request), request.headers, rules.hosts, rules.remote).may_change
    except Forbidden:
        return False


async def _wait(raw: bytes, place: Office) -> web.Response | None:
    """Fetch what is missing and may be fetched; return an answer only when that takes too long."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + place.settings.hold_seconds
    entry = await place.run(_missing, raw, place)
    if entry is None:
        return None
    asked = asyncio.wrap_future(place.desk.ask(entry))
    await asyncio.wait([asked], timeout=max(deadline - loop.time(), 0))
    if not asked.done():
        return _not_yet(place, [])
    wait = await place.run(_begin, entry, asked.result(), place)
    if wait is None or not wait.is_enough:
        return None
    over = asyncio.wrap_future(place.desk.transfers.when_over(wait.labels))
    place.events.held(entry.id, wait.labels, True)
    await asyncio.wait([over], timeout=max(deadline - loop.time(), 0))
    place.events.held(entry.id, wait.labels, False)
    return None if over.done() else _not_yet(place, wait.labels)


def _missing(raw: bytes, place: Office) -> Entry | None:
    """Return the entry of what the prompt needs, None when all of it is here; asks no place."""
    needs = _needs(raw, place)
    entry = place.desk.open(needs)
    plan = place.desk.glance(entry)
    return entry if any(item.status is not Status.PRESENT for item in plan.items) else None


def _needs(raw: bytes, place: Office) -> Workflow:
    """Return the models of the prompt, with the places that the workflow it came from declares for them."""
    body = parse(raw, "prompt", place.loaders)
    prompt = parse(json.dumps({"prompt": json.loads(raw)["prompt"]}).encode(), "prompt", place.loaders)
    names = {need.name for need in prompt.requirements if need.active}
    return Workflow("prompt", tuple(need for need in body.requirements if need.active and need.name in names))


def _begin(entry: Entry, plan: Plan, place: Office) -> _Wait | None:
    """Begin to fetch what needs nobody; None when that is nothing."""
    for item in plan.items:
        if (
            item.resolution.complaint
        ):  # ComfyUI does not look at digests, so the prompt will run with that file
            _logger.warning("Modelget: %s", item.hint)
    safe = [item for item in plan.items if may_fetch_unasked(item)]
    if not safe:
        return None
    labels = place.desk.fetch(entry, safe)
    others = [item for item in plan.items if item not in safe]
    return _Wait(entry, labels, not any(map(_stops_the_prompt, others)))


def _stops_the_prompt(item: PlanItem) -> bool:
    """Tell whether ComfyUI will refuse the prompt without this model; for one named in a text it only warns."""
    return item.status is not Status.PRESENT and item.requirement.how != "prompt"


def _not_yet(place: Office, labels: list[str]) -> web.Response:
    """Tell an API client when to send the prompt again."""
    state = place.state()
    state["files"] = [file for file in state["files"] if file["file"] in labels]
    left = state["totals"]["seconds_left"] or _RETRY_SECONDS[0]
    seconds = round(min(max(left, _RETRY_SECONDS[0]), _RETRY_SECONDS[1]))
    names = ", ".join(labels) or "the models that this prompt needs"
    error = {
        "type": "modelget_fetching",
        "message": f"Modelget is fetching models for this prompt. Send it again in {seconds} s.",
        "details": names,
        "extra_info": {"modelget": state},
    }
    body = {"error": error, "node_errors": {}}
    return web.json_response(body, status=503, headers={"Retry-After": str(seconds)})


async def _with_hint(response: web.StreamResponse, raw: bytes, place: Office) -> web.StreamResponse:
    """Add to ComfyUI's refusal which models are missing and what to do about it."""
    if (
        response.status != 400
        or not isinstance(response, web.Response)
        or not isinstance(response.body, bytes)
    ):
        return response
    answer = json.loads(response.body)
    if not _is_about_files(answer):
        return response
    missing = await place.run(_told, raw, place)
    if not missing:
        return response
    _logger.warning("Modelget: missing: %s. %s", ", ".join(one["file"] for one in missing), _HINT)
    answer["error"]["extra_info"] = dict(answer["error"].get("extra_info") or {}) | {
        "modelget": {"missing": missing, "hint": _HINT}
    }
    return web.json_response(answer, status=response.status)


def _is_about_files(answer: Json) -> bool:
    nodes = answer.get("node_errors") if isinstance(answer, dict) else None
    errors = [error for node in (nodes or {}).values() for error in node.get("errors", [])]
    return any(error.get("type") == "value_not_in_list" for error in errors)


def _told(raw: bytes, place: Office) -> list[Json]:
    """List what is missing, with size and place where a plan was made before; asks no place."""
    entry = place.desk.open(_needs(raw, place))
    plan: Plan = place.desk.glance(entry)
    return [
        _told_item(planned, place)
        for here, planned in zip(plan.items, entry.plan.items, strict=True)
        if here.status is not Status.PRESENT
    ]


def _told_item(item: PlanItem, place: Office) -> Json:
    wanted, candidates = item.requirement, item.resolution.candidates
    state = place.desk.transfers.file(f"{wanted.folder}/{wanted.name}")
    return {
        "file": label_of(wanted.folder, wanted.name),
        "size": candidates[0].fetch_size if candidates else None,
        "source": place.shown.text(candidates[0].id) if candidates else next(iter(wanted.urls), None),
        "problem": place.shown.text(state.progress.message) if state else None,
    }
