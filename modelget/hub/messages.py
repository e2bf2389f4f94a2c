"""What comes in and what goes out, free of sockets: requests, answers and byte ranges."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Literal, Protocol

from .content import Content

Origin = Literal["hub", "storage"]

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True, slots=True)
class Request:
    """One request; the path is still percent-encoded."""

    origin: Origin
    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Message
    body: bytes = b""

    @property
    def base_url(self) -> str:
        """The origin as the client named it."""
        return f"http://{self.headers.get('Host', '')}"

    @property
    def token(self) -> str | None:
        """The bearer token, None without one."""
        scheme, _, token = str(self.headers.get("Authorization", "")).partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None

    def first(self, name: str) -> str | None:
        """Return the first value of a query parameter."""
        values = self.query.get(name)
        return values[0] if values else None


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; a content may be sent in part, bytes never are."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Content | bytes = b""


class Route(Protocol):
    """One place, or a part of it."""

    def answer(self, request: Request) -> Answer | None:
        """Answer a request; None when it is not for this place."""
        ...


def json_answer(status: int, value: object, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer with a JSON document."""
    content_type = {"Content-Type": "application/json; charset=utf-8"}
    return Answer(status, {**content_type, **(headers or {})}, json.dumps(value).encode())


def html_answer(status: int, text: str) -> Answer:
    """Answer with a web page."""
    page = f"<!DOCTYPE html>\n<html><head><title>{text}</title></head><body>{text}</body></html>\n"
    return Answer(status, {"Content-Type": "text/html; charset=utf-8"}, page.encode())


def s3_error(status: int, code: str, message: str) -> Answer:
    """Answer as S3 and what speaks like it do."""
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Answer(status, {"Content-Type": "application/xml"}, xml.encode())


@dataclass(frozen=True, slots=True)
class Part:
    """What of an answer is sent: the status, the headers and the bytes from ``start`` to ``stop``."""

    status: int
    headers: Mapping[str, str]
    start: int
    stop: int


def part_of(request: Request, answer: Answer) -> Part:
    """Apply the request's Range header; several ranges at once are answered with the whole."""
    if not isinstance(answer.body, Content):
        return Part(answer.status, answer.headers, 0, len(answer.body))
    size = answer.body.size
    headers = {**answer.headers, "Accept-Ranges": "bytes"}
    wanted = _wanted_range(request, answer, size) if answer.status == 200 else None
    if wanted is None:
        return Part(answer.status, headers, 0, size)
    start, stop = wanted
    if start >= stop:
        return Part(416, {"Content-Range": f"bytes */{size}"}, 0, 0)
    return Part(206, {**headers, "Content-Range": f"bytes {start}-{stop - 1}/{size}"}, start, stop)


def _wanted_range(request: Request, answer: Answer, size: int) -> tuple[int, int] | None:
    """Return the range asked for, empty when it lies outside; None when the whole is to be sent."""
    asked = _RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if asked is None or request.method != "GET" or asked[0] == "bytes=-":
        return None
    if request.headers.get("If-Range", answer.headers.get("ETag")) != answer.headers.get("ETag"):
        return None
    if not asked[1]:
        return max(size - int(asked[2]), 0), size
    start = int(asked[1])
    if asked[2] and int(asked[2]) < start:
        return None
    return start, min(int(asked[2]) + 1, size) if asked[2] else size
