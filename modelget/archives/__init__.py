"""Archives of models: list what is in one and read one file of it, within bounds; nothing here writes to the disk."""

from __future__ import annotations

from .choice import choose
from .member import Member
from .reader import Reader, open_archive
from .references import in_archive, member_id, split_member

__all__ = ["Member", "Reader", "choose", "in_archive", "member_id", "open_archive", "split_member"]
