"""Credentials that a person sets in the panel: kept for this user alone, tried, and never shown again."""

from __future__ import annotations

from typing import Any

from ..modelget.accounts import try_account
from ..modelget.credentials import store_token, stored_tokens
from ..modelget.pipeline import Workshop
from ..modelget.settings import Secret
from .folders import home


def stored() -> set[str]:
    """Return the places for which a token is kept."""
    return set(stored_tokens(home()))


def store(place: str, token: str | None) -> None:
    """Keep a token, or forget it; raise InvalidSetting when it is none or cannot be written."""
    store_token(home(), place, Secret(token).reveal() if token else None)


def test(place: str, shop: Workshop) -> dict[str, Any]:
    """Ask the place who we are."""
    result, message = try_account(place, shop.settings, shop.http)
    return {"result": result, "message": message}
