"""Whether everything fits: on the disks, and below the owner's limit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from ..errors import ModelgetError, NotEnoughSpace
from ..library import Library
from ..settings import Limits
from ..types import Download, Plan, to_fetch


def refuse_what_cannot_fit(
    plans: Iterable[Plan], library: Library, limits: Limits, staged: Callable[[Download], int]
) -> None:
    """Check the disks before the first byte; ``staged`` tells what an interrupted fetch has written already.

    Raises:
        NotEnoughSpace: a filesystem cannot hold the files meant for it and keep its reserve.
        ModelgetError: all files together exceed the owner's limit for one plan.
    """
    total = 0
    needed: dict[int | None, int] = {}
    places: dict[int | None, Path] = {}
    for download in to_fetch(plans):
        device = library.device(download.destination)
        candidate = download.candidate
        # A packed file needs room beside its archive; how much is known only when that is here.
        unpacked = (candidate.size or candidate.fetch_size or 0) if candidate.archive else 0
        missing = max((candidate.fetch_size or 0) - staged(download), 0)
        total += missing
        needed[device] = needed.get(device, 0) + missing + unpacked
        places[device] = download.destination
    for device, size in needed.items():
        free = library.free_bytes(places[device]) - limits.spare_bytes
        if size > free:
            raise NotEnoughSpace(places[device].parent, size, max(free, 0))
    if total > limits.plan_bytes:
        raise ModelgetError(
            f"this would fetch {total / 1e9:.1f} GB, more than the limit of {limits.plan_bytes / 1e9:.0f} GB",
            "Raise plan_gb below [limits] in modelget.toml, or install fewer workflows at once.",
        )
