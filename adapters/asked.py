"""One request to our routes, checked: who asks, and what; every refusal in the same form."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from aiohttp import web

from ..modelget.desk import Unknown
from ..modelget.errors import InvalidWorkflow, ModelgetError
from .answers import Json, error_answer
from .guards import Caller, Forbidden, caller, check_token
from .office import Office
from .table import Route

_logger = logging.getLogger("modelget")
_Value = TypeVar("_Value")


class InvalidRequest(ModelgetError):
    """The body is not what the route takes."""

    hint = "docs/routes.md of the pack says what each route takes."


class TooLarge(InvalidRequest):
    """The body is larger than any that makes sense."""


class NotJson(InvalidRequest):
    """The body is of another content type."""


class InternalError(ModelgetError):
    """A fault of ours."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that may be answered."""

    caller: Caller
    body: Mapping[str, Any]
    path: Mapping[str, str]
    query: Mapping[str, str]

    def take(self, **kinds: type | tuple[type, ...]) -> dict[str, Any]:
        """Return the body's fields; raise InvalidRequest for one that is unknown or of another type."""
        for name, value in self.body.items():
            if name not in kinds:
                raise InvalidRequest(
                    f"there is no field {name[:80]!r}; there are {', '.join(kinds) or 'none'}"
                )
            if value is not None and not _is(value, kinds[name]):
                raise InvalidRequest(f"the field {name!r} has another type")
        return {name: self.body.get(name) for name in kinds}


Answer = Callable[[Asked], Awaitable[tuple[int, Json]]]


async def answered(request: web.Request, office: Office, route: Route, answer: Answer) -> web.StreamResponse:
    """Answer a request if its caller may ask, and tell every refusal in the same form."""
    try:
        status, body = await answer(await _check(request, office, route))
    except ModelgetError as error:
        status, body = _status(error), error_answer(error, office.shown)
    except Exception:
        _logger.exception("Modelget: %s %s failed", request.method, request.path)
        fault = InternalError("a fault of Modelget", "ComfyUI's log says more; please report it.")
        status, body = 500, error_answer(fault)
    # Large plans are written down, and large workflows read, off the event loop.
    text = await office.run(_written, body)
    headers = {"Cache-Control": "no-store"}
    return web.Response(text=text, status=status, content_type="application/json", headers=headers)


def _written(body: Json) -> str:
    """Write JSON with long lists piece by piece: one call would hold up the event loop from its own thread too."""
    parts = [
        f"{json.dumps(name)}: "
        + (f"[{', '.join(map(json.dumps, value))}]" if isinstance(value, list) else json.dumps(value))
        for name, value in body.items()
    ]
    return "{" + ", ".join(parts) + "}"


async def _check(request: web.Request, office: Office, route: Route) -> Asked:
    rules = await office.run(office.rules)
    who = caller(peer_of(request), request.headers, rules.hosts, rules.remote)
    body: Mapping[str, Any] = {}
    if request.method != "GET":
        check_token(request.headers)
        if route.changes:
            who.check_change()
        body = await office.run(_object_in, await _raw_body(request, route.most_bytes))
    return Asked(who, body, request.match_info, request.query)


def peer_of(request: web.Request) -> str | None:
    """Return the address of the other end of the connection; None where it has none."""
    peer = request.transport.get_extra_info("peername") if request.transport else None
    return str(peer[0]) if isinstance(peer, tuple) and peer else None


async def _raw_body(request: web.Request, most_bytes: int) -> bytes:
    if request.content_type != "application/json":
        raise NotJson("the body must be JSON", "Send it with Content-Type: application/json.")
    raw = bytearray()
    async for piece in request.content.iter_chunked(2**16):
        raw += piece
        if len(raw) > most_bytes:
            raise TooLarge(f"the body is larger than {most_bytes:,} bytes")
    return bytes(raw)


def _object_in(raw: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(raw or b"{}")
    except (ValueError, RecursionError):
        raise InvalidRequest("the body is not valid JSON") from None
    if not isinstance(body, dict):
        raise InvalidRequest("the body is not a JSON object")
    return body


def _status(error: ModelgetError) -> int:
    by_kind: dict[type[ModelgetError], int] = {
        Forbidden: 403,
        TooLarge: 413,
        NotJson: 415,
        InvalidRequest: 400,
        InvalidWorkflow: 400,
        Unknown: 404,
    }
    return next((status for kind, status in by_kind.items() if isinstance(error, kind)), 409)


def _is(value: object, kind: type | tuple[type, ...]) -> bool:
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
