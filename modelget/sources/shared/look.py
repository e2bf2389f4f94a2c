"""What sources of links share: reading a link strictly, and looking at what it leads to."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from email.message import Message
from urllib.parse import SplitResult, unquote, urlsplit

from ...documents import is_page
from ...errors import HostNotAllowed, InvalidSetting, SourceUnavailable
from ...hosts import host_of, is_listed, redact
from ...http import Http, Reply, is_rate_limit, retry_after
from ...types import Barrier, Candidate, Digest, Form

ELSEWHERE = "Find the file elsewhere: --choose NAME=ID."

LONGEST_LINK = 2000
"""Characters; beyond it HTTP libraries and servers each refuse in their own way."""

_OPENING = 2**10
_LARGEST_PAGE = 2**20
_GOOGLE_MD5 = re.compile(r"(?:^|[ ,])md5=([A-Za-z0-9+/]{22}==)")
_TOTAL = re.compile(r"bytes 0-[0-9]+/([0-9]{1,18})")


def read_link(text: str, pages: frozenset[str]) -> SplitResult | None:
    """Return the parts of a link to one of these hosts; None for anything else, look-alikes included.

    ``*.suffix`` stands for every name below one.
    """
    if len(text) > LONGEST_LINK or not text.isprintable():
        return None
    try:
        host = host_of(text)
    except InvalidSetting:
        return None
    return urlsplit(text) if is_listed(host.removesuffix(":443"), pages) else None


def is_plain(part: str) -> bool:
    """Tell whether one part of a path, decoded, is a name and nothing else."""
    return part not in ("", ".", "..") and part.isprintable() and not {"/", "\\"} & set(part)


@dataclass(frozen=True, slots=True)
class Look:
    """What a link leads to."""

    url: str
    status: int
    size: int | None
    """Length of the file in bytes."""
    name: str
    """What the server calls the file; empty when it does not say."""
    opening: bytes
    """The first bytes of the file."""
    page: str | None
    """The text of the web page that came instead of a file."""
    served_as: str
    """The last part of the address that the bytes came from in the end."""
    md5: Digest | None
    """What the storage says of the whole file: a claim of its place, against accidents."""
    is_rate_limit: bool
    retry_after: float | None

    @property
    def is_file(self) -> bool:
        """Tell whether the bytes of a file came."""
        return self.status in (200, 206) and self.page is None

    def failure(self, who: str) -> SourceUnavailable:
        """Say that this is no answer to the question."""
        kind = "rate-limited" if self.is_rate_limit else "unavailable"
        what = "a web page instead of the file" if self.status in (200, 206) else f"HTTP {self.status}"
        message = f"{redact(self.url)}: {who} answers {what}"
        return SourceUnavailable(message, kind, self.retry_after, self.status)


def look(url: str, http: Http, form: Form = Form.ANY) -> Look:
    """Ask for the first bytes: unlike HEAD, every server and every signed link answers that.

    Raises:
        HostNotAllowed: the link leads off the list of hosts.
        SourceUnavailable: no answer at all.
    """
    with http.open(url, headers=form.headers | {"Range": f"bytes=0-{_OPENING - 1}"}) as reply:
        content_type = reply.headers.get("Content-Type", "")
        pieces = reply.chunks(_OPENING)
        opening = _take(pieces, _OPENING)
        page = None
        if reply.status not in (200, 206) or is_page(opening, content_type):
            page = (opening + _take(pieces, _LARGEST_PAGE)).decode("utf-8", "replace")
        wait = retry_after(reply.headers, http.clock.wall())
        return Look(
            url,
            reply.status,
            size_of(reply),
            name_of(reply),
            opening,
            page,
            unquote(urlsplit(reply.url).path.rpartition("/")[2]),
            md5_of(reply),
            is_rate_limit(reply.status, reply.headers),
            wait,
        )


def looked_at(
    candidate: Candidate, http: Http, label: str, barriers: Mapping[int, Barrier]
) -> Iterator[Candidate]:
    """Yield a candidate with the size that a look at its link shows, or with what stands before it; nothing if it is gone.

    ``label`` names the place, ``barriers`` say what its refusals mean, by HTTP status.

    Raises:
        SourceUnavailable: the place did not answer the question.
    """
    try:
        seen = look(candidate.url, http)
    except HostNotAllowed as error:
        yield replace(candidate, barrier=leads_off(candidate.id, error))
        return
    if seen.is_file:
        yield replace(candidate, size=seen.size)
    elif barrier := barriers.get(seen.status):
        yield replace(candidate, barrier=barrier)
    elif seen.status not in (404, 410):
        raise seen.failure(label)


def size_of(reply: Reply) -> int | None:
    """Return the length of the whole file behind an answer to a question for its first bytes."""
    if total := _TOTAL.fullmatch(reply.headers.get("Content-Range", "")):
        return int(total[1])
    return reply.length if reply.status == 200 else None  # the length of a part is not the file's


def md5_of(reply: Reply) -> Digest | None:
    """Return the md5 that Google's storage gives: https://cloud.google.com/storage/docs/xml-api/reference-headers."""
    found = _GOOGLE_MD5.search(reply.headers.get("x-goog-hash", ""))
    return Digest("md5", base64.b64decode(found[1]).hex()) if found else None


def name_of(reply: Reply) -> str:
    """Return the last part of the file name that the server proposes, empty without one."""
    header = Message()
    header["Content-Disposition"] = reply.headers.get("Content-Disposition", "")
    return re.split(r"[/\\]", header.get_filename(""))[-1].strip()


def leads_off(where: str, error: HostNotAllowed) -> Barrier:
    """Say that a link is redirected off the list of hosts."""
    return Barrier("host", f"{redact(where)} leads to another place: {error}", error.hint)


def _take(pieces: Iterator[bytes], count: int) -> bytes:
    """Return at least so many bytes, or all there are."""
    taken = bytearray()
    while len(taken) < count and (piece := next(pieces, b"")):
        taken += piece
    return bytes(taken)
