"""Receive the bytes of one file: ask for what is missing, retry while it helps, hash as they come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import partial

from ..errors import NotEnoughSpace, SourceUnavailable
from ..http import Http, Reply
from ..http.waiting import LONGEST_WAIT, backoff
from ..types import Download
from ..verify import Hasher
from .asking import Asking
from .crew import Crew
from .follower import Follower
from .keeper import Keeper
from .part import DISK_FULL, Part
from .schedule import Schedule
from .spans import Span, Spans
from .terms import Body, Changed, Overflow, Terms
from .watch import Watch

_CHUNK = 2**18

_TRIES, _TRIES_BEFORE_ANOTHER = 8, 3
_LONGEST_BEFORE_ANOTHER = 10.0
"""Seconds; while another place has the same bytes, nobody waits longer for this one."""
_RENEWING_BYTES = 2**20
"""A try that brought this much was not in vain: the budget of tries starts anew."""

PARTS_FROM = 16 * 2**20
"""Bytes still missing below which one connection is as fast as several."""

FIRST_PART = 4 * 2**20
"""Asked for alone, to learn where the file lies and how long it is; the others connect while it arrives."""

_LOOK_SECONDS = 0.05
_STALE_SECONDS = 240.0


class Transfer:
    """One file on its way: the part it fills, the hash that follows, and the connections that bring it."""

    def __init__(self, download: Download, part: Part, http: Http, watch: Watch) -> None:
        self.download, self.part = download, part
        self.doubtful = part.size > 0
        """A wrong digest may be our doing: bytes of several answers were joined, or their end was not marked."""
        self._http, self._watch = http, watch
        self._alone = False  # more than one connection has proved useless
        self._terms = Terms(download, part, http)
        size = download.candidate.size
        if not self._terms.can_continue or part.end > (size or part.end):
            part.restart()
        if self._terms.is_provable and part.front and part.front == size:
            part.total = part.front
        self._follower = self._follow()
        self._reply: Reply | None = None
        self._keeper = Keeper(part, lambda: self._follower.hashed, self._free_when_stopped)

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
        except Overflow:
            self.start_over()
            raise
        except OSError as error:
            if error.errno not in DISK_FULL:
                raise
            missing = (self._terms.total or self.part.size) - self.part.size
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
                self._watch.refuse_when_stopped()
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

    def _free_when_stopped(self) -> None:
        """Do not let a person who stopped the fetch wait for a server that sends nothing."""
        if self._watch.is_stopped and self._reply:
            self._reply.abort()

    def _follow(self) -> Follower:
        candidate = self.download.candidate
        return Follower(self.part, Hasher(candidate.digest, candidate.size))

    def _attempt(self) -> None:
        """Ask once; a large rest comes over more connections as soon as the first answer tells from where."""
        if self.part.size and not self._terms.can_continue:
            self.start_over()
        in_parts = self._is_worth_parts
        headers = self._range_headers(in_parts)
        with ExitStack() as stack:
            with self._connection():
                self._reply = reply = stack.enter_context(self._ask(headers))
                if in_parts and not self._terms.may_join(reply):
                    self._alone = True
                    return
                if "If-Range" in headers and in_parts and self._terms.is_replaced(reply):
                    self.start_over()
                    return
                body = self._accept(reply, ranged=bool(headers))
                pieces = reply.chunks(_CHUNK)
                if not in_parts or body.stop is None or body.stop == body.total:
                    self._receive(pieces, reply, body)
                    return
                at = self._receive_some(pieces, reply, body)
                crew = self._crew(reply, (at, body.stop))
                if crew is None:
                    self._receive(pieces, reply, replace(body, start=at))
                    return
                stack.enter_context(closing(crew))
            self._watch_over(crew)

    def _ask(self, headers: Mapping[str, str]) -> Reply:
        """Return the server's answer; a person who stops the fetch does not wait for it."""
        candidate = self.download.candidate
        headers = candidate.form.headers | dict(headers)
        asking = Asking(partial(self._http.open, candidate.url, headers=headers))
        try:
            while not asking.wait(_LOOK_SECONDS):
                self._look()
        except BaseException:
            asking.give_up()
            raise
        return asking.reply()

    def _accept(self, reply: Reply, *, ranged: bool) -> Body:
        """Take an answer for what it is, and forget what is here when it begins anew."""
        try:
            body = self._terms.body(reply, ranged=ranged)
        except Changed:
            # A server that counts strangely from the first byte on can still send the whole file at once.
            self._alone = self.part.size == 0
            self.start_over()
            raise
        if body.is_anew:
            self.start_over()
        self.doubtful = self.doubtful or body.start > 0
        self.part.etag, self.part.total = body.etag, body.total
        return body

    def _range_headers(self, in_parts: bool) -> dict[str, str]:
        """Ask for what is missing; of a large rest only for the first part, which tells where the others are."""
        start = self.part.front
        gaps = self.part.gaps(self._terms.total) if self._terms.total else []
        stop = gaps[0][1] if gaps else None
        if in_parts:
            stop = min(start + FIRST_PART, stop or start + FIRST_PART)
        elif not start and stop == self._terms.total:
            return {}
        headers = {"Range": f"bytes={start}-{'' if stop is None else stop - 1}"}
        if self._terms.if_range:
            headers["If-Range"] = self._terms.if_range
        return headers

    @property
    def _is_worth_parts(self) -> bool:
        """Whether so much may be missing that several connections are worth their setting up."""
        total = self._terms.total
        return not self._alone and (total is None or total - self.part.size >= PARTS_FROM)

    @contextmanager
    def _connection(self) -> Iterator[None]:
        """Wait for the host to have room for one more connection."""
        budget = self._http.budget(self.download.candidate.url)
        while not budget.take(_LOOK_SECONDS, self.download.rank):
            self._watch.look("waiting", self.part.size, self._terms.total)
        self._watch.begin_try(self.part.received)  # waiting for others is not slowness
        try:
            yield
        finally:
            budget.leave()

    def _crew(self, reply: Reply, span: Span) -> Crew | None:
        """Make more connections to where the first part comes from; None where there can be none."""
        place = self._http.place_of(reply)
        if place is None or span[0] == span[1]:
            self._alone = place is None
            return None
        gaps = Spans([*self.part.spans, span]).gaps(self.part.total or 0)
        self.doubtful = True
        crew = Crew(
            place,
            self.part,
            Schedule(gaps),
            self._http.budget(reply.url),
            self._http.clock,
            self._terms.is_same_file,
            self._terms.if_range,
            self.download.rank,
        )
        crew.join(reply, span)
        return crew

    def _watch_over(self, crew: Crew) -> None:
        """Let the crew bring the rest."""
        crew.failure = None  # a server that gives one connection only had none to give until now
        now = self._http.clock.now
        served = now()
        while not self.part.is_complete:
            crew.work(_LOOK_SECONDS)
            self._look()
            if crew.connections:
                served = now()
            else:  # others have the host's connections: waiting for them is not slowness
                self._watch.begin_try(self.part.received)
            if now() - served > _STALE_SECONDS:
                return  # a signed address does not last
            if crew.failure and crew.has_failed:
                if crew.has_delivered or crew.failure.retry_after is not None:
                    raise crew.failure
                self._alone = True  # a server of one connection, or links for one use: no fault to wait for
                return

    def _receive(self, pieces: Iterator[bytes], reply: Reply, body: Body) -> None:
        """Write the rest of an answer's body where it belongs."""
        at = body.start
        while (after := self._receive_some(pieces, reply, replace(body, start=at))) != at:
            at = after
        if body.stop is None:
            self.part.total, self.doubtful = at, True
            self.part.wake()
        elif at < body.stop:
            raise SourceUnavailable(f"{self.download.label}: the connection ended early")

    def _receive_some(self, pieces: Iterator[bytes], reply: Reply, body: Body) -> int:
        """Write the next piece of a body where it belongs; return where the one after it does."""
        piece = next(pieces, b"")
        if piece:
            self._terms.check_chunk(body.start, piece, body.stop, reply)
            self.part.write(body.start, piece)
        self._look()
        return body.start + len(piece)

    def _look(self) -> None:
        """Tell how far it is, and see to whatever works beside this thread."""
        self._refuse_when_broken()
        self._watch.look("fetching", self.part.size, self._terms.total, self.part.received)

    def _refuse_when_broken(self) -> None:
        for failure in (self._follower.failure, self._keeper.failure):
            if failure:
                raise failure

    def _wait(self, error: SourceUnavailable, attempt: int) -> None:
        tries, longest = _TRIES, LONGEST_WAIT
        if self.download.alternates:
            tries, longest = _TRIES_BEFORE_ANOTHER, _LONGEST_BEFORE_ANOTHER
        too_long = error.retry_after is not None and error.retry_after > longest
        if attempt >= tries or too_long or self._http.offline:
            raise error
        wait = backoff(attempt) if error.retry_after is None else error.retry_after
        message = f"{error}; trying again in {wait:.0f} s"
        self._watch.say("waiting", self.part.size, self._terms.total, message)
        self._watch.wait(wait)
