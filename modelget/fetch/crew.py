"""Several connections that fetch one file: each takes the next part, and writes it where it belongs."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Thread

from ..errors import SourceUnavailable
from ..http import Clock, HostBudget, RangeAnswer, RangeConnection, RangePlace, retry_after
from ..http.reply import is_as_stored
from ..http.waiting import RETRIED_STATUSES
from .answers import Headers, content_range
from .part import Part
from .schedule import SMALLEST, Schedule

_MEMORY = 6 * 2**20
"""Bytes of all buffers of one file together: each connection reads as much at once as its share."""

_LEAST_READ, _MOMENT = 2**15, 0.05

_JOIN_SECONDS = 5.0
_LOOK_SECONDS = 3.0
"""How long a connection may be much slower than the others before it is replaced."""

_STRAGGLER = 0.1
"""Share of the others' speed below which it is worth a new connection."""


@dataclass
class _Claim:
    at: int
    stop: int


class Crew:
    """The connections of one file to one place; ``tend`` must be called now and then."""

    def __init__(
        self,
        place: RangePlace,
        part: Part,
        schedule: Schedule,
        budget: HostBudget,
        clock: Clock,
        is_same_file: Callable[[int, Headers], bool],
        if_range: str,
        rank: int,
    ) -> None:
        """Prepare; ``is_same_file`` judges an answer by its total length and its headers."""
        self.place, self.part, self.schedule, self.budget, self.clock = place, part, schedule, budget, clock
        self.is_same_file, self.if_range, self.rank = is_same_file, if_range, rank
        self.ended = False
        self.error: BaseException | None = None
        """The disk's failure, or a fault of ours: nothing that another try would mend."""
        self.failure: SourceUnavailable | None = None
        """Why a connection ended, unless another one brought something since."""
        self.has_delivered = False
        """At least one part came."""
        self._workers: list[_Worker] = []
        self._looked = clock.now()

    @property
    def connections(self) -> int:
        """Connections at work."""
        return len(self._workers)

    def tend(self) -> None:
        """Start connections while there is work and room for them; replace what hardly moves.

        Raises OSError when the disk failed.
        """
        if self.error:
            raise self.error
        self._workers = [worker for worker in self._workers if worker.is_alive()]
        if not self.has_failed:
            self._start_workers()
        self._replace_stragglers()

    @property
    def has_failed(self) -> bool:
        """Tell whether no connection is left, and the last one failed."""
        return not self._workers and self.failure is not None

    def close(self) -> None:
        """End all connections."""
        self.ended = True
        self.budget.want(self.rank, more=False)
        for worker in self._workers:
            worker.abort()
        until = time.monotonic() + _JOIN_SECONDS
        for worker in self._workers:  # one that still connects ends by itself, later
            worker.join(max(until - time.monotonic(), 0))

    def _start_workers(self) -> None:
        """Start as many as the host has room for, and as there are parts for when they are connected."""
        starting = sum(not worker.is_busy for worker in self._workers)
        while wants_more := self.schedule.left > starting * SMALLEST:
            if not self.budget.take(rank=self.rank):
                break
            self._workers.append(_Worker(self))
            self._workers[-1].start()
            starting += 1
        self.budget.want(self.rank, more=wants_more)

    def _replace_stragglers(self) -> None:
        now = self.clock.now()
        if now - self._looked < _LOOK_SECONDS:
            return
        self._looked = now
        moved = [(worker.moved(), worker) for worker in self._workers]
        usual = sum(count for count, _ in moved) / max(len(moved), 1)
        for count, worker in moved:
            if count < usual * _STRAGGLER and not worker.is_new:
                worker.abort()
            worker.is_new = False


