"""Receive the bytes of one file: ask for what is missing, retry while it helps, hash as they come."""

from __future__ import annotations

import errno
import re
import shutil
from threading import Event

from ..errors import AccessDenied, Cancelled, FetchFailed, NotEnoughSpace, SourceUnavailable, UnsafeFile
from ..http import Http, Reply, retry_after
from ..http.waiting import LONGEST_WAIT, RETRIED_STATUSES, backoff
from ..progress import Progress, Reporter
from ..types import Download
from ..verify import Hasher, check_opening
from .part import Part

_CHUNK = 2**20
_TRIES = 8
_RENEWING_BYTES = 2**20
"""A try that brought this much was not in vain: the budget of tries starts anew."""

_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_UNSATISFIED_RANGE = re.compile(r"bytes \*/(\d+)")


class Transfer:
    """One file on its way: the part it fills, the hash of it, and the bytes it cost."""

    def __init__(self, download: Download, part: Part, http: Http, reporter: Reporter, stop: Event) -> None:
        self.download, self.part = download, part
        self.received = 0
        self._http, self._reporter, self._stop = http, reporter, stop
        if part.size and not (download.candidate.digest or part.etag):
            part.restart()  # nothing could tell whether the rest belongs to these bytes
        self.hasher = self._hash_of_part()

    def run(self) -> None:
        """Receive until the file is complete.

        Raises:
            AccessDenied: the server refuses; asking again cannot help.
            Cancelled: a person stopped it; what arrived is kept.
            FetchFailed, SourceUnavailable: the tries are used up; what arrived is kept.
            NotEnoughSpace: the disk is full; what arrived is kept.
            UnsafeFile: the first bytes show that this is not a model.
        """
        attempt = 0
        while not self._complete:
            refuse_when_stopped(self._stop, self.download.label)
            before = self.received
            try:
                self._attempt()
            except SourceUnavailable as error:
                attempt = 0 if self.received - before >= _RENEWING_BYTES else attempt + 1
                self._wait(error, attempt)

    def start_over(self) -> None:
        """Forget all bytes received so far."""
        self.part.restart()
        self.hasher = self._hash_of_part()

    @property
    def _complete(self) -> bool:
        return self.part.total is not None and self.part.size == self.part.total

    def _attempt(self) -> None:
        headers = {}
        if self.part.size:
            headers["Range"] = f"bytes={self.part.size}-"
            if self.part.etag and not self.download.candidate.digest:
                headers["If-Range"] = self.part.etag
        with self._http.open(self.download.candidate.url, headers=headers) as reply:
            self._accept(reply)
            if not self._complete:
                self._receive(reply)

    def _accept(self, reply: Reply) -> None:
        """Decide what the answer's body is: a continuation, the whole file, or a refusal."""
        if reply.status == 206 and self.part.size:
            found = _CONTENT_RANGE.fullmatch(reply.headers.get("Content-Range", ""))
            if not found or not self._continues(int(found[1]), int(found[3]), reply):
                self.start_over()
                raise SourceUnavailable(f"{self.download.label}: the server cannot continue; starting over")
            self._expect(int(found[3]))
        elif reply.status == 200:
            if self.part.size:
                self.start_over()
            self.part.etag = _strong_etag(reply)
            self._expect(reply.length)
        elif reply.status == 416 and self.part.size:
            found = _UNSATISFIED_RANGE.fullmatch(reply.headers.get("Content-Range", ""))
            if found and int(found[1]) == self.part.size:
                self._expect(self.part.size)
                return
            self.start_over()
            raise SourceUnavailable(f"{self.download.label}: the file changed at its source; starting over")
        else:
            self._refuse(reply)

    def _continues(self, start: int, total: int, reply: Reply) -> bool:
        same_file = self.download.candidate.digest is not None or _strong_etag(reply) in ("", self.part.etag)
        return start == self.part.size and self.part.total in (None, total) and same_file

    def _expect(self, total: int | None) -> None:
        """Take note of the file's length in bytes; refuse when it cannot be right or cannot fit."""
        candidate = self.download.candidate
        if total is None and candidate.size is None and candidate.digest is None:
            raise UnsafeFile(
                self.download.label, "the server does not say how long the file is, and no digest is known"
            )
        total = candidate.size if total is None else total
        if candidate.digest and candidate.size is not None and total != candidate.size:
            raise FetchFailed(
                f"{self.download.label}: the server offers {total} bytes, {candidate.size} were published"
            )
        self.part.total = total
        free = shutil.disk_usage(self.download.staging).free
        if total is not None and total - self.part.size > free:
            raise NotEnoughSpace(self.download.staging, total - self.part.size, free)

    def _receive(self, reply: Reply) -> None:
        name, kind = self.download.destination.name, reply.headers.get("Content-Type", "")
        for chunk in reply.chunks(_CHUNK):
            if self.part.size == 0:
                check_opening(name, chunk, kind)
            if self.part.total is not None and self.part.size + len(chunk) > self.part.total:
                raise FetchFailed(
                    f"{self.download.label}: the server sent more than the {self.part.total} bytes it declared"
                )
            self._keep(chunk)
            self._say("fetching")
            refuse_when_stopped(self._stop, self.download.label)
        if self.part.total is None:
            self.part.total = self.part.size

    def _keep(self, chunk: bytes) -> None:
        self.received += len(chunk)
        try:
            self.part.write(chunk)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                missing = (self.part.total or self.part.size) - self.part.size
                raise NotEnoughSpace(self.download.staging, missing, 0) from error
            raise FetchFailed(
                f"{self.part.path}: cannot be written ({error.strerror})", "Check the disk."
            ) from error
        self.hasher.update(chunk)

    def _refuse(self, reply: Reply) -> None:
        where = f"{self.download.label} from {self.download.candidate.id}"
        if reply.status in RETRIED_STATUSES:
            wait = retry_after(reply.headers, self._http.clock.wall())
            raise SourceUnavailable(f"{where}: HTTP {reply.status}", retry_after=wait)
        if reply.status in (401, 403, 404, 410, 451):
            raise AccessDenied(where, reply.status)
        raise FetchFailed(f"{where}: HTTP {reply.status}")

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


def _strong_etag(reply: Reply) -> str:
    etag = reply.headers.get("ETag", "")
    return "" if etag.startswith("W/") else etag
