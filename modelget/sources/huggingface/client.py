"""Asking through huggingface_hub: nothing sent but the question, a stale token no hindrance, short waits kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from ...http import Http, retry_after
from ...settings import Secret

_TIMEOUT = 15.0
_TRIES = 4
_LONGEST_WAIT = 20.0
"""Seconds; the Hub counts questions in windows of five minutes, and a plan does not stand still for so long."""

_BAD_TOKEN = "Invalid credentials"  # noqa: S105 - what the Hub says of one
_quiet_lock = Lock()
_quiet = 0
_was_quiet = False


class HubClient:
    """The Hub's client with the owner's token."""

    def __init__(self, endpoint: str, token: Secret | None) -> None:
        self._endpoint = endpoint
        self._token: str | bool = token.reveal() if token else False

    def ask(self, question: Any, *args: Any, http: Http, **options: Any) -> Any:
        """Ask with our token, and without it when the Hub refuses; wait and ask again when it says so.

        Raises:
            what huggingface_hub raises; see ``hub_errors``.
        """
        from huggingface_hub import errors

        for attempt in range(_TRIES):
            try:
                with _nothing_else_sent():
                    return self._ask_once(question, args, http, options)
            except errors.HfHubHTTPError as error:
                wait = retry_after(headers_of(error), http.clock.wall()) if status_of(error) == 429 else None
                if wait is None or wait > _LONGEST_WAIT or attempt == _TRIES - 1:
                    raise
            http.clock.sleep(wait)
        raise AssertionError("unreachable")

    def token_state(self, http: Http) -> str:
        """Return ``none``, ``refused`` or ``sent``: what the Hub has from us."""
        if not self._token:
            return "none"
        return "refused" if http.has_refused_token(self._endpoint) else "sent"

    def _ask_once(self, question: Any, args: tuple[Any, ...], http: Http, options: dict[str, Any]) -> Any:
        from huggingface_hub import errors

        try:
            return question(*args, token=self._token, timeout=_TIMEOUT, **options)
        except errors.HfHubHTTPError as error:
            if not self._token or status_of(error) != 401:
                raise
            if _BAD_TOKEN in message_of(error):
                http.note_refused_token(self._endpoint)
            answer = question(*args, token=False, timeout=_TIMEOUT, **options)
            http.note_refused_token(self._endpoint)
            return answer


def hub_errors() -> tuple[type[Exception], ...]:
    """Name what huggingface_hub raises when a request fails.

    Its HTTP library is requests (0.x), httpx (1.x) or httpx2 (2.x); the base classes of its own error tell
    which, so that none of them needs to be imported.
    """
    from huggingface_hub.errors import HfHubHTTPError

    return (*(base for base in HfHubHTTPError.__bases__ if issubclass(base, Exception)), OSError)


def status_of(error: Exception) -> int:
    """Return the HTTP status of the Hub's refusal, 0 when there was no answer."""
    return int(getattr(getattr(error, "response", None), "status_code", 0) or 0)


def headers_of(error: Exception) -> Any:
    """Return the headers of the Hub's refusal."""
    return getattr(getattr(error, "response", None), "headers", None) or {}


def message_of(error: Exception) -> str:
    """Return the Hub's own words for a refusal, which alone tell some of its reasons apart."""
    return f"{headers_of(error).get('X-Error-Message') or ''} {getattr(error, 'server_message', None) or ''}"


@contextmanager
def _nothing_else_sent() -> Iterator[None]:
    """Keep the client from asking its home which program it runs in, whatever endpoint is meant.

    The switch is the whole process's, so it is set back when the last question of ours is answered.
    """
    from huggingface_hub import constants

    global _quiet, _was_quiet
    with _quiet_lock:
        if not _quiet:
            _was_quiet = constants.HF_HUB_DISABLE_TELEMETRY
            constants.HF_HUB_DISABLE_TELEMETRY = True
        _quiet += 1
    try:
        yield
    finally:
        with _quiet_lock:
            _quiet -= 1
            if not _quiet:
                constants.HF_HUB_DISABLE_TELEMETRY = _was_quiet
