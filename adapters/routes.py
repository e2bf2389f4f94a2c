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
from .answers import Json, credentials_answer, plan_answer, settings_answer, state_answer
from .asked import LARGE, Asked, InvalidRequest, guarded
from .guards import TOKEN
from .office import Office

_WAIT, _LONGEST_WAIT = 20.0, 50.0


def add_routes(table: web.RouteTableDef, office: Callable[[], Office]) -> None:
    """Add them to a server's table."""
    routes = _Routes(office)
    for method, path, answer, changes in (
        ("GET", "settings", routes.settings, False),
        ("GET", "state", routes.state, False),
        ("GET", "plans/{plan}", routes.show, False),
        ("POST", "plan", routes.plan, False),
        ("POST", "plans/{plan}/rescan", routes.rescan, False),
        ("POST", "plans/{plan}/install", routes.install, True),
        ("POST", "plans/{plan}/pause", routes.pause, True),
        ("POST", "plans/{plan}/resume", routes.resume, True),
        ("POST", "plans/{plan}/cancel", routes.cancel, True),
        ("POST", "plans/{plan}/retry", routes.retry, True),
        ("POST", "credentials/{place}", routes.set_credential, True),
        ("POST", "credentials/{place}/test", routes.test_credential, True),
    ):
        most = {"most_bytes": LARGE} if path == "plan" else {}
        handler = guarded(office, answer, changes=changes, **most)
        table.route(method, f"/modelget/{path}")(handler)


class _Routes:
    """What each route does once the request was let through."""

    def __init__(self, office: Callable[[], Office]) -> None:
        self._office = office

    async def settings(self, asked: Asked) -> tuple[int, Json]:
        settings = self._office().settings
        stored = await asyncio.to_thread(accounts.stored)
        return 200, settings_answer(settings, stored, TOKEN, asked.caller.may_change)

    async def state(self, asked: Asked) -> tuple[int, Json]:
        since = asked.query.get("since", "0")
        if not since.isascii() or not since.isdecimal() or len(since) > 18:
            raise InvalidRequest("since: not a number")
        return 200, self._state(int(since))

    async def plan(self, asked: Asked) -> tuple[int, Json]:
        given = asked.take(workflow=dict, name=str, wait=(int, float))
        if given["workflow"] is None:
            raise InvalidRequest("the field 'workflow' is missing")
        entry = await asyncio.to_thread(self._open, given["workflow"], given["name"] or "workflow")
        return 200, await self._document(entry, self._desk.ask(entry), given["wait"])

    async def show(self, asked: Asked) -> tuple[int, Json]:
        entry = self._entry(asked)
        return 200, await self._document(entry, self._desk.ask(entry), None)

    async def rescan(self, asked: Asked) -> tuple[int, Json]:
        wait = asked.take(wait=(int, float))["wait"]
        entry = self._entry(asked)
        return 200, await self._document(entry, self._desk.ask(entry, anew=True), wait)

    async def install(self, asked: Asked) -> tuple[int, Json]:
        given = asked.take(item=str, candidate=str, folder=str, allow_pickle=bool)
        entry = self._entry(asked)
        item = None if given["item"] is None else entry.item(given["item"])
        if item is None and any(value is not None for value in given.values()):
            raise InvalidRequest("a decision needs the item that it is about")
        decision = self._decision(entry, item, given) if item is not None else None
        await asyncio.to_thread(self._desk.install, entry, item, decision)
        return 202, self._answer(entry)

    async def pause(self, asked: Asked) -> tuple[int, Json]:
        return await self._wish(asked, self._desk.transfers.pause)

    async def resume(self, asked: Asked) -> tuple[int, Json]:
        return await self._wish(asked, self._desk.transfers.resume)

    async def cancel(self, asked: Asked) -> tuple[int, Json]:
        return await self._wish(asked, self._desk.transfers.cancel)

    async def retry(self, asked: Asked) -> tuple[int, Json]:
        entry, item = self._chosen(asked)
        await asyncio.to_thread(self._desk.retry, entry, item)
        return 200, self._state()

    async def set_credential(self, asked: Asked) -> tuple[int, Json]:
        place, given = _place(asked), asked.take(token=str)
        if "token" not in asked.body:
            raise InvalidRequest("the field 'token' is missing; null clears what is stored")
        await asyncio.to_thread(accounts.store, place, given["token"])
        self._desk.reopen()
        stored = await asyncio.to_thread(accounts.stored)
        return 200, {"credentials": credentials_answer(self._office().settings, stored)}

    async def test_credential(self, asked: Asked) -> tuple[int, Json]:
        place = _place(asked)
        asked.take()
        return 200, await asyncio.to_thread(accounts.test, place, self._desk.shop)

    @property
    def _desk(self) -> Any:
        return self._office().desk

    def _open(self, workflow: Json, name: str) -> Entry:
        entry: Entry = self._desk.open(parse(json.dumps(workflow).encode(), name, self._office().loaders))
        return entry

    def _entry(self, asked: Asked) -> Entry:
        entry: Entry = self._desk.entry(asked.path["plan"])
        return entry

    def _chosen(self, asked: Asked) -> tuple[Entry, int | None]:
        entry, number = self._entry(asked), asked.take(item=str)["item"]
        return entry, None if number is None else entry.item(number)

    async def _document(self, entry: Entry, plan: Future[Any], wait: float | None) -> Json:
        seconds = _WAIT if wait is None else min(max(wait, 0), _LONGEST_WAIT)
        await asyncio.wait([asyncio.wrap_future(plan)], timeout=seconds)
        if plan.done():
            plan.result()
        return self._answer(entry)

    def _answer(self, entry: Entry) -> Json:
        return plan_answer(entry, self._office().shown)

    def _state(self, since: int = 0) -> Json:
        return state_answer(self._desk.transfers.state(since), self._office().shown)

    def _decision(self, entry: Entry, item: int, given: Json) -> Decision:
        folder = given["folder"]
        if folder is not None and folder not in self._office().folders.library().folders:
            raise Unknown("model folder", folder)
        key = given["candidate"]
        chosen = None if key is None else entry.candidate(item, key).id
        return Decision(chosen, folder, bool(given["allow_pickle"]))

    async def _wish(self, asked: Asked, wish: Callable[[Any], int]) -> tuple[int, Json]:
        entry, item = self._chosen(asked)
        await asyncio.to_thread(wish, self._desk.labels(entry, item))
        return 200, self._state()


def _place(asked: Asked) -> str:
    place = asked.path["place"]
    if place not in TOKEN_NAMES:
        raise Unknown("place with a credential", place)
    return place
