"""Bring one file here: stage, receive, prove, and only then give it its name."""

from __future__ import annotations

import os
import shutil
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from threading import Event

from ..errors import Cancelled, DigestMismatch, FetchFailed, ModelgetError, NotEnoughSpace, UnsafeFile
from ..http import Clock, Http
from ..library import Library
from ..progress import Reporter
from ..types import Candidate, Digest, Download, Fetched, ModelFile
from ..verify import check_contents, check_digest, digest_file
from .failover import Arrival, Failover, Received, Renew
from .lock import only_one
from .packed import packed_in, unpack
from .part import DISK_FULL, Part, bytes_on_disk, discard_leftovers, staged_name
from .publish import link, name_taken, place, publish
from .quarantine import clear, decided, keep_aside
from .transfer import Transfer
from .twins import twin_of
from .watch import Watch

__all__ = ["fetch", "give_up", "staged_bytes"]


def fetch(
    download: Download,
    http: Http,
    reporter: Reporter,
    stop: Event,
    library: Library | None = None,
    renew: Renew = lambda _candidate: None,
) -> Fetched:
    """Fetch, verify and place one file; an interrupted fetch continues where it stopped.

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
        with only_one(download.staging, staged_name(download), http.clock, wait) as is_alone:
            return _fetch_alone(download, http, watch, library, renew, is_alone=is_alone)
    except OSError as error:
        raise _disk_failure(download, error) from error


def _fetch_alone(
    download: Download, http: Http, watch: Watch, library: Library | None, renew: Renew, *, is_alone: bool
) -> Fetched:
    if os.path.lexists(download.destination):
        fetched = _already_there(download, watch)
    elif twin := twin_of(download, library, watch):
        fetched = _link(download, twin)
    elif kept := decided(download, watch):
        fetched = _take_accepted(download, *kept)
    elif packed := packed_in(download):
        fetched = _fetch_packed(packed, download, http, watch, renew, is_alone=is_alone)
    else:
        with closing(Part.of(download, is_alone=is_alone)) as part:
            fetched = _receive_and_place(download, part, http, watch, renew)
    if library and fetched.file.digest:
        library.record(fetched.file.path, fetched.file.digest, fetched.origin or download.candidate.id)
    doubt = _doubt(download.candidate, fetched.file.digest)
    fetched = replace(fetched, warning="; ".join(filter(None, (fetched.warning, doubt))) or None)
    discard_leftovers(download)
    clear(download)
    watch.say("present", fetched.file.size, fetched.file.size)
    return fetched


def _doubt(candidate: Candidate, got: Digest | None) -> str | None:
    """Say that a file is not what its place publishes, or its name claims; not so when a digest that must hold was met."""
    published = candidate.digest.in_terms_of(got) if candidate.digest and got else None
    if published and published != got:
        return f"you accepted these bytes ({got}) although {candidate.digest} is promised"
    claimed = candidate.claimed
    if claimed is None or got is None or candidate.digest or got.in_terms_of(claimed) == claimed:
        return None
    return (
        f"its name says that its sha256 begins with {claimed.hex}, and it begins with {got.hex[:10]}: "
        f"either this place named it wrongly, as it did others, or the file was replaced"
    )


def give_up(download: Download, clock: Clock) -> None:
    """Remove what arrived of a file that is no longer wanted, unless somebody else fetches the same bytes."""

    def busy() -> None:
        raise Cancelled(f"{download.label}: others fetch it too")

    for one in filter(None, (download, packed_in(download))):
        with suppress(Cancelled, OSError), only_one(one.staging, staged_name(one), clock, busy):
            discard_leftovers(one)


def staged_bytes(download: Download) -> int:
    """Return how much of the disk a download takes before it is complete, its archive included."""
    return sum(map(bytes_on_disk, filter(None, (download, packed_in(download)))))


def _fetch_packed(
    packed: Download, download: Download, http: Http, watch: Watch, renew: Renew, *, is_alone: bool
) -> Fetched:
    """Receive an archive and place the wanted file of it; the archive goes when that is done, or is hopeless."""
    archive = download.candidate.archive
    assert archive is not None  # noqa: S101 - else there is nothing it could be packed in

    def wait() -> None:
        watch.look("waiting", 0, archive.size)

    with (
        only_one(packed.staging, staged_name(packed), http.clock, wait) as keeps_others_out,
        closing(Part.of(packed, is_alone=keeps_others_out)) as part,
    ):
        _receive(packed, part, http, watch, renew)
        watch.say("verifying", part.size, part.size)
        try:
            file = unpack(part.path, archive, download, watch, is_alone=is_alone)
        except (DigestMismatch, UnsafeFile):
            part.discard()
            raise
        part.discard()
        return Fetched(file, part.received)


def _receive(download: Download, part: Part, http: Http, watch: Watch, renew: Renew) -> Arrival:
    """Receive a file and prove it, from whichever of its places gives it."""

    def receive(place: Download) -> Received:
        try:
            with closing(Transfer(place, part, http, watch)) as transfer:
                return _receive_proven(transfer)
        except DigestMismatch as mismatch:
            kept = None if download.alternates else keep_aside(place, part, mismatch, watch)
            raise kept or mismatch from None

    return Failover(download, part, receive, renew).run()


def _receive_and_place(download: Download, part: Part, http: Http, watch: Watch, renew: Renew) -> Fetched:
    arrival = _receive(download, part, http, watch, renew)
    watch.say("placing", part.size, part.size)
    publish(part, download.destination, arrival.digest)
    file = ModelFile(download.destination, part.size, arrival.digest)
    return Fetched(file, part.received, _warning(arrival), arrival.candidate.id)


def _warning(arrival: Arrival) -> str | None:
    return "; ".join(filter(None, (arrival.warning, arrival.candidate.caution))) or None


def _receive_proven(transfer: Transfer) -> Received:
    """Receive until the bytes are proven; those that may be wrong by our doing, once more from nothing."""
    download, part = transfer.download, transfer.part
    for is_anew in (False, True):
        hasher = transfer.run()
        try:
            if hasher.sha256 not in download.accepted:
                check_digest(download.destination.name, download.candidate.digest, hasher)
            check_contents(part.path, download.destination.name)
        except (DigestMismatch, UnsafeFile):
            if is_anew or not transfer.doubtful:
                raise
            transfer.start_over()
        else:
            return Received(hasher.sha256, is_anew)
    raise AssertionError("unreachable")


def _already_there(download: Download, watch: Watch) -> Fetched:
    """Use what another process placed since the plan was made, if it holds the wanted bytes."""
    path, wanted = download.destination, download.candidate

    def advance(done: int) -> None:
        watch.look("verifying", done, max(done, size))

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


def _take_accepted(download: Download, kept: Path, digest: Digest) -> Fetched:
    """Give a file that was kept aside its name, as a person decided."""
    place(kept, download.destination, digest)
    return Fetched(ModelFile(download.destination, download.destination.stat().st_size, digest), 0)


def _link(download: Download, existing: Path) -> Fetched:
    digest = link(existing, download)
    return Fetched(ModelFile(download.destination, download.destination.stat().st_size, digest), 0)


def _disk_failure(download: Download, error: OSError) -> ModelgetError:
    if error.errno in DISK_FULL:
        free = shutil.disk_usage(download.staging).free
        return NotEnoughSpace(download.staging, download.candidate.size or 0, free)
    where = error.filename or download.staging
    return FetchFailed(
        f"{download.label}: {where}: {error.strerror or error}", "Check the disk and its permissions."
    )
