"""Receive the bytes of one file: ask for what is missing, retry while it helps, hash as they come."""

from __future__ import annotations

import shutil
from contextlib import closing
from threading import Event

from ..errors import (
    AccessDenied,
    Cancelled,
    FetchFailed,
    ModelgetError,
    NotEnoughSpace,
    SourceUnavailable,
    UnsafeFile,
)
from ..http import Http, Reply, retry_after
from ..http.waiting import LONGEST_WAIT, RETRIED_STATUSES, backoff
from ..progress import Progress, Reporter
from ..types import Download
from ..verify import Hasher, check_opening
from .headers import content_range, length_beyond_range, strong_etag
from .part import DISK_FULL, Part
from .ranges import PART, Ranges

_CHUNK = 2**20
_TELLING = 64
"""With this many first bytes, a file that looks wrong is wrong."""

_TRIES = 8
_RENEWING_BYTES = 2**20
"""A try that brought this much was not in vain: the budget of tries starts anew."""

_CONNECTIONS = 8
_PARTS_FROM = 32 * 2**20
"""Bytes still missing below which one connection is as fast as several."""

_LEFT_FREE = 2**30
"""Bytes that a body of unknown length, perhaps an endless one, may not take from the disk."""


class Transfer:
    """One file on its way: the part it fills, the hash of it, and the bytes it cost."""

    def __init__(self, download: Download, part: Part, http: Http, reporter: Reporter, stop: Event) -> None:
        self.download, self.part = download, part
        self.received = 0
        self.doubtful = part.size > 0
        """A wrong digest may be our doing: bytes of several answers were joined, or their end was not marked."""
        self._http, self._reporter, self._stop = http, reporter, stop
        self._alone = False  # more than one connection has proved useless
        candidate = download.candidate
        self._provable = Hasher(candidate.digest, candidate.size).proves(candidate.digest)
        if not self._can_continue or part.size > (candidate.size or part.size):
            part.restart()
        self.hasher = self._hash_of_part()
        if self._provable and part.size and part.size == candidate.size:
            part.total = part.size

    def run(self) -> None:
        """Receive until the file is complete.

        Raises:
            AccessDenied: the server refuses; asking again cannot help.
            Cancelled: a person stopped it; what arrived is kept.
            FetchFailed, SourceUnavailable: the tries are used up; what arrived is kept.
            NotEnoughSpace: the disk is full; what arrived is kept.
            UnsafeFile: the first bytes show that this is not a model.
        """
        attempt, furthest = 0, self.part.size
        while not self._complete:
            refuse_when_stopped(self._stop, self.download.label)
            try:
                self._attempt()
            except SourceUnavailable as error:
                # Bytes that only repeat those of an earlier try bring nobody nearer to the end.
                attempt = 0 if self.part.size - furthest >= _RENEWING_BYTES else attempt + 1
                furthest = max(furthest, self.part.size)
                self._wait(error, attempt)

    def start_over(self) -> None:
        """Forget all bytes received so far."""
        self.part.restart()
        self.hasher = self._hash_of_part()
        self.doubtful = False

    @property
    def _complete(self) -> bool:
        return self.part.total is not None and self.part.size == self.part.total

    @property
    def _can_continue(self) -> bool:
        """Whether anything will tell if the rest does not belong to the bytes that are here."""
        return self._provable or bool(self.part.etag)

    def _attempt(self) -> None:
        if self.part.size and not self._can_continue:
            self.start_over()
        in_parts = self._is_worth_parts
        headers = self._range_headers(in_parts)
        with self._http.open(self.download.candidate.url, headers=headers) as reply:
            stop = self._accept(reply, ranged=bool(headers))
            if not self._complete:
                self._receive(reply, stop)
        if in_parts and reply.status == 206:
            self._receive_parts(reply.url)

    def _range_headers(self, in_parts: bool) -> dict[str, str]:
        """Ask for what is missing; of a large rest only for the first part, which tells where the others are."""
        start = self.part.size
        if not start and not in_parts:
            return {}
        headers = {"Range": f"bytes={start}-{start + PART - 1}" if in_parts else f"bytes={start}-"}
        if not self._provable:
            headers["If-Range"] = self.part.etag
        return headers

    @property
    def _is_worth_parts(self) -> bool:
        """Whether so much is missing that several connections are worth their setting up."""
        known = self.part.total if self.part.total is not None else self.download.candidate.size
        much = known is not None and known - self.part.size >= _PARTS_FROM
        return much and self._can_continue and not self._alone

    def _receive_parts(self, url: str) -> None:
        """Receive the rest over several connections from where the first part came from."""
        assert self.part.total is not None  # noqa: S101 - the answer with the first part told it
        before, size = self.received, self.part.size
        ranges = Ranges(self._http, url, size, self.part.total, self._is_same_file, _CONNECTIONS)
        self.doubtful = True
        try:
            with closing(ranges.chunks()) as chunks:
                for chunk in chunks:
                    self._take(chunk)
        except SourceUnavailable:
            # Some servers give one connection only, or links for one use.
            self._alone = self.part.size == size
            raise
        finally:
            self.received = before + ranges.received

    def _accept(self, reply: Reply, *, ranged: bool) -> int | None:
        """Decide what the answer's body is: a continuation, the whole file, or a refusal.

        Return the byte of the file at which the body stops, None when nothing tells.
        """
        if reply.status == 206 and ranged:
            start, stop, total = content_range(reply) or (-1, 0, 0)
            if start != self.part.size or not self._is_same_file(total, reply):
                self.start_over()
                raise SourceUnavailable(f"{self.download.label}: the server cannot continue; starting over")
            self.doubtful = True
            self._expect(total, reply)
            return stop
        if reply.status == 200:
            if self.part.size:
                self.start_over()
            self.part.etag = strong_etag(reply)
            self._expect(reply.length, reply)
            return self.part.total
        if reply.status == 416 and self.part.size:
            if self._is_same_file(self.part.size, reply) and length_beyond_range(reply) == self.part.size:
                self._expect(self.part.size, reply)
                return self.part.size
            self.start_over()
            raise SourceUnavailable(f"{self.download.label}: the file changed at its source; starting over")
        raise self._refusal(reply)

    def _is_same_file(self, total: int, reply: Reply) -> bool:
        same = self._provable or (self.part.etag != "" and strong_etag(reply) == self.part.etag)
        return same and self.part.total in (None, total)

    def _expect(self, total: int | None, reply: Reply) -> None:
        """Take note of the file's length in bytes; refuse when it cannot be right or cannot fit."""
        published = self.download.candidate.size
        total = published if total is None else total
        if total is None and not self._provable:
            raise UnsafeFile(
                self.download.label, "the server does not say how long the file is, and no digest is known"
            )
        if published is not None and total != published:
            if reply.status == 200:  # a page instead of the file says more than a wrong length
                self._check_opening(next(reply.chunks(_CHUNK), b""), reply)
            raise FetchFailed(
                f"{self.download.label}: the server offers {total} bytes, {published} were published",
                "The publisher replaced the file: run `modelget plan` again.",
            )
        self.part.total = total
        free = self._free
        if total is not None and total - self.part.size > free:
            raise NotEnoughSpace(self.download.staging, total - self.part.size, free)

    def _receive(self, reply: Reply, stop: int | None) -> None:
        for chunk in reply.chunks(_CHUNK):
            # A line cut after a few bytes proves nothing.
            if self.part.size == 0 and (len(chunk) >= _TELLING or len(chunk) == self.part.total):
                self._check_opening(chunk, reply)
            self._refuse_too_much(self.part.size + len(chunk), stop)
            self._take(chunk)
        if stop is None:
            self.part.total, self.doubtful = self.part.size, True
        elif self.part.size < stop:
            raise SourceUnavailable(f"{self.download.label}: the connection ended early")

    def _take(self, chunk: bytes | memoryview) -> None:
        self._keep(chunk)
        self._say("fetching")
        refuse_when_stopped(self._stop, self.download.label)

    def _check_opening(self, chunk: bytes, reply: Reply) -> None:
        check_opening(self.download.destination.name, chunk, reply.headers.get("Content-Type", ""))

    def _refuse_too_much(self, size: int, stop: int | None) -> None:
        """Refuse the file, and forget it, when a body goes on after its end or is about to fill the disk."""
        if stop is None and self._free < _LEFT_FREE:
            reason = "its length is not known, and the disk is almost full"
        elif stop is not None and size > stop:
            reason = f"the server sent more than the {stop} bytes it declared"
        else:
            return
        self.start_over()
        raise FetchFailed(f"{self.download.label}: {reason}")

    @property
    def _free(self) -> int:
        return shutil.disk_usage(self.download.staging).free

    def _keep(self, chunk: bytes | memoryview) -> None:
        self.received += len(chunk)
        try:
            self.part.write(chunk)
        except OSError as error:
            if error.errno not in DISK_FULL:
                raise
            missing = (self.part.total or self.part.size) - self.part.size
            raise NotEnoughSpace(self.download.staging, missing, 0) from error
        self.hasher.update(chunk)

    def _refusal(self, reply: Reply) -> ModelgetError:
        where = f"{self.download.label} from {self.download.candidate.id}"
        if reply.status in RETRIED_STATUSES:
            wait = retry_after(reply.headers, self._http.clock.wall())
            return SourceUnavailable(f"{where}: HTTP {reply.status}", retry_after=wait)
        if reply.status in (401, 403, 404, 410, 451):
            return AccessDenied(where, reply.status)
        return FetchFailed(f"{where}: HTTP {reply.status}")

    def _wait(self, error: SourceUnavailable, attempt: int) -> None:
        too_long = error.retry_after is not None and error.retry_after > LONGEST_WAIT
        if attempt >= _TRIES or too_long or self._http.offline:
            raise error
        wait = backoff(attempt) if error.retry_after is None else error.retry_after
        self._say("waiting", f"{error}; trying again in {wait:.0f} s")
        self._http.clock.sleep(wait)

    def _hash_of_part(self) -> Hasher:
        """Hash what an earlier run left; the state of a hash cannot be stored, its bytes can be read."""
        candidate = self.download.candidate
        hasher = Hasher(candidate.digest, candidate.size)
        if self.part.size:
            with self.part.path.open("rb") as file:
                while block := file.read(4 * _CHUNK):
                    hasher.update(block)
                    self._say("verifying")
                    refuse_when_stopped(self._stop, self.download.label)
        return hasher

    def _say(self, phase: str, message: str = "") -> None:
        total = self.part.total if self.part.total is not None else self.download.candidate.size
        self._reporter.report(Progress(self.download.label, phase, self.part.size, total, message))


def refuse_when_stopped(stop: Event, label: str) -> None:
    """Raise Cancelled when a person stopped the work."""
    if stop.is_set():
        raise Cancelled(f"{label}: stopped")
