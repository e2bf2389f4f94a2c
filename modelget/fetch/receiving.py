"""Receive a file or the archive that it is in, prove it, and place it."""

from __future__ import annotations

from contextlib import closing

from ..errors import DigestMismatch, UnsafeFile
from ..http import Http
from ..types import Download, Fetched, ModelFile
from ..verify import check_contents, check_digest
from .doubts import warning_for
from .failover import Arrival, Failover, Received, Renew
from .lock import only_one
from .packed import unpack
from .part import Part, staged_name
from .publish import publish
from .quarantine import keep_aside
from .transfer import Transfer
from .watch import Watch


def receive_and_place(download: Download, part: Part, http: Http, watch: Watch, renew: Renew) -> Fetched:
    """Receive a file and give it its name."""
    arrival = _receive(download, part, http, watch, renew)
    watch.say("placing", part.size, part.size)
    publish(part, download.destination, arrival.digest)
    file = ModelFile(download.destination, part.size, arrival.digest)
    return Fetched(file, part.received, warning_for(arrival), arrival.candidate.id)


def fetch_packed(
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
