"""Several connections that fetch one file: each brings part after part, one asked for ahead of the other.

One thread serves them all, whichever has something: with a thread for each, most of the time goes into
their taking turns.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from selectors import EVENT_READ, DefaultSelector

from ..errors import SourceUnavailable
from ..http import Clock, HostBudget, RangeAnswer, RangeConnection, RangePlace, Reply, retry_after
from ..http.reply import is_as_stored
from ..http.waiting import RETRIED_STATUSES
from .answers import Headers, content_range
from .dials import Dials
from .part import Part
from .schedule import SMALLEST, Schedule
from .spans import Span

_BUFFER = 2**19
"""Bytes read at once: enough that a turn costs little, few enough that they stay in the processor's cache."""

_DIAL_LOOK = 0.005
"""Seconds after which a connection that was made meanwhile is noticed."""

_LOOK_SECONDS = 3.0
"""How long a connection may be much slower than the others before it is replaced."""

_STRAGGLER = 0.1
"""Share of the others' speed below which it is worth a new connection."""


@dataclass
class _Claim:
    at: int
    stop: int
    is_ours: bool = True
    """It was asked for here, and not by the request that found the place."""


@dataclass(eq=False)
class _Line:
    """A connection, and the parts that it was asked for: the first one is on its way."""

    connection: RangeConnection
    heard: float
    """When its last byte arrived."""
    claims: deque[_Claim] = field(default_factory=deque)
    answer: RangeAnswer | None = None
    """The head of the answer whose body is arriving."""
    answers: int = 0
    """Parts that it brought."""
    moved: int = 0
    """Bytes since the last time that somebody looked for stragglers."""
    is_new: bool = True
    """Nobody has looked yet."""
    is_full: bool = False
    """There may be more to read than the line itself would tell of: a buffer's worth was read."""


