"""Where can each model be had, and how sure are we: ask the library first, then every source."""

from __future__ import annotations

from collections.abc import Iterable

from ..by_name import NameList
from ..http import Http
from ..library import Library
from ..sources import Source
from ..types import Requirement, Resolution
from .asking import published_digest, renewed
from .local import find_here, pinned_here, published_here
from .rounds import look_up

__all__ = ["look_up", "published_digest", "renewed", "resolve"]


def resolve(
    wanted: Requirement,
    library: Library,
    sources: Iterable[Source],
    http: Http,
    lists: Iterable[NameList] = (),
) -> Resolution:
    """Find out where one model is, or where it can be had; asks no source when its bytes are already here.

    ``lists`` are asked, in their order, only about a name that nothing else speaks for. A source that cannot
    answer becomes a SourceFailure beside what the others found.
    """
    if present := find_here(wanted, library):
        return present
    if wanted.is_left_to_pack:
        return Resolution(wanted)
    if twin := pinned_here(wanted, library):
        return published_here(wanted, [twin], library) or Resolution(wanted, candidates=(twin,))
    looked_up = look_up(wanted, library, sources, http, lists)
    return published_here(wanted, looked_up.candidates, library) or looked_up
