"""Several descriptions of the same work, as one image carries them → each model once.

The graph that the editor saves comes first: it has the declarations, the inactive nodes, and the whole of what opens in
ComfyUI. The prompt is what really ran: what only it names is needed all the same, and what it uses is active whatever the
graph says. What only the graph uses stays needed: whoever opens the file gets that graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..types import Requirement

_Key = tuple[str, str, "str | None"]


def join(readings: Iterable[Iterable[Requirement]]) -> tuple[Requirement, ...]:
    """Join what several readings of one file need; each is added to the ones before it.

    Two requirements of a name are the same when they agree on the folder, when one of them has none, or when the same
    node wants both (a graph may declare another folder than the node's type has).
    """
    joined: list[Requirement] = []
    for reading in readings:
        known = {key: at for at in reversed(range(len(joined))) for key in _keys(joined[at])}
        for need in reading:
            at = next((known[key] for key in _same(need) if key in known), None)
            if at is None:
                joined.append(need)
            else:
                joined[at] = _both(joined[at], need)
                known.pop((need.name, "in", None), None)  # it has a folder, or met its like
    return tuple(joined)


def _keys(need: Requirement) -> Iterator[_Key]:
    """Give what a requirement is known by."""
    yield need.name, "in", need.folder
    yield need.name, "anywhere", None
    for node in need.wanted_by:
        yield need.name, "of", node


def _same(need: Requirement) -> Iterator[_Key]:
    """Give what the same requirement would be known by, the surest first."""
    yield need.name, "in", need.folder
    yield (need.name, "in", None) if need.folder else (need.name, "anywhere", None)
    for node in need.wanted_by:
        yield need.name, "of", node


def _both(first: Requirement, second: Requirement) -> Requirement:
    return replace(
        first,
        how=second.how if first.how == "pack" else first.how,
        folder=first.folder or second.folder,
        wanted_by=tuple(dict.fromkeys((*first.wanted_by, *second.wanted_by))),
        active=first.active or second.active,
        urls=tuple(dict.fromkeys((*first.urls, *second.urls))),
        digest=first.digest or second.digest,
    )