class Crew:
    """The connections of one file to one place; all work is done in ``work``, by whoever calls it."""

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
        self.failure: SourceUnavailable | None = None
        """Why a connection ended, unless another one brought something since."""
        self.has_delivered = False
        """At least one part came that was asked for here."""
        self._lines: list[_Line] = []
        self._dials = Dials(place.connect)
        self._selector = DefaultSelector()
        self._buffer = memoryview(bytearray(_BUFFER))
        self._looked = clock.now()

    @property
    def connections(self) -> int:
        """Connections at work, or being made."""
        return len(self._lines) + self._dials.pending

    @property
    def has_failed(self) -> bool:
        """Tell whether no connection is left, and the last one failed."""
        return not self.connections and self.failure is not None

    def join(self, reply: Reply, span: Span) -> None:
        """Take over the connection of an answer that is bringing this stretch."""
        connection, answer = self.place.adopt(reply, span[1] - span[0])
        self.budget.join()
        line = self._welcome(connection)
        line.claims.append(_Claim(*span, is_ours=False))
        line.answer = answer
        self._go_on(line)

    def work(self, seconds: float) -> None:
        """Write down what has arrived; wait at most so long for something.

        Raises OSError when the disk fails.
        """
        if not self.has_failed:
            self._start_dials(0 if self.connections else seconds)
        for made in self._dials.made(0 if self._lines else seconds):
            self._take_in(made)
        for line in self._with_news(seconds):
            self._serve(line)
        self._look_after_lines()

    def close(self) -> None:
        """End all connections."""
        self.budget.want(self.rank, more=False)
        self._dials.close()
        for _ in range(self._dials.pending):
            self.budget.leave()
        for line in list(self._lines):
            self._end(line)
        self._selector.close()

    def _start_dials(self, seconds: float) -> None:
        """Make as many connections as the host has room for; wait at most so long for the first one."""
        while self._wants_more:
            self.budget.want(self.rank, more=True)
            if not self.budget.take(seconds, self.rank):
                return
            seconds = 0
            self._dials.start()
        self.budget.want(self.rank, more=False)

    @property
    def _wants_more(self) -> bool:
        """Whether there will be parts for one more connection when it is made."""
        return self.schedule.left > self._dials.pending * SMALLEST

    def _take_in(self, made: RangeConnection | Exception) -> None:
        if isinstance(made, RangeConnection):
            self._go_on(self._welcome(made))
            return
        if isinstance(made, SourceUnavailable):
            self._fail(made)
        self.budget.leave()
        if not isinstance(made, SourceUnavailable):
            raise made

    def _welcome(self, connection: RangeConnection) -> _Line:
        line = _Line(connection, self.clock.now())
        self._lines.append(line)
        self._selector.register(connection, EVENT_READ, line)
        return line

    def _with_news(self, seconds: float) -> Iterator[_Line]:
        """Give the lines that may have something: the one that is nearest to the file's beginning first."""
        if not self._lines:
            return
        full = [line for line in self._lines if line.is_full]
        longest = _DIAL_LOOK if self._dials.pending else seconds
        heard = [key.data for key, _ in self._selector.select(0 if full else min(seconds, longest))]
        news = dict.fromkeys([*full, *heard])
        yield from sorted(news, key=lambda line: line.claims[0].at)

    def _serve(self, line: _Line) -> None:
        """Take what a line has, a buffer of bytes at most."""
        try:
            line.is_full = False
            while line in self._lines and self._advance(line):
                pass
        except SourceUnavailable as error:
            self._lose(line, error)

    def _advance(self, line: _Line) -> bool:
        """Do the next thing with what has arrived; tell whether there may be another one to do."""
        claim, connection = line.claims[0], line.connection
        if line.answer is None:
            line.answer = connection.answer()
            if line.answer is None:
                return False
            self._check(line.answer, claim)
            if not line.answers:
                self.budget.delivered()
        count = connection.read_into(self._buffer)
        if count:
            self.part.write(claim.at, self._buffer[:count])
            claim.at += count
            line.moved += count
            line.heard = self.clock.now()
            self.budget.count(count)
        if connection.left:
            line.is_full = count == len(self._buffer)
            return False
        self._finish_part(line)
        return True

    def _finish_part(self, line: _Line) -> None:
        line.answers += 1
        if line.claims.popleft().is_ours:
            self.has_delivered, self.failure = True, None
        is_last = line.answer is not None and line.answer.is_last
        line.answer = None
        if is_last:
            self.place.is_pipelined = False
            self._end(line)
        else:
            self._go_on(line)

    def _go_on(self, line: _Line) -> None:
        """Keep one request waiting at the server; a line that has none any more ends."""
        try:
            depth = 2 if self.place.is_pipelined else 1
            while len(line.claims) < depth and not self.budget.is_exceeded(self.rank):
                span = self.schedule.claim(self.budget.expected)
                if span is None:
                    break
                line.claims.append(_Claim(*span))
                line.connection.ask(*span, self.if_range)
        except SourceUnavailable as error:
            self._lose(line, error)
            return
        if not line.claims:
            self._end(line)

    def _check(self, answer: RangeAnswer, claim: _Claim) -> None:
        """Refuse an answer that is not the part that was asked for."""
        if answer.status != 206:
            wait = retry_after(answer.headers, self.clock.wall())
            if answer.status in RETRIED_STATUSES:
                self.budget.refused(wait)
            raise _Refused(f"a part was refused with HTTP {answer.status}", retry_after=wait)
        start, stop, total = content_range(answer.headers) or (-1, -1, 0)
        belongs = (start, stop) == (claim.at, claim.stop) and self.is_same_file(total, answer.headers)
        if not belongs or answer.length != stop - start or not is_as_stored(answer.headers):
            raise _Refused("a part does not belong to this file; it changed at its source")

    def _look_after_lines(self) -> None:
        """End the lines that are silent, and now and then those that hardly move: they are made anew."""
        now = self.clock.now()
        for line in list(self._lines):
            line.connection.send()
            if now - line.heard > self.place.silence:
                self._lose(line, SourceUnavailable(f"no byte for {self.place.silence:.0f} s"))
        if now - self._looked >= _LOOK_SECONDS:
            self._looked = now
            self._replace_stragglers()

    def _replace_stragglers(self) -> None:
        usual = sum(line.moved for line in self._lines) / max(len(self._lines), 1)
        for line in list(self._lines):
            if line.moved < usual * _STRAGGLER and not line.is_new:
                self._lose(line, SourceUnavailable("next to no bytes while others bring many"))
            line.moved, line.is_new = 0, False

    def _lose(self, line: _Line, error: SourceUnavailable) -> None:
        """End a broken line; unless it has brought a part, that tells against the host."""
        is_between = line.answers > 0 and line.answer is None
        if is_between and not isinstance(error, _Refused):
            self.place.is_pipelined = False  # it dropped a request that came before its last answer was out
        if not line.answers or isinstance(error, _Refused):
            self._fail(error)
        self._end(line)

    def _fail(self, error: SourceUnavailable) -> None:
        self.failure = error
        self.budget.broke()

    def _end(self, line: _Line) -> None:
        """Close a line; what it did not bring is left to the others."""
        self._lines.remove(line)
        self._selector.unregister(line.connection)
        line.connection.close()
        for claim in line.claims:
            self.schedule.give_back(claim.at, claim.stop)
        self.budget.leave()


class _Refused(SourceUnavailable):
    """The server answered, and not with the part: asking the same over a new connection is no use."""
