"""Receive the bytes of one file: ask for what is missing, retry while it helps, hash as they come."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from ..errors import (
    AccessDenied,
    FetchFailed,
    ModelgetError,
    NotEnoughSpace,
    SourceUnavailable,
    UnsafeFile,
)
from ..http import Http, Reply, retry_after
from ..http.waiting import LONGEST_WAIT, RETRIED_STATUSES, backoff
from ..types import Download
from ..verify import Hasher, check_opening
from .answers import Headers, content_range, length_beyond_range, strong_etag
from .crew import Crew
from .follower import Follower
from .keeper import Keeper
from .part import DISK_FULL, Part
from .schedule import Schedule
from .spans import Span, Spans
from .watch import Watch

_CHUNK = 2**18
_TELLING = 64
"""With this many first bytes, a file that looks wrong is wrong."""

_TRIES = 8
_RENEWING_BYTES = 2**20
"""A try that brought this much was not in vain: the budget of tries starts anew."""

PARTS_FROM = 16 * 2**20
"""Bytes still missing below which one connection is as fast as several."""

FIRST_PART = 4 * 2**20
"""Asked for alone, to learn where the file lies and how long it is; the others connect while it arrives."""

_LEFT_FREE = 2**30
"""Bytes that a body of unknown length, perhaps an endless one, may not take from the disk."""

_LOOK_SECONDS = 0.05


class Transfer:
    """One file on its way: the part it fills, the hash that follows, and the connections that bring it."""

    def __init__(self, download: Download, part: Part, http: Http, watch: Watch) -> None:
        self.download, self.part = download, part
        self.doubtful = part.size > 0
        """A wrong digest may be our doing: bytes of several answers were joined, or their end was not marked."""
        self._http, self._watch = http, watch
        self._alone = False  # more than one connection has proved useless
        candidate = download.candidate
        self._provable = Hasher(candidate.digest, candidate.size).proves(candidate.digest)
        if not self._can_continue or part.end > (candidate.size or part.end):
            part.restart()
        if self._provable and part.front and part.front == candidate.size:
            part.total = part.front
        self._follower = self._follow()
        self._keeper = Keeper(part, lambda: self._follower.hashed)

    def run(self) -> Hasher:
        """Receive and hash until the file is complete; return its hash.

        Raises:
            AccessDenied: the server refuses; asking again cannot help.
            Cancelled: a person stopped it; what arrived is kept.
            FetchFailed, SourceUnavailable: the tries are used up; what arrived is kept.
            NotEnoughSpace: the disk is full; what arrived is kept.
            UnsafeFile: the first bytes show that this is not a model.
        """
        try:
            self._receive_all()
        except _Overflow:
            self.start_over()
            raise
        except OSError as error:
            if error.errno not in DISK_FULL:
                raise
            missing = (self._known_total or self.part.size) - self.part.size
            raise NotEnoughSpace(self.download.staging, missing, 0) from error
        self.part.flush()  # while the hash catches up
        while not self._follower.is_done:
            self._watch.look("verifying", self._follower.hashed, self.part.total)
            self._refuse_when_broken()
            self._follower.wait(_LOOK_SECONDS)
        return self._follower.hasher

    def _receive_all(self) -> None:
        attempt, furthest = 0, self.part.size
        while not self.part.is_complete:
            self._watch.begin_try(self.part.received)
            self._look()
            try:
                self._attempt()
            except SourceUnavailable as error:
                # Bytes that only repeat those of an earlier try bring nobody nearer to the end.
                attempt = 0 if self.part.size - furthest >= _RENEWING_BYTES else attempt + 1
                furthest = max(furthest, self.part.size)
                self._wait(error, attempt)

    def start_over(self) -> None:
        """Forget all bytes received so far."""
        self._follower.close()
        self.part.restart()
        self._follower = self._follow()
        self.doubtful = False

    def close(self) -> None:
        """End the threads; what arrived is kept."""
        self._follower.close()
        self._keeper.close()

    @property
    def _can_continue(self) -> bool:
        """Whether anything will tell if the rest does not belong to the bytes that are here."""
        return self._provable or bool(self.part.etag)

    @property
    def _if_range(self) -> str:
        """The validator that an answer must still have; a digest proves more, whatever the server calls it."""
        return "" if self._provable else self.part.etag

    def _follow(self) -> Follower:
        candidate = self.download.candidate
        return Follower(self.part, Hasher(candidate.digest, candidate.size))

    def _attempt(self) -> None:
        """Ask once; a large rest comes over more connections as soon as the first answer tells from where."""
        if self.part.size and not self._can_continue:
            self.start_over()
        in_parts = self._is_worth_parts
        headers = self._range_headers(in_parts)
        crew = None
        with ExitStack() as stack:
            with (
                self._connection(),
                self._http.open(self.download.candidate.url, headers=headers) as reply,
            ):
                if in_parts and not self._may_join(reply):
                    self._alone = True
                    return
                start, stop = self._accept(reply, ranged=bool(headers))
                if in_parts and stop is not None and stop != self.part.total:
                    crew = self._crew(reply, (start, stop))
                if crew:
                    stack.enter_context(closing(crew))
                self._receive(reply, start, stop, crew)
            if crew:
                self._watch_over(crew)

    def _may_join(self, reply: Reply) -> bool:
        """Tell whether other answers can be proven to belong to this one: else the file must come in one."""
        return reply.status != 206 or self._can_continue or bool(strong_etag(reply.headers))

    def _range_headers(self, in_parts: bool) -> dict[str, str]:
        """Ask for what is missing; of a large rest only for the first part, which tells where the others are."""
        start = self.part.front
        gaps = self.part.gaps(self._known_total) if self._known_total else []
        stop = gaps[0][1] if gaps else None
        if in_parts:
            stop = min(start + FIRST_PART, stop or start + FIRST_PART)
        elif not start and stop == self._known_total:
            return {}
        headers = {"Range": f"bytes={start}-{'' if stop is None else stop - 1}"}
        if self._if_range:
            headers["If-Range"] = self._if_range
        if in_parts:  # the crew has its own connections; this one would take one of the server's for nothing
            headers["Connection"] = "close"
        return headers

    @property
    def _known_total(self) -> int | None:
        return self.part.total if self.part.total is not None else self.download.candidate.size

    @property
    def _is_worth_parts(self) -> bool:
        """Whether so much may be missing that several connections are worth their setting up."""
        total = self._known_total
        return not self._alone and (total is None or total - self.part.size >= PARTS_FROM)

    @contextmanager
    def _connection(self) -> Iterator[None]:
        """Wait for the host to have room for one more connection."""
        budget = self._http.budget(self.download.candidate.url)
        while not budget.take(_LOOK_SECONDS):
            self._watch.look("waiting", self.part.size, self._known_total)
        try:
            yield
        finally:
            budget.leave()

    def _crew(self, reply: Reply, span: Span) -> Crew | None:
        """Make more connections to where the first part comes from; None where there can be none."""
        place = self._http.place_of(reply)
        if place is None:
            self._alone = True
            return None
        gaps = Spans([*self.part.spans, span]).gaps(self.part.total or 0)
        budget = self._http.budget(reply.url)
        self.doubtful = True
        return Crew(
            place, self.part, Schedule(gaps), budget, self._http.clock, self._is_same_file, self._if_range
        )

    def _watch_over(self, crew: Crew) -> None:
        """Let the crew bring the rest."""
        crew.failure = None  # a server that gives one connection only had none to give until now
        while not self.part.is_complete:
            self._look(crew)
            if crew.failure and crew.has_failed:
                if crew.has_delivered or crew.failure.retry_after is not None:
                    raise crew.failure
                self._alone = True  # a server of one connection, or links for one use: no fault to wait for
                return
            self.part.wait(self.part.total or 0, _LOOK_SECONDS)

    def _accept(self, reply: Reply, *, ranged: bool) -> tuple[int, int | None]:
        """Decide what the answer's body is: a continuation, the whole file, or a refusal.

        Return the stretch of the file that it is; its end is None when nothing tells.
        """
        if reply.status == 206 and ranged:
            return self._accept_range(reply)
        if reply.status == 200:
            if self.part.size:
                self.start_over()
            self.part.etag = strong_etag(reply.headers)
            self._expect(reply.length, reply)
            return 0, self.part.total
        if reply.status == 416 and self.part.size:
            front = self.part.front
            if self._is_same_file(front, reply.headers) and length_beyond_range(reply.headers) == front:
                self._expect(front, reply)
                return front, front
            self.start_over()
            raise SourceUnavailable(f"{self.download.label}: the file changed at its source; starting over")
        raise self._refusal(reply)

    def _accept_range(self, reply: Reply) -> Span:
        start, stop, total = content_range(reply.headers) or (-1, 0, 0)
        if not self.part.size and not self.part.etag:
            self.part.etag = strong_etag(reply.headers)
        is_whole = (start, stop) == (0, total)
        if start != self.part.front or not (is_whole or self._is_same_file(total, reply.headers)):
            self.start_over()
            # A server that counts strangely, or knows no validator, can still send the whole file at once.
            self._alone = True
            raise SourceUnavailable(f"{self.download.label}: the server cannot continue; starting over")
        self.doubtful = self.doubtful or start > 0
        self._expect(total, reply)
        return start, stop

    def _is_same_file(self, total: int, headers: Headers) -> bool:
        same = self._provable or (self.part.etag != "" and strong_etag(headers) == self.part.etag)
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

    def _receive(self, reply: Reply, at: int, stop: int | None, crew: Crew | None) -> None:
        """Write the answer's body where it belongs; what it does not bring is left to the crew, if there is one."""
        try:
            for chunk in reply.chunks(_CHUNK):
                # A line cut after a few bytes proves nothing.
                if at == 0 and (len(chunk) >= _TELLING or len(chunk) == self.part.total):
                    self._check_opening(chunk, reply)
                self._refuse_too_much(at + len(chunk), stop)
                self.part.write(at, chunk)
                at += len(chunk)
                self._look(crew)
            if stop is None:
                self.part.total, self.doubtful = at, True
            elif at < stop:
                raise SourceUnavailable(f"{self.download.label}: the connection ended early")
        except SourceUnavailable:
            if crew is None or stop is None:
                raise
            crew.schedule.give_back(at, stop)

    def _look(self, crew: Crew | None = None) -> None:
        """Tell how far it is, and see to whatever works beside this thread."""
        if crew:
            crew.tend()
            if not crew.connections:  # others have the host's connections: waiting for them is not slowness
                self._watch.begin_try(self.part.received)
        self._refuse_when_broken()
        self._watch.look("fetching", self.part.size, self._known_total, self.part.received)

    def _refuse_when_broken(self) -> None:
        for failure in (self._follower.failure, self._keeper.failure):
            if failure:
                raise failure

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
        raise _Overflow(f"{self.download.label}: {reason}")

    @property
    def _free(self) -> int:
        return shutil.disk_usage(self.download.staging).free

    def _refusal(self, reply: Reply) -> ModelgetError:
        where = f"{self.download.label} from {self.download.candidate.id}"
        if reply.status in RETRIED_STATUSES:
            wait = retry_after(reply.headers, self._http.clock.wall())
            self._http.budget(reply.url).refused(wait)
            return SourceUnavailable(f"{where}: HTTP {reply.status}", retry_after=wait)
        if reply.status in (401, 403, 404, 410, 451):
            return AccessDenied(where, reply.status)
        return FetchFailed(f"{where}: HTTP {reply.status}")

    def _wait(self, error: SourceUnavailable, attempt: int) -> None:
        too_long = error.retry_after is not None and error.retry_after > LONGEST_WAIT
        if attempt >= _TRIES or too_long or self._http.offline:
            raise error
        wait = backoff(attempt) if error.retry_after is None else error.retry_after
        message = f"{error}; trying again in {wait:.0f} s"
        self._watch.say("waiting", self.part.size, self._known_total, message)
        self._watch.wait(wait)


class _Overflow(FetchFailed):
    """What came is not the file, however much of it: nothing of it is kept."""
