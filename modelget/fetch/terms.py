"""What an answer must be for its body to be the wanted file, or to continue what is here of it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from ..documents import is_page
from ..errors import (
    AccessDenied,
    BadAnswer,
    ModelgetError,
    NotEnoughSpace,
    SourceUnavailable,
    UnsafeFile,
)
from ..http import Http, Reply, retry_after
from ..http.waiting import RETRIED_STATUSES
from ..types import Download
from ..verify import Hasher, check_opening
from .answers import Headers, content_range, length_beyond_range, strong_etag
from .part import Part

_TELLING = 64
"""With this many first bytes, a file that looks wrong is wrong."""

_LEFT_FREE = 2**30
"""Bytes that a body of unknown length, perhaps an endless one, may not take from the disk."""


@dataclass(frozen=True, slots=True)
class Body:
    """Which stretch of which file an answer carries."""

    start: int
    stop: int | None
    """None when nothing tells where it ends."""
    total: int | None
    etag: str
    is_anew: bool = False
    """The file begins again: nothing that is here may be kept."""


class Overflow(BadAnswer):
    """What came is not the file, however much of it: nothing of it is kept."""


class Changed(SourceUnavailable):
    """The server cannot continue what is here; it may send the file as a whole."""


class Terms:
    """The judge of answers; changes nothing."""

    def __init__(self, download: Download, part: Part, http: Http) -> None:
        self._download, self._part, self._http = download, part, http
        candidate = download.candidate
        self.is_provable = Hasher(candidate.digest, candidate.size).proves(candidate.digest)
        """A digest will tell whether the bytes belong together, whoever sent them."""

    @property
    def can_continue(self) -> bool:
        """Whether anything will tell if the rest does not belong to the bytes that are here."""
        return self.is_provable or bool(self._part.etag)

    @property
    def if_range(self) -> str:
        """The validator that an answer must still have; a digest proves more, whatever the server calls it."""
        return "" if self.is_provable else self._part.etag

    @property
    def total(self) -> int | None:
        """The file's length in bytes as far as anything tells it."""
        return self._part.total if self._part.total is not None else self._download.candidate.size

    def may_join(self, reply: Reply) -> bool:
        """Tell whether other answers can be proven to belong to this one: else the file must come in one."""
        return reply.status != 206 or self.can_continue or bool(strong_etag(reply.headers))

    def is_replaced(self, reply: Reply) -> bool:
        """Tell whether a server that has ranges begins another file: in parts it will be here sooner."""
        return reply.status == 200 and reply.headers.get("Accept-Ranges", "").lower() == "bytes"

    def is_same_file(self, total: int, headers: Headers) -> bool:
        """Tell whether a part belongs to the file that is here, by its total length and its headers."""
        etag = self._part.etag
        same = self.is_provable or (etag != "" and strong_etag(headers) == etag)
        return same and self._part.total in (None, total) and self._part.end <= total

    def body(self, reply: Reply, *, ranged: bool) -> Body:
        """Decide what an answer's body is: a continuation, the whole file, or a refusal.

        Raises:
            AccessDenied, BadAnswer, SourceUnavailable: the server refuses, or has another file.
            Changed: what it sends does not continue what is here.
            NotEnoughSpace: the file cannot fit.
            UnsafeFile: it is no model, or nobody could tell whether it is complete.
        """
        if reply.status == 206 and ranged:
            body = self._range(reply)
        elif reply.status == 200:
            self._refuse_page(reply)
            total = self._download.candidate.size if reply.length is None else reply.length
            body = Body(0, total, total, strong_etag(reply.headers), is_anew=self._part.size > 0)
        elif reply.status == 416 and self._part.size:
            body = self._nothing_more(reply)
        else:
            raise self._refusal(reply)
        self._check_length(body.total, reply)
        self._check_room(body)
        return body

    def check_chunk(self, at: int, chunk: bytes, stop: int | None, reply: Reply) -> None:
        """Refuse a body by its first bytes, or when it goes on after its end or is about to fill the disk."""
        # A line cut after a few bytes proves nothing.
        if at == 0 and (len(chunk) >= _TELLING or len(chunk) == self._part.total):
            self._check_opening(chunk, reply)
        if stop is None and self._free < _LEFT_FREE:
            reason = "its length is not known, and the disk is almost full"
        elif stop is not None and at + len(chunk) > stop:
            reason = f"the server sent more than the {stop} bytes it declared"
        else:
            return
        raise Overflow(f"{self._download.label}: {reason}")

    def _range(self, reply: Reply) -> Body:
        start, stop, total = content_range(reply.headers) or (-1, 0, 0)
        is_first = not self._part.size and not self._part.etag
        etag = strong_etag(reply.headers) if is_first else self._part.etag
        is_whole = (start, stop) == (0, total)
        joins = is_whole or self.is_same_file(total, reply.headers) or (is_first and bool(etag))
        if start != self._part.front or not joins:
            raise Changed(f"{self._download.label}: the server cannot continue; starting over")
        return Body(start, stop, total, etag)

    def _nothing_more(self, reply: Reply) -> Body:
        front = self._part.front
        if not self.is_same_file(front, reply.headers) or length_beyond_range(reply.headers) != front:
            raise Changed(f"{self._download.label}: the file changed at its source; starting over")
        return Body(front, front, front, self._part.etag)

    def _refuse_page(self, reply: Reply) -> None:
        """Keep what is here when a page comes instead of the rest: its place has a limit, or the link is old."""
        if self._part.size and is_page(b"", reply.headers.get("Content-Type", "")):
            where = (
                f"{self._download.label} from {self._download.candidate.id}: a web page instead of the rest"
            )
            raise AccessDenied(where, reply.status)

    def _check_length(self, total: int | None, reply: Reply) -> None:
        published = self._download.candidate.size
        if total is None and not self.is_provable:
            raise UnsafeFile(
                self._download.label, "the server does not say how long the file is, and no digest is known"
            )
        if published is not None and total != published:
            if reply.status == 200:  # a page instead of the file says more than a wrong length
                self._check_opening(next(reply.chunks(), b""), reply)
            raise BadAnswer(
                f"{self._download.label}: the server offers {total} bytes, {published} were published",
                "The publisher replaced the file: run `modelget plan` again.",
            )

    def _check_room(self, body: Body) -> None:
        here = 0 if body.is_anew else self._part.size
        missing = (body.total or 0) - here
        # What was written for a file that begins again makes room for it.
        free = self._free + (self._part.size if body.is_anew else 0)
        if missing > free:
            raise NotEnoughSpace(self._download.staging, missing, free)

    def _check_opening(self, chunk: bytes, reply: Reply) -> None:
        check_opening(self._download.destination.name, chunk, reply.headers.get("Content-Type", ""))

    @property
    def _free(self) -> int:
        return shutil.disk_usage(self._download.staging).free

    def _refusal(self, reply: Reply) -> ModelgetError:
        where = f"{self._download.label} from {self._download.candidate.id}"
        if reply.status in RETRIED_STATUSES:
            wait = retry_after(reply.headers, self._http.clock.wall())
            self._http.budget(reply.url).refused(wait)
            return SourceUnavailable(f"{where}: HTTP {reply.status}", retry_after=wait)
        if reply.status in (401, 403, 404, 410, 451):
            return AccessDenied(where, reply.status)
        return BadAnswer(f"{where}: HTTP {reply.status}")
