"""Licence and restrictions for a person: a few words in a table, all of it on request."""

from __future__ import annotations

from collections.abc import Iterator

from ..types import Restriction, Terms

_LONGEST = 40
_COMMERCIAL = {True: "allowed", False: "not allowed", None: "not clearly allowed"}


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


def terms_in_full(terms: Terms) -> Iterator[str]:
    """Yield everything that is known about the terms, a line each."""
    yield f"licence: {terms.licence or 'not stated'}" + (f" ({terms.link})" if terms.link else "")
    why = f": {terms.reason}" if terms.reason else ""
    yield f"commercial use: {_COMMERCIAL[terms.commercial_use]}{why}"
    if terms.restrictions:
        yield "restrictions: " + ", ".join(restriction.value for restriction in terms.restrictions)
    if terms.audience:
        yield f"rated: {terms.audience}"
