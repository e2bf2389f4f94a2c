"""The Hub's cards: ``license``, ``license_name``, ``license_link``, tags and what stands before a gated repository.

Its fields: https://huggingface.co/docs/hub/model-cards. Everything on a card is written by the publisher, in any type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from ....licences import bound_by, terms_of
from ....types import Restriction, Terms

_LONGEST_LINK = 500


def hub_terms(card: Mapping[str, Any] | None, tags: object, page: str, *, gated: bool = False) -> Terms:
    """Read a card; ``page`` is the repository's, to which a relative ``license_link`` belongs."""
    card = card or {}
    known = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, (list, tuple)) else []
    tagged = [tag.partition(":")[2] for tag in known if tag.startswith("license:")]
    stated = card.get("license") or tagged
    if stated in ("other", ["other"]):
        stated = card.get("license_name") or stated
    link = _link(card.get("license_link"), page)
    terms = terms_of(stated, link=link, restrictions=_limits(card, known), gated=gated)
    bases = [tag.rpartition(":")[2] for tag in known if tag.startswith("base_model:")]
    return bound_by(terms, card.get("base_model") or bases)


def _limits(card: Mapping[str, Any], tags: list[str]) -> list[Restriction]:
    limits = []
    if card.get("extra_gated_eu_disallowed") is True:
        limits.append(Restriction.EU_EXCLUDED)
    if "not-for-all-audiences" in tags or "not-for-all-audiences" in _list(card.get("tags")):
        limits.append(Restriction.NOT_FOR_ALL_AUDIENCES)
    return limits


def _link(written: object, page: str) -> str | None:
    """Return the link to the text: a card may name a file of the repository instead."""
    text = written.strip() if isinstance(written, str) else ""
    if not text or len(text) > _LONGEST_LINK or not text.isprintable() or " " in text:
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    if parts.scheme in ("http", "https"):
        return text if parts.hostname and not parts.username and not parts.password else None
    is_file = not parts.scheme and not parts.netloc and ".." not in text.split("/")
    return f"{page}/blob/main/{quote(parts.path.lstrip('./'))}" if is_file else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
