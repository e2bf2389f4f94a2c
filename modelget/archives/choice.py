"""Which file of an archive is the wanted one: never a guess."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from ..errors import UnclearMember, UnsafeFile
from ..types import Archive
from .member import Member
from .references import member_id

_MOST_LISTED = 10


def choose(members: Iterable[Member], archive: Archive, name: str) -> Member:
    """Return the member that was asked for, else the one of that base name, else the only model.

    Raises:
        UnclearMember: there is none, or several may be meant; the error lists their ids.
        UnsafeFile: two members have the name, of which each reader would take another one.
    """
    members = list(members)
    models = [member for member in members if member.is_model]
    wanted = archive.member or name.rpartition("/")[2]
    found = [member for member in models if member.name == wanted]
    if not found and "/" not in wanted:
        found = [member for member in models if member.base == wanted]
    if not found and not archive.member and len(models) == 1 and _suffix(models[0].name) == _suffix(wanted):
        found = models
    if len({member.name for member in found}) != 1:
        raise _unclear(archive, wanted, found or models, members)
    if sum(member.name == found[0].name for member in members) > 1:
        raise UnsafeFile(archive.id, f"{found[0].name} is in it more than once, and only one can be right")
    return found[0]


def _unclear(archive: Archive, wanted: str, models: list[Member], members: list[Member]) -> UnclearMember:
    odd = [member for member in members if member.base == wanted and not member.is_model]
    if odd and not any(member.base == wanted for member in models):
        what = "under a name that leads elsewhere" if odd[0].is_file else "as a link, folder or device"
        reason = f"it holds {wanted} only {what}"
    elif not models:
        reason = "it holds no model file"
    else:
        names = ", ".join(member.name for member in models[:_MOST_LISTED])
        more = f" and {len(models) - _MOST_LISTED} more" if len(models) > _MOST_LISTED else ""
        reason = f"nothing tells which of its files is {wanted}: {names}{more}"
    ids = tuple(member_id(archive.id, member.name) for member in models[:_MOST_LISTED])
    return UnclearMember(archive.id, reason, wanted, ids)


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()
