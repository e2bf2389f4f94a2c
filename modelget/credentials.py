"""Tokens that a person gave us to keep: one small file that nobody else on the machine may read."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from .errors import InvalidSetting

_FILE = "credentials.json"
_MOST_BYTES = 64 * 2**10


def stored_tokens(home: Path) -> Mapping[str, str]:
    """Return the tokens by place; nothing when none was stored.

    Raises:
        InvalidSetting: the file cannot be read.
    """
    file = home / _FILE
    try:
        with file.open("rb") as stream:
            found = json.loads(stream.read(_MOST_BYTES))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not JSON"
        raise InvalidSetting(
            f"{file}: cannot be read ({reason})", "Delete it, and set the tokens again."
        ) from None
    if not isinstance(found, dict):
        return {}
    return {name: token for name, token in found.items() if isinstance(token, str) and token}


def store_token(home: Path, place: str, token: str | None) -> None:
    """Keep a place's token, or forget it; the file is replaced as a whole.

    Raises:
        InvalidSetting: it cannot be written.
    """
    tokens = {name: kept for name, kept in stored_tokens(home).items() if name != place}
    if token:
        tokens[place] = token
    fresh = home / f".{_FILE}.{secrets.token_hex(8)}"
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Created, never opened: nobody can have put a link there. The mode counts on POSIX; on Windows a user's
        # folders are closed to others by themselves.
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(tokens, stream)
            fresh.replace(home / _FILE)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InvalidSetting(
            f"{home / _FILE}: cannot be written ({error.strerror})", "Check who owns that folder."
        ) from None
