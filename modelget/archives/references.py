"""References to one file of an archive: those of the archive itself, then ``#`` and the path in it."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote, unquote

from ..types import Archive, Candidate, archive_kind, has_model_suffix


def split_member(reference: str) -> tuple[str, str]:
    """Return the reference of an archive and the path in it; other references are whole, and have no path.

    Servers never see what follows the ``#`` of a link. File names may hold one, and MEGA's links have their key there.
    """
    archive, mark, member = reference.rpartition("#")
    if not mark or not has_model_suffix(member):
        return reference, ""
    is_link = archive.lower().startswith(("https://", "http://"))
    is_archive = archive_kind(archive) or archive_kind(archive.rpartition("@")[0])
    return (archive, unquote(member)) if is_link or is_archive else (reference, "")


def member_id(archive: str, member: str) -> str:
    """Return the id of a file in an archive with this id; an empty path stands for the archive itself."""
    return f"{archive}#{quote(member)}" if member else archive


def in_archive(candidate: Candidate, member: str, wanted: str) -> Candidate | None:
    """Return a candidate as what it is: a file, or one in the archive that its place has.

    ``wanted`` is the name of the requirement. None when a member was asked for of what is no archive.
    """
    if candidate.archive is not None:
        return candidate
    kind = archive_kind(candidate.name)
    if kind is None:
        return candidate if member.rpartition("/")[2] in ("", candidate.name) else None
    return replace(
        candidate,
        id=member_id(candidate.id, member),
        name=_name(candidate.name, kind, member, wanted),
        size=None,
        digest=None,
        claimed=None,
        archive=Archive(candidate.id, kind, member, candidate.size, candidate.digest),
    )


def _name(archive: str, kind: str, member: str, wanted: str) -> str:
    """Tell what the file is called, as far as anything tells before the archive is here."""
    stem = archive[: -len(kind) - 1] if archive.lower().endswith(kind) else ""  # "x.pt.zip" holds "x.pt"
    names = (member, stem, wanted)
    return next((name.rpartition("/")[2] for name in names if has_model_suffix(name)), archive)
