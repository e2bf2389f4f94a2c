"""The routes below ``/modelget/``; docs/routes.md says what each takes and answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from aiohttp import web

from ..modelget.desk import Decision, Entry, Unknown
from ..modelget.settings import TOKEN_NAMES
from ..modelget.workflow import parse
from . import accounts
from .answers import Json, credentials_answer, plan_answer, settings_answer
from .asked import Asked, InvalidRequest, answered
from .guards import TOKEN
from .office import Office, office
from .table import Route

_WAIT, _LONGEST_WAIT = 20.0, 50.0


async def answer(route: Route, request: web.Request) -> web.StreamResponse:
    """Answer one request to one of our routes."""
    place = office()
    return await answered(request, place, route, getattr(Routes(place), route.answer))


class Routes:
    """What each route does once the request was let through."""

    def __init__(self, place: Office) -> None:
        self._office, self._desk = place, place.desk

    async def settings(self, asked: Asked) -> tuple[int, Json]:
        """Say what a page may know of the settings, and the token that it needs to send anything."""
        settings = self._office.settings
        stored = await self._office.run(accounts.stored)
        return 200, settings_answer(settings, stored, TOKEN, asked.caller.may_change)

    async def state(self, asked: Asked) -> tuple[int, Json]:
        """Say where the files stand."""
        since = asked.query.get("since", "0")
        if not since.isascii() or not since.isdecimal() or len(since) > 18:
            raise InvalidRequest("since: not a number")
        return 200, await self._state(int(since))

    async def plan(self, asked: Asked) -> tuple[int, Json]:
        """Plan a workflow."""
        given = asked.take(workflow=dict, name=str, wait=(int, float))
        if given["workflow"] is None:
            raise InvalidRequest("the field 'workflow' is missing")
        entry = await self._office.run(self._open, given["workflow"], given["name"] or "workflow")
        return 200, await self._document(entry, self._desk.ask(entry), given["wait"])

    async def show(self, asked: Asked) -> tuple[int, Json]:
        """Plan the workflow of a plan again, with what places said shortly before."""
        entry = self._entry(asked)
        return 200, await self._document(entry, self._desk.ask(entry), None)

    async def rescan(self, asked: Asked) -> tuple[int, Json]:
        """Plan the workflow of a plan again, and ask every place anew."""
        wait = asked.take(wait=(int, float))["wait"]
        entry = self._entry(asked)
        return 200, await self._document(entry, self._desk.ask(entry, anew=True), wait)

    async def install(self, asked: Asked) -> tuple[int, Json]:
        """Begin to fetch one item, or all that need no decision."""
        given = asked.take(
            item=str, candidate=str, folder=str, allow_pickle=bool, accept_licence=bool, accept_digest=str
        )
        entry = self._entry(asked)
        item = None if given["item"] is None else entry.item(given["item"])
        if item is None and any(value is not None for value in given.values()):
            raise InvalidRequest("a decision needs the item that it is about")
        if given["candidate"] is not None and given["accept_digest"] is not None:
            raise InvalidRequest("the bytes that were kept aside are those of the candidate chosen before")
        decision = self._decision(entry, item, given) if item is not None else None
        await self._office.run(self._desk.install, entry, item, decision)
        return 202, await self._answer(entry)

    async def pause(self, asked: Asked) -> tuple[int, Json]:
        """Stop fetching for now."""
        return await self._wish(asked, self._desk.transfers.pause)

    async def resume(self, asked: Asked) -> tuple[int, Json]:
        """Go on with what was paused."""
        return await self._wish(asked, self._desk.transfers.resume)

    async def cancel(self, asked: Asked) -> tuple[int, Json]:
        """Give up, and throw away what arrived."""
        return await self._wish(asked, self._desk.transfers.cancel)

    async def retry(self, asked: Asked) -> tuple[int, Json]:
        """Begin again what failed or was cancelled."""
        entry, item = self._chosen(asked)
        await self._office.run(self._desk.retry, entry, item)
        return 200, await self._state()

    async def set_credential(self, asked: Asked) -> tuple[int, Json]:
        """Keep a token, or forget it."""
        place, given = _place(asked), asked.take(token=str)
        if "token" not in asked.body:
            raise InvalidRequest("the field 'token' is missing; null clears what is stored")
        await self._office.run(accounts.store, place, given["token"])
        self._desk.reopen()
        stored = await self._office.run(accounts.stored)
        return 200, {"credentials": credentials_answer(self._office.settings, stored)}

    async def test_credential(self, asked: Asked) -> tuple[int, Json]:
        """Ask a place whether it accepts our token."""
        place = _place(asked)
        asked.take()
        return 200, await self._office.run(accounts.test, place, self._desk.shop)

    def _open(self, workflow: Json, name: str) -> Entry:
        return self._desk.open(parse(json.dumps(workflow).encode(), name, self._office.loaders))

    def _entry(self, asked: Asked) -> Entry:
        return self._desk.entry(asked.path["plan"])

    def _chosen(self, asked: Asked) -> tuple[Entry, int | None]:
        entry, number = self._entry(asked), asked.take(item=str)["item"]
        return entry, None if number is None else entry.item(number)

    async def _document(self, entry: Entry, plan: Future[Any], wait: float | None) -> Json:
        seconds = _WAIT if wait is None else min(max(wait, 0), _LONGEST_WAIT)
        await asyncio.wait([asyncio.wrap_future(plan)], timeout=seconds)
        if plan.done():
            plan.result()
        return await self._answer(entry)

    async def _answer(self, entry: Entry) -> Json:
        # A large plan takes longer to write down than other requests shall wait.
        return await self._office.run(
            lambda: plan_answer(entry, self._office.settings.licence_policy, self._office.shown)
        )

    async def _state(self, since: int = 0) -> Json:
        return await self._office.run(self._office.state, since)

    def _decision(self, entry: Entry, item: int, given: Json) -> Decision:
        folder = given["folder"]
        if folder is not None and folder not in self._office.folders.library().folders:
            raise Unknown("model folder", folder)
        key = given["candidate"]
        chosen = None if key is None else entry.candidate(item, key).id
        digest = given["accept_digest"]
        accepted = None if digest is None else self._desk.kept_aside(entry, item, digest)
        return Decision(chosen, folder, bool(given["allow_pickle"]), bool(given["accept_licence"]), accepted)

    async def _wish(self, asked: Asked, wish: Callable[[Any], int]) -> tuple[int, Json]:
        entry, item = self._chosen(asked)
        await self._office.run(wish, self._desk.labels(entry, item))
        return 200, await self._state()


def _place(asked: Asked) -> str:
    place = asked.path["place"]
    if place not in TOKEN_NAMES:
        raise Unknown("place with a credential", place)
    return place
