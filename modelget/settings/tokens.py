"""Where a credential is found: in the environment, among those stored here, or where a place's own tools keep it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from ..errors import InvalidSetting
from .forms import YES
from .places import TOKEN_NAMES
from .secret import Secret


def token_for(
    environ: Mapping[str, str], stored: Mapping[str, str], place: str, cookie: str = ""
) -> Secret | None:
    """Return a place's token: from the environment, else what was stored."""
    name = next((name for name in TOKEN_NAMES[place] if environ.get(name, "").strip()), None)
    if name:
        return _secret(name, environ[name], cookie)
    return _secret(f"the stored token for {place}", stored[place], cookie) if place in stored else None


def hub_token(environ: Mapping[str, str], stored_here: Mapping[str, str]) -> Secret | None:
    """Return the Hub token from the environment, what was stored, or where `hf auth login` keeps it.

    HF_HUB_DISABLE_IMPLICIT_TOKEN, as the Hub's own client reads it, means all of them.
    """
    if environ.get("HF_HUB_DISABLE_IMPLICIT_TOKEN", "").lower() in YES:
        return None
    if token := token_for(environ, stored_here, "huggingface"):
        return token
    if place := environ.get("HF_TOKEN_PATH", "").strip():
        return _token_in(Path(place).expanduser())
    if environ is not os.environ:
        return None
    from huggingface_hub import get_token

    try:
        stored = get_token()
    except OSError:
        return None  # another account's home: there may be no token in it, and public files need none
    return _secret("the token that `hf auth login` stored", stored) if stored else None


def kaggle_login(environ: Mapping[str, str]) -> Secret | None:
    """Return the login from the environment, or from the file where Kaggle's own tools keep it."""
    user, key = (environ.get(name, "").strip() for name in ("KAGGLE_USERNAME", "KAGGLE_KEY"))
    if user and key:
        return Secret.of_login(user, key)
    usual = "~/.kaggle" if environ is os.environ else ""
    folder = environ.get("KAGGLE_CONFIG_DIR", "").strip() or usual
    if not folder:
        return None
    try:
        stored = json.loads((Path(folder).expanduser() / "kaggle.json").read_text(encoding="utf-8"))
        return Secret.of_login(str(stored["username"]), str(stored["key"]))
    except (OSError, RuntimeError, ValueError, TypeError, LookupError, InvalidSetting):
        return None  # public files need none, and what is wrong with the file Kaggle's tools say


def _token_in(file: Path) -> Secret | None:
    try:
        stored = file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return None  # public files need none
    return _secret(f"HF_TOKEN_PATH ({file})", stored) if stored else None


def _secret(place: str, value: str, cookie: str = "") -> Secret:
    try:
        return Secret(value, cookie)
    except InvalidSetting as error:
        raise InvalidSetting(f"{place}: {error}") from None
