"""Bring one file here: stage, receive, prove, and only then give it its name."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from threading import Event

from ..errors import DigestMismatch, FetchFailed, ModelgetError, NotEnoughSpace, UnsafeFile
from ..http import Http
from ..progress import Progress, Reporter
from ..types import Digest, Download, Fetched, ModelFile
from ..verify import check_contents, check_digest, digest_file
from .lock import only_one
from .part import DISK_FULL, Part, discard_leftovers, staged_name
from .publish import link, name_taken, publish
from .transfer import Transfer, refuse_when_stopped

__all__ = ["fetch"]


def fetch(download: Download, http: Http, reporter: Reporter, stop: Event) -> Fetched:
    """Fetch, verify and place one file; an interrupted fetch continues where it stopped.

    ``stop`` ends it at the next chunk.

    Raises:
        Cancelled: ``stop`` was set; what arrived is kept.
        DigestMismatch, UnsafeFile: the bytes are not the promised ones; nothing has the final name.
        AccessDenied, FetchFailed, SourceUnavailable, NotEnoughSpace: the bytes did not arrive, or
            another file has their name.
    """

    def wait() -> None:
        reporter.report(Progress(download.label, "waiting", total=download.candidate.size))
        refuse_when_stopped(stop, download.label)

    try:
        with only_one(download.staging, staged_name(download), http.clock, wait):
            return _fetch_alone(download, http, reporter, stop)
    except OSError as error:
        raise _disk_failure(download, error) from error


def _fetch_alone(download: Download, http: Http, reporter: Reporter, stop: Event) -> Fetched:
    if os.path.lexists(download.destination):
        fetched = _already_there(download, reporter, stop)
    elif download.candidate.local is not None:
        fetched = _link(download, download.candidate.local)
    else:
        part = Part.open(download)
        try:
            fetched = _receive_and_place(Transfer(download, part, http, reporter, stop), reporter)
        finally:
            part.close()
    discard_leftovers(download)
    _say(download, reporter, "present", fetched.file.size)
    return fetched


def _receive_and_place(transfer: Transfer, reporter: Reporter) -> Fetched:
    download, part = transfer.download, transfer.part
    digest = _receive_proven(transfer, reporter)
    _say(download, reporter, "placing", part.size)
    publish(part, download.destination, digest)
    return Fetched(ModelFile(download.destination, part.size, digest), transfer.received)


def _receive_proven(transfer: Transfer, reporter: Reporter) -> Digest:
    """Receive until the bytes are proven; those that may be wrong by our doing, once more from nothing."""
    for last_try in (False, True):
        transfer.run()
        try:
            return _prove(transfer.download, transfer, reporter)
        except (DigestMismatch, UnsafeFile):
            if last_try or not transfer.doubtful:
                transfer.part.discard()
                raise
            transfer.start_over()
    raise AssertionError("unreachable")


def _prove(download: Download, transfer: Transfer, reporter: Reporter) -> Digest:
    """Check digest and contents of the staged file; return its sha256."""
    name = download.destination.name
    _say(download, reporter, "verifying", transfer.part.size)
    check_digest(name, download.candidate.digest, transfer.hasher)
    check_contents(transfer.part.path, name)
    return transfer.hasher.sha256


def _already_there(download: Download, reporter: Reporter, stop: Event) -> Fetched:
    """Use what another process placed since the plan was made, if it holds the wanted bytes."""
    path, wanted = download.destination, download.candidate

    def advance(done: int) -> None:
        reporter.report(Progress(download.label, "verifying", done, max(done, size)))
        refuse_when_stopped(stop, download.label)

    try:
        size = path.stat().st_size
        if not path.is_file() or wanted.size not in (None, size):
            raise name_taken(path)
        hasher = digest_file(path, wanted.digest, advance)
        check_digest(path.name, wanted.digest, hasher)
        check_contents(path, path.name)
    except (OSError, DigestMismatch, UnsafeFile) as error:
        raise name_taken(path) from error
    return Fetched(ModelFile(path, size, hasher.sha256), 0)


def _link(download: Download, existing: Path) -> Fetched:
    digest = link(existing, download)
    return Fetched(ModelFile(download.destination, download.destination.stat().st_size, digest), 0)


def _say(download: Download, reporter: Reporter, phase: str, size: int) -> None:
    reporter.report(Progress(download.label, phase, size, size))


def _disk_failure(download: Download, error: OSError) -> ModelgetError:
    if error.errno in DISK_FULL:
        free = shutil.disk_usage(download.staging).free
        return NotEnoughSpace(download.staging, download.candidate.size or 0, free)
    where = error.filename or download.staging
    return FetchFailed(
        f"{download.label}: {where}: {error.strerror or error}", "Check the disk and its permissions."
    )
