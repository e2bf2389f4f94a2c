"""Bring one file here: stage, receive, prove, and only then give it its name."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from dataclasses import replace
from threading import Event

from ..errors import FetchFailed, ModelgetError, NotEnoughSpace
from ..http import Http
from ..library import Library
from ..progress import Reporter, Stop
from ..types import Download, Fetched
from . import folders
from .at_hand import already_there, link_to, take_accepted
from .doubts import doubt_about
from .failover import Renew
from .lock import only_one
from .packed import packed_in
from .part import DISK_FULL, Part, discard_leftovers, staged_name
from .quarantine import clear, decided
from .receiving import fetch_packed, receive_and_place
from .twins import twin_of
from .watch import Watch


def fetch(
    download: Download,
    http: Http,
    reporter: Reporter,
    stop: Event,
    library: Library | None = None,
    renew: Renew = lambda _candidate: None,
) -> Fetched:
    """Fetch, verify and place one file or one folder; an interrupted fetch continues where it stopped.

    ``stop`` ends it at the next chunk. The ``library`` knows what is here under other names, and is told
    what was placed. ``renew`` asks a place for another link when the first has aged. Where one place fails,
    the next of the download's alternates goes on. Whoever wants the same bytes meanwhile, in this process or
    another one, waits and uses them.

    Raises:
        Cancelled: ``stop`` was set; what arrived is kept.
        DigestMismatch, UnsafeFile: the bytes are not the promised ones; nothing has the final name.
        AccessDenied, FetchFailed, HostNotAllowed, SourceUnavailable, NotEnoughSpace: the bytes did not
            arrive, or another file has their name.
    """
    watch = Watch(download.label, reporter, stop, http.clock)

    def wait() -> None:
        watch.look("waiting", 0, download.candidate.size)

    try:
        if download.candidate.files:
            return folders.fetch_folder(download, http, watch, Stop(stop), library, fetch)
        with only_one(download.staging, staged_name(download), http.clock, wait) as is_alone:
            return _fetch_alone(download, http, watch, library, renew, is_alone=is_alone)
    except OSError as error:
        raise _disk_failure(download, error) from error


def _fetch_alone(
    download: Download, http: Http, watch: Watch, library: Library | None, renew: Renew, *, is_alone: bool
) -> Fetched:
    if os.path.lexists(download.destination):
        fetched = already_there(download, watch)
    elif twin := twin_of(download, library, watch):
        fetched = link_to(download, twin)
    elif kept := decided(download, watch):
        fetched = take_accepted(download, *kept)
    elif packed := packed_in(download):
        fetched = fetch_packed(packed, download, http, watch, renew, is_alone=is_alone)
    else:
        with closing(Part.of(download, is_alone=is_alone)) as part:
            fetched = receive_and_place(download, part, http, watch, renew)
    if library and fetched.file.digest:
        library.record(fetched.file.path, fetched.file.digest, fetched.origin or download.candidate.id)
    doubt = doubt_about(download.candidate, fetched.file.digest)
    fetched = replace(fetched, warning="; ".join(filter(None, (fetched.warning, doubt))) or None)
    discard_leftovers(download)
    clear(download)
    watch.say("present", fetched.file.size, fetched.file.size)
    return fetched


def _disk_failure(download: Download, error: OSError) -> ModelgetError:
    if error.errno in DISK_FULL:
        free = shutil.disk_usage(download.staging).free
        return NotEnoughSpace(download.staging, download.candidate.size or 0, free)
    where = error.filename or download.staging
    return FetchFailed(
        f"{download.label}: {where}: {error.strerror or error}", "Check the disk and its permissions."
    )