class _Worker(Thread):
    """One connection: asks for part after part, one ahead of what it receives."""

    def __init__(self, crew: Crew) -> None:
        super().__init__(name="modelget range", daemon=True)
        self.is_new = True
        """It has not been looked at yet, and so may still be connecting."""
        self._crew, self._claims = crew, deque[_Claim]()
        self._connection: RangeConnection | None = None
        self._buffer = memoryview(bytearray(_MEMORY // crew.budget.most))
        self._step = _LEAST_READ
        self._arrived = self._seen = 0
        self._answers = 0

    @property
    def is_busy(self) -> bool:
        """Tell whether it has parts to bring."""
        return bool(self._claims)

    def abort(self) -> None:
        """End the connection; unless the crew has ended, it is made anew."""
        if connection := self._connection:
            connection.abort()

    def moved(self) -> int:
        """Return the bytes that arrived since the last time it was asked."""
        before, self._seen = self._seen, self._arrived
        return self._seen - before

    def run(self) -> None:
        """Work until nothing is left, or a failure that a new connection would not mend."""
        crew = self._crew
        try:
            while not crew.ended and self._has_work and not self._is_done():
                pass
        except SourceUnavailable as error:
            crew.failure = error
            if not crew.ended:
                crew.budget.broke()
        except BaseException as error:
            crew.error = error
        for claim in self._claims:
            crew.schedule.give_back(claim.at, claim.stop)
        crew.budget.leave()
        crew.part.wake()

    @property
    def _has_work(self) -> bool:
        return bool(self._claims or self._crew.schedule.left)

    def _is_done(self) -> bool:
        """Use one connection for as long as it serves; tell whether there is nothing left to do."""
        connection = self._connection = self._crew.place.connect()
        self._answers = 0
        while len(self._claims) > 1 and not self._crew.place.is_pipelined:
            unasked = self._claims.pop()
            self._crew.schedule.give_back(unasked.at, unasked.stop)
        try:
            for claim in self._claims:  # what the connection before it did not bring
                connection.ask(claim.at, claim.stop, self._crew.if_range)
            while self._ask_ahead(connection):
                if not self._receive_part(connection):
                    return False
            return True
        except _Refused:
            raise
        except SourceUnavailable:
            if self._crew.ended or not self._answers:
                raise
            return False
        finally:
            connection.close()

    def _ask_ahead(self, connection: RangeConnection) -> bool:
        """Keep one request waiting at the server; tell whether any is under way."""
        crew = self._crew
        depth = 2 if crew.place.is_pipelined else 1
        while len(self._claims) < depth and not crew.ended and not crew.budget.is_exceeded(crew.rank):
            span = crew.schedule.claim(crew.budget.expected)
            if span is None:
                break
            self._claims.append(_Claim(*span))
            connection.ask(*span, crew.if_range)
        return bool(self._claims) and not crew.ended

    def _receive_part(self, connection: RangeConnection) -> bool:
        """Receive the part that was asked for first; tell whether the connection goes on serving."""
        crew, claim = self._crew, self._claims[0]
        answer = self._answer(connection)
        self._check(answer, claim)
        if not self._answers:
            crew.budget.delivered()
        while count := self._read(connection):
            if crew.ended:
                return False
            crew.part.write(claim.at, self._buffer[:count])
            claim.at += count
            self._arrived += count
            crew.budget.count(count)
        self._claims.popleft()
        self._answers += 1
        crew.has_delivered, crew.failure = True, None
        if answer.is_last:
            crew.place.is_pipelined = False
        return not answer.is_last

    def _read(self, connection: RangeConnection) -> int:
        """Read as much at once as arrives in a moment: less would cost time, more would hide slow progress."""
        now = self._crew.clock.now
        began = now()
        count = connection.read_into(self._buffer[: self._step])
        seconds = now() - began
        if seconds < _MOMENT:
            self._step = min(self._step * 2, len(self._buffer))
        elif seconds > 5 * _MOMENT:
            self._step = max(self._step // 2, _LEAST_READ)
        return count

    def _answer(self, connection: RangeConnection) -> RangeAnswer:
        try:
            return connection.answer()
        except SourceUnavailable:
            if self._answers:  # it dropped a request that came before its last answer was out
                self._crew.place.is_pipelined = False
            raise

    def _check(self, answer: RangeAnswer, claim: _Claim) -> None:
        """Refuse an answer that is not the part that was asked for."""
        crew = self._crew
        if answer.status != 206:
            wait = retry_after(answer.headers, crew.clock.wall())
            if answer.status in RETRIED_STATUSES:
                crew.budget.refused(wait)
            raise _Refused(f"a part was refused with HTTP {answer.status}", retry_after=wait)
        start, stop, total = content_range(answer.headers) or (-1, -1, 0)
        belongs = (start, stop) == (claim.at, claim.stop) and crew.is_same_file(total, answer.headers)
        if not belongs or answer.length != stop - start or not is_as_stored(answer.headers):
            raise _Refused("a part does not belong to this file; it changed at its source")


class _Refused(SourceUnavailable):
    """The server answered, and not with the part: asking the same over a new connection is no use."""
