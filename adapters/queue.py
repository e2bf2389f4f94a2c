"""``POST /prompt``: let a prompt wait for its models, or say what is missing and how to get it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from ..modelget.desk import Entry, may_fetch_unasked
from ..modelget.errors import ModelgetError
from ..modelget.types import Plan, PlanItem, Status, Workflow
from ..modelget.workflow import parse
from .answers import Json, state_answer
from .asked import peer_of
from .guards import Forbidden, caller
from .office import Office

_logger = logging.getLogger("modelget")
_PATHS = frozenset({"/prompt", "/api/prompt"})
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


class Gate:
    """Stands before ComfyUI's own handling of prompts."""

    def __init__(self, office: Callable[[], Office]) -> None:
        self._office = office

    @property
    def middleware(self) -> Any:
        """Return it as aiohttp takes it: the second parameter must be called ``handler``."""

        @web.middleware
        async def modelget_queue(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.method != "POST" or request.path not in _PATHS:
                return await handler(request)
            try:
                office = self._office()
                mode = office.rules.autofetch
            except Exception:
                _logger.exception("Modelget: a prompt goes on without us")
                return await handler(request)
            if mode == "off":
                return await handler(request)
            return await _pass(request, handler, office, mode == "auto")

        return modelget_queue


async def _pass(request: web.Request, handler: Handler, office: Office, is_auto: bool) -> web.StreamResponse:
    # Read before any wait: a client that gives up would take the prompt with it. aiohttp keeps it for the handler.
    raw = await request.read()
    try:
        if is_auto and _may_fetch(request, office) and (late := await _wait(raw, office)):
            return late
    except ModelgetError as error:
        _logger.warning("Modelget: %s. %s", error, error.hint)
    except Exception:
        _logger.exception("Modelget: a prompt goes on without us")
    response = await handler(request)
    try:
        return await _with_hint(response, raw, office)
    except Exception:
        _logger.exception("Modelget: what is missing could not be told")
        return response


def _may_fetch(request: web.Request, office: Office) -> bool:
    rules = office.rules
    try:
        return caller(peer_of(request), request.headers, rules.hosts, rules.remote).may_change
    except Forbidden:
        return False


async def _wait(raw: bytes, office: Office) -> web.Response | None:
    """Fetch what is missing and may be fetched; return an answer only when that takes too long."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + office.settings.hold_seconds
    entry = await asyncio.to_thread(_missing, raw, office)
    if entry is None:
        return None
    begun = asyncio.ensure_future(asyncio.to_thread(_begin, entry, office))
    await asyncio.wait([begun], timeout=max(deadline - loop.time(), 0))
    if not begun.done():
        return _not_yet(office, [])
    wait = begun.result()
    if wait is None or not wait.is_enough:
        return None
    over = asyncio.wrap_future(office.desk.transfers.when_over(wait.labels))
    office.events.held(entry.id, wait.labels, True)
    await asyncio.wait([over], timeout=max(deadline - loop.time(), 0))
    office.events.held(entry.id, wait.labels, False)
    return None if over.done() else _not_yet(office, wait.labels)


def _missing(raw: bytes, office: Office) -> Entry | None:
    """Return the entry of what the prompt needs, None when all of it is here; asks no place."""
    needs = _needs(raw, office)
    entry = office.desk.open(needs)
    plan = office.desk.glance(entry)
    return entry if any(item.status is not Status.PRESENT for item in plan.items) else None


def _needs(raw: bytes, office: Office) -> Workflow:
    """Return the models of the prompt, with the places that the workflow it came from declares for them."""
    body = parse(raw, "prompt", office.loaders)
    prompt = parse(json.dumps({"prompt": json.loads(raw)["prompt"]}).encode(), "prompt", office.loaders)
    names = {need.name for need in prompt.requirements if need.active}
    return Workflow("prompt", tuple(need for need in body.requirements if need.active and need.name in names))


def _begin(entry: Entry, office: Office) -> _Wait | None:
    """Plan, and begin to fetch what needs nobody; None when that is nothing."""
    plan = office.desk.ask(entry).result()
    safe = [item for item in plan.items if may_fetch_unasked(item)]
    if not safe:
        return None
    labels = office.desk.fetch(entry, safe)
    others = [item for item in plan.items if item not in safe]
    return _Wait(entry, labels, not any(map(_stops_the_prompt, others)))


def _stops_the_prompt(item: PlanItem) -> bool:
    """Tell whether ComfyUI will refuse the prompt without this model; for one named in a text it only warns."""
    return item.status is not Status.PRESENT and item.requirement.how != "prompt"


def _not_yet(office: Office, labels: list[str]) -> web.Response:
    """Tell an API client when to send the prompt again."""
    state = state_answer(office.desk.transfers.state(), office.shown)
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


async def _with_hint(response: web.StreamResponse, raw: bytes, office: Office) -> web.StreamResponse:
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
    missing = await asyncio.to_thread(_told, raw, office)
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


def _told(raw: bytes, office: Office) -> list[Json]:
    """List what is missing, with size and place where a plan was made before; asks no place."""
    entry = office.desk.open(_needs(raw, office))
    plan: Plan = office.desk.glance(entry)
    return [
        _told_item(planned, office)
        for here, planned in zip(plan.items, entry.plan.items, strict=True)
        if here.status is not Status.PRESENT
    ]


def _told_item(item: PlanItem, office: Office) -> Json:
    wanted, candidates = item.requirement, item.resolution.candidates
    state = office.desk.transfers.file(f"{wanted.folder}/{wanted.name}")
    return {
        "file": f"{wanted.folder or '?'}/{wanted.name}",
        "size": candidates[0].size if candidates else None,
        "source": office.shown.text(candidates[0].id) if candidates else next(iter(wanted.urls), None),
        "problem": office.shown.text(state.progress.message) if state else None,
    }
