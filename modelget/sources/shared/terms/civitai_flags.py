"""Civitai's permissions: flags on a model, set by its uploader.

``allowCommercialUse`` lists what may be sold: ``Image`` (generated images), ``RentCivit`` (generation on Civitai),
``Rent`` (on other paid services), ``Sell`` (the model and merges); older answers give one of them as a bare string.
They say nothing of the base model's own licence.
"""

from __future__ import annotations

from typing import Any

from ....licences import bound_by
from ....types import Restriction, Terms
from ..fields import whole

_LEVELS = {1: "PG", 2: "PG13", 4: "R", 8: "X", 16: "XXX", 32: "Blocked"}
_ADULT = 4 | 8 | 16 | 32
_USES = {
    "image": "images",
    "rentcivit": "generation on Civitai",
    "rent": "generation services",
    "sell": "the model",
}


def civitai_terms(model: Any, version: Any, page: str) -> Terms:
    """Read a model's flags, which only its own answer has all of, and a version's; ``page`` shows them to a person."""
    model, version = _object(model), _object(version)
    facts = {**_object(version.get("model")), **model}
    uses = _uses(model.get("allowCommercialUse"))
    allowed, reason = _commercial_use(uses)
    level = whole(version, "nsfwLevel") or whole(model, "nsfwLevel") or 0
    words = [word for bit, word in _LEVELS.items() if level & bit]
    terms = Terms(
        licence=None if uses is None else f"civitai ({', '.join(uses) or 'none'})",
        link=None if uses is None else page,
        commercial_use=allowed,
        reason=reason,
        restrictions=tuple(_limits(facts, allowed, level)),
        audience=", ".join(words) or None,
    )
    return bound_by(terms, version.get("baseModel"))


_NOT_STATED = "its uploader's permissions are not known"


def _uses(written: object) -> list[str] | None:
    """Return what may be sold, in lower case; None where nothing is said. Unknown words allow nothing."""
    if not isinstance(written, (str, list)):
        return None
    listed = [written] if isinstance(written, str) else written
    words = (word.lower() for word in listed if isinstance(word, str))
    return sorted({word for word in words if word in _USES})


def _commercial_use(uses: list[str] | None) -> tuple[bool | None, str]:
    if uses is None:
        return None, _NOT_STATED
    if {"image", "sell"} & set(uses):
        return True, "its uploader allows to sell " + ", ".join(_USES[use] for use in uses)
    if "rent" in uses:
        return None, "its uploader allows paid generation services and nothing else"
    if uses:
        return False, "its uploader allows paid generation on Civitai and nothing else"
    return False, "its uploader allows no commercial use"


def _limits(model: dict[str, Any], commercial: bool | None, level: int) -> list[Restriction]:
    stated = (
        (Restriction.NON_COMMERCIAL, commercial is False),
        (Restriction.NO_DERIVATIVES, model.get("allowDerivatives") is False),
        (Restriction.CREDIT_REQUIRED, model.get("allowNoCredit") is False),
        (Restriction.SAME_PERMISSIONS, model.get("allowDifferentLicense") is False),
        (Restriction.NOT_FOR_ALL_AUDIENCES, model.get("nsfw") is True or bool(level & _ADULT)),
        (Restriction.REAL_PERSON, model.get("poi") is True),
        (Restriction.MINOR, model.get("minor") is True),
    )
    return [limit for limit, holds in stated if holds]


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
