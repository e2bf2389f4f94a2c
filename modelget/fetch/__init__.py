"""Bring one file here: stage, receive, prove, and only then give it its name."""

from __future__ import annotations

from threading import Event

from ..errors import DigestMismatch
from ..http import Http
from ..progress import Progress, Reporter
from ..types import Digest, Download, Fetched, ModelFile
from ..verify import check_contents, check_digest, digest_file
from .lock import only_one
from .part import Part, staged_name
from .publish import link, publish
from .transfer import Transfer, refuse_when_stopped

__all__ = ["fetch"]


def fetch(download: Download, http: Http, reporter: Reporter, stop: Event) -> Fetched:
    """Fetch, verify and place one file; an interrupted fetch continues where it stopped.

    ``stop`` ends it at the next chunk.

    Raises:
        Cancelled: ``stop`` was set; what arrived is kept.
        DigestMismatch, UnsafeFile: the bytes are not the promised ones; nothing has the final name.
        AccessDenied, FetchFailed, SourceUnavailable, NotEnoughSpace: the bytes did not arrive.
    """

    def wait() -> None:
        _say(download, reporter, "waiting")
        refuse_when_stopped(stop, download.label)

    with only_one(download.staging, staged_name(download), http.clock, wait):
        if download.destination.exists():
            return _already_there(download, reporter)
        if download.candidate.local is not None:
            return _link(download, reporter)
        part = Part.open(download)
        try:
            return _receive_and_place(
                download, part, Transfer(download, part, http, reporter, stop), reporter
            )
        finally:
            part.close()


def _receive_and_place(download: Download, part: Part, transfer: Transfer, reporter: Reporter) -> Fetched:
    resumed = part.size > 0
    transfer.run()
    try:
        digest = _prove(download, transfer, reporter)
    except DigestMismatch:
        if not resumed:
            part.discard()
            raise
        # The kept bytes may be what is wrong (a power cut, another revision): once more from nothing.
        transfer.start_over()
        transfer.run()
        try:
            digest = _prove(download, transfer, reporter)
        except DigestMismatch:
            part.discard()
            raise
    _say(download, reporter, "placing", part.size)
    publish(part, download.destination, digest)
    file = ModelFile(download.destination, download.destination.stat().st_size, digest)
    _say(download, reporter, "present", file.size)
    return Fetched(file, transfer.received)


def _prove(download: Download, transfer: Transfer, reporter: Reporter) -> Digest:
    """Check digest and contents of the staged file; return its sha256."""
    name = download.destination.name
    _say(download, reporter, "verifying", transfer.part.size)
    check_digest(name, download.candidate.digest, transfer.hasher)
    check_contents(transfer.part.path, name)
    return transfer.hasher.sha256


def _already_there(download: Download, reporter: Reporter) -> Fetched:
    """Use what another process placed since the plan was made, if it holds the wanted bytes."""
    name, path = download.destination.name, download.destination
    hasher = digest_file(path, download.candidate.digest)
    check_digest(name, download.candidate.digest, hasher)
    check_contents(path, name)
    size = path.stat().st_size
    _say(download, reporter, "present", size)
    return Fetched(ModelFile(path, size, hasher.sha256), 0)


def _link(download: Download, reporter: Reporter) -> Fetched:
    candidate = download.candidate
    assert candidate.local is not None  # noqa: S101 - the caller asked
    digest = link(candidate.local, download)
    size = download.destination.stat().st_size
    _say(download, reporter, "present", size)
    return Fetched(ModelFile(download.destination, size, digest), 0)


def _say(download: Download, reporter: Reporter, phase: str, done: int = 0) -> None:
    reporter.report(Progress(download.label, phase, done, download.candidate.size))
