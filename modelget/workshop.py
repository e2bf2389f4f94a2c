"""What every step works with: settings, library, sources, lists of names and the network client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from .by_name import NameList
from .catalog import local_lists
from .hosts import HostPolicy
from .http import Clock, Http
from .library import Library
from .search import searches
from .settings import Settings
from .sources import Source, all_sources


@dataclass(frozen=True, slots=True)
class Workshop:
    """What every step works with; made once by whoever starts the story."""

    settings: Settings
    library: Library
    sources: tuple[Source, ...]
    http: Http
    stop: Event
    """Set it, and every fetch ends at its next chunk."""
    lists: tuple[NameList, ...] = ()
    """Who is asked, in this order, about a model of which nothing but the name is known."""


def open_workshop(settings: Settings, library: Library, *, comfyui: Path | None = None) -> Workshop:
    """Bring settings, library, sources, lists of names and the network client together.

    ``comfyui`` is the folder of the installation beside which to look for lists.
    """
    stop = Event()
    sources = tuple(all_sources(settings))
    policy = _policy(sources, settings)
    http = Http(
        policy,
        settings.credentials,
        offline=settings.offline,
        clock=Clock(sleep=stop.wait),
        connections_per_host=settings.limits.connections_per_host,
    )
    lists = (*local_lists(settings.catalog, comfyui), *searches(settings, library))
    return Workshop(settings, library, sources, http, stop, lists)


def _policy(sources: Sequence[Source], settings: Settings) -> HostPolicy:
    """Allow every source's hosts, and the origins that the owner chose: listed, or set as a mirror."""
    known = HostPolicy.of((host for source in sources for host in source.hosts), ())
    # Only what the owner chose may have a private address, so a built-in host is not listed as an origin.
    mirrors = (place for source in sources for place in source.endpoints if not known.allows(place))
    return HostPolicy.of(known.hosts, (*settings.allow_hosts, *mirrors))
