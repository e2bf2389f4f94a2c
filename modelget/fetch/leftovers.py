"""What a fetch that did not end has left on the disk: how much it is, and how it goes."""

from __future__ import annotations

from contextlib import suppress

from ..errors import Cancelled
from ..http import Clock
from ..types import Download
from . import folders
from .lock import only_one
from .packed import packed_in
from .part import bytes_on_disk, discard_leftovers, staged_name


def give_up(download: Download, clock: Clock) -> None:
    """Remove what arrived of a model that is no longer wanted, unless somebody else fetches the same bytes."""

    def busy() -> None:
        raise Cancelled(f"{download.label}: others fetch it too")

    for one in filter(None, (download, packed_in(download))):
        with suppress(Cancelled, OSError), only_one(one.staging, staged_name(one), clock, busy):
            if one.candidate.files:
                folders.discard(one, lambda part: give_up(part, clock))
            else:
                discard_leftovers(one)


def staged_bytes(download: Download) -> int:
    """Return how much of the disk a download takes before it is complete, its archive included."""
    if download.candidate.files:
        return folders.bytes_on_disk(download)
    return sum(map(bytes_on_disk, filter(None, (download, packed_in(download)))))
