"""Places on the network that can be searched for a name, one file each; what they say is never more than a name."""

from __future__ import annotations

from ..by_name import NameList
from ..library import Library
from ..settings import Settings
from .civitai_names import CivitaiNames
from .hub_owners import HubOwners

__all__ = ["searches"]


def searches(settings: Settings, library: Library) -> tuple[NameList, ...]:
    """Return the searches in the order in which they are asked: trusted owners, then everybody."""
    owners = HubOwners(
        settings.hub_endpoint, settings.trusted_owners, frozenset(library.folders), library.notes
    )
    return (owners, CivitaiNames(settings.civitai_endpoints))
