"""Why the Hub keeps a file back, and what a person can do about each reason."""

from __future__ import annotations

from ...errors import SourceUnavailable
from ...http import Http, retry_after
from ...types import Barrier
from ..shared.look import ELSEWHERE
from .client import headers_of, message_of, status_of

_OTHER_KEY = (
    "The Hub does not know your token: make another one in your settings there, and set HF_TOKEN to it"
)
_REFUSED_REGION = 451


def gate(repo_id: str, page: str, token: str, error: Exception) -> Barrier:
    """Read the refusal of a gated file; ``token`` is ``none``, ``refused`` or ``sent``.

    Access can only be asked for in a browser, and only the words tell what became of the request.
    """
    words = message_of(error).lower()
    message = f"{repo_id} is gated"
    if token == "none" or (token == "sent" and status_of(error) == 401):  # noqa: S105 - no token
        login = "and set HF_TOKEN (or run `hf auth login`)"
    elif token == "refused":  # noqa: S105
        return Barrier("gated", message, f"{_OTHER_KEY}. Then accept the terms at {page}.")
    elif "awaiting" in words or "pending" in words:
        waiting = f"{message}, and its authors have not answered your request yet"
        return Barrier("gated", waiting, f"Wait for them, then try again. {page} shows what became of it.")
    elif "rejected" in words:
        return Barrier("gated", f"{message}, and its authors have rejected your request", ELSEWHERE)
    else:
        login = "with the account of your token"
    return Barrier("gated", message, f"Accept its terms at {page} {login}, then try again.")


def barrier(repo_id: str, token: str, error: Exception) -> Barrier | None:
    """Read any other refusal; None when it is none, or only for now."""
    from huggingface_hub import errors

    if isinstance(error, errors.RepositoryNotFoundError):
        hints = {
            "none": "If it is private, set HF_TOKEN to a token that may read it; else find the file elsewhere.",
            "refused": f"If it is private: {_OTHER_KEY}. Else find the file elsewhere.",
            "sent": "If it is private, set HF_TOKEN to the token of an account that may read it (yours may not); "
            "else find the file elsewhere.",
        }
        return Barrier("login", f"{repo_id} is not public, or gone", hints[token])
    if isinstance(error, errors.DisabledRepoError):
        return Barrier("removed", f"{repo_id} was disabled", ELSEWHERE)
    if status_of(error) == 401:
        return Barrier("login", f"the Hub refuses access to {repo_id}", f"{_OTHER_KEY}.")
    if status_of(error) == 403 and "fine-grained" in message_of(error).lower():
        hint = (
            'Allow "Read access to contents of all public gated repos" for it in your Hugging Face settings, '
            "or set HF_TOKEN to a token of the kind Read."
        )
        return Barrier("login", f"your fine-grained token may not read {repo_id}, which is gated", hint)
    if status_of(error) == 403:
        hint = f"Give your token the right to read it in your Hugging Face settings. Else: {ELSEWHERE}"
        return Barrier("login", f"the Hub refuses access to {repo_id}", hint)
    if status_of(error) == _REFUSED_REGION:
        return Barrier("region", f"the Hub does not serve {repo_id} in this region", ELSEWHERE)
    return None


def unavailable(repo_id: str, error: Exception, http: Http) -> SourceUnavailable:
    """Say that the Hub did not answer the question, and when to ask again if it said so."""
    status = status_of(error)
    if not status:
        return SourceUnavailable(f"{repo_id}: the Hub could not be reached ({type(error).__name__})")
    wait = retry_after(headers_of(error), http.clock.wall())
    if status != 429:
        return SourceUnavailable(f"{repo_id}: the Hub answers HTTP {status}", "unavailable", wait, status)
    when = "" if wait is None else f" for {wait:.0f} s"
    message = f"{repo_id}: too many questions: the Hub answers none (HTTP 429){when}; a token allows more"
    return SourceUnavailable(message, "rate-limited", wait, status)
