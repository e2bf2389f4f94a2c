"""Does a credential work? Ask its place who we are."""

from __future__ import annotations

from .errors import ModelgetError
from .http import Http
from .settings import GITHUB_API, Settings

_REFUSED = frozenset({401, 403})


def try_account(place: str, settings: Settings, http: Http) -> tuple[str, str]:
    """Return ``works``, ``refused``, ``unreachable``, ``none`` or ``unknown``, and what to tell a person.

    ``none``: there is no credential; ``unknown``: the place has no question that tells.
    """
    question = _questions(settings).get(place)
    if question is None:
        return "unknown", "This place has no question that tells; try it with a file."
    origins = {origin for origin in settings.credentials if question.startswith(origin)}
    if not origins:
        return "none", "No credential is set."
    try:
        with http.open(question) as reply:
            status = reply.status
    except ModelgetError as error:
        return "unreachable", f"{error}. {error.hint}"
    if status in _REFUSED:
        return "refused", "The place does not accept it. Make a new one there, and set that."
    if status >= 400:
        return "unreachable", f"The place answers with HTTP {status}. Try again later."
    return "works", "The place accepts it."


def _questions(settings: Settings) -> dict[str, str]:
    """Return what only the owner of a credential may ask, by place."""
    github = settings.endpoints.get("github")
    return {
        "huggingface": f"{settings.hub_endpoint}/api/whoami-v2",
        "civitai": f"{settings.civitai_endpoints[0]}/api/v1/me",
        "github": f"{github}/api/v3/user" if github else f"{GITHUB_API}/user",
    }
