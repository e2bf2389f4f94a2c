"""Plans and installs by their ids, for those who ask again and again: a page, a queue of prompts, a node."""

from __future__ import annotations

from .desk import Desk
from .entry import Decision, Entry, key_of
from .errors import NothingToDo, Unknown
from .getting import ModelMissing, get
from .rules import may_fetch_unasked, open_decision
from .state import FileState, State

__all__ = [
    "Decision",
    "Desk",
    "Entry",
    "FileState",
    "ModelMissing",
    "NothingToDo",
    "State",
    "Unknown",
    "get",
    "key_of",
    "may_fetch_unasked",
    "open_decision",
]
