"""Licence and restrictions in the few words that a table has room for."""

from __future__ import annotations

from ..types import Restriction, Terms

_LONGEST = 40


def short_terms(terms: Terms) -> str:
    """Return the licence as stated, with a mark for what most people must know before they fetch."""
    name = terms.licence or "licence not stated"
    name = name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
    marks = (
        ("non-commercial", terms.commercial_use is False),
        ("NSFW", Restriction.NOT_FOR_ALL_AUDIENCES in terms.restrictions),
        ("gated", terms.gated),
    )
    shown = ", ".join(mark for mark, holds in marks if holds)
    return f"{name} [{shown}]" if shown else name
