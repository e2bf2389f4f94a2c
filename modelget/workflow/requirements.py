"""Many selections of models → one Requirement for each model, with what the file declares about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..types import Digest, Requirement, stem_of
from .declarations import Declaration


@dataclass(frozen=True, slots=True)
class Selection:
    """A node's choice of a model."""

    name: str
    folder: str | None
    """Where this type of node looks; None for a node we do not know."""
    wanted_by: str | None
    """The node's execution id; None in a subgraph that nothing uses."""
    active: bool
    declared: Mapping[str, Sequence[Declaration]]
    """What the node itself declares, by name."""
    how: str | None = None
    """Where the name was read, if otherwise than the rest of the file."""
    is_folder: bool = False
    """Whether a folder of files bears the name."""


@dataclass(slots=True)
class _Gathered:
    wanted_by: dict[str, None] = field(default_factory=dict)
    active: bool = False
    how: str | None = None
    is_folder: bool = False
    declared: list[Declaration] = field(default_factory=list)
    last: Sequence[Declaration] = ()


_Key = tuple[str, "str | None"]


def merge(
    selections: Iterable[Selection], declared: Iterable[Declaration], how: str
) -> tuple[Requirement, ...]:
    """Join selections of the same name and folder, in order of first appearance.

    A node's own declaration decides the folder, else the node's type, else a declaration elsewhere in the file.
    A selection that none of them places joins one of the same name that is placed.
    """
    known: dict[_Key, list[Declaration]] = {}
    folders: dict[str, str] = {}
    for entry in declared:
        known.setdefault((entry.name, entry.folder), []).append(entry)
        if entry.folder:
            folders.setdefault(entry.name, entry.folder)
    gathered: dict[_Key, _Gathered] = {}
    for selection in _completed(list(selections), folders):
        _add(gathered, selection, folders)
    _join_unplaced(gathered)
    return tuple(
        _requirement(key, found, [*known.get(key, ()), *known.get((key[0], None), ())], how)
        for key, found in gathered.items()
    )


def _completed(selections: list[Selection], folders: Mapping[str, str]) -> Iterator[Selection]:
    """Give a stem from a prompt the whole name that a loader or a declaration has for the same folder."""
    if not any(selection.how for selection in selections):
        yield from selections
        return
    whole: dict[_Key, str] = {}
    for name, folder in (*((s.name, s.folder) for s in selections if not s.how), *folders.items()):
        for stem in (stem_of(name), stem_of(name.rpartition("/")[2])):
            whole.setdefault((stem, folder), name)
    for selection in selections:
        known = whole.get((selection.name, selection.folder)) if selection.how else None
        yield replace(selection, name=known) if known else selection


def _add(gathered: dict[_Key, _Gathered], selection: Selection, folders: Mapping[str, str]) -> None:
    own = selection.declared.get(selection.name, ())
    own_folder = next((entry.folder for entry in own if entry.folder), None)
    folder = own_folder or selection.folder or folders.get(selection.name)
    found = gathered.setdefault((selection.name, folder), _Gathered(how=selection.how))
    if found.how != selection.how:
        found.how = None  # a widget selects it as well
    if selection.wanted_by is not None:
        found.wanted_by[selection.wanted_by] = None
    found.active = found.active or selection.active
    found.is_folder = found.is_folder or selection.is_folder
    if own and found.last is not own:
        found.last = own
        found.declared.extend(entry for entry in own if entry.folder in (folder, None))


def _join_unplaced(gathered: dict[_Key, _Gathered]) -> None:
    placed = {name: folder for name, folder in reversed(gathered) if folder is not None}
    for name, folder in list(gathered):
        if folder is None and name in placed:
            unplaced = gathered.pop((name, None))
            found = gathered[name, placed[name]]
            found.wanted_by.update(unplaced.wanted_by)
            found.active = found.active or unplaced.active
            found.declared.extend(unplaced.declared)


def _requirement(key: _Key, found: _Gathered, elsewhere: list[Declaration], how: str) -> Requirement:
    name, folder = key
    declared = [*found.declared, *elsewhere]
    digests: list[Digest] = [entry.digest for entry in declared if entry.digest]
    is_reference = ":" in name  # which no file name holds: the place that it leads to names the file
    return Requirement(
        name="" if is_reference else name,
        folder=folder,
        wanted_by=tuple(found.wanted_by),
        how=found.how or how,
        active=found.active,
        urls=tuple(dict.fromkeys(entry.url for entry in declared if entry.url)),
        digest=digests[0] if digests else None,
        renamable=is_reference,
        is_folder=found.is_folder,
    )
