"""What the owner decided: environment first, then a TOML file, then defaults."""

from __future__ import annotations

from .loading import load_settings
from .places import (
    CIVITAI_ENDPOINTS,
    CIVITAI_SITES,
    GITHUB_API,
    HUB_ENDPOINT,
    KAGGLE_ENDPOINT,
    MIRRORED,
    MODELSCOPE_ENDPOINT,
    TOKEN_NAMES,
    TRUSTED_OWNERS,
)
from .secret import Secret
from .values import Limits, Settings
from .written import home_of, read_toml

__all__ = [
    "CIVITAI_ENDPOINTS",
    "CIVITAI_SITES",
    "GITHUB_API",
    "HUB_ENDPOINT",
    "KAGGLE_ENDPOINT",
    "MIRRORED",
    "MODELSCOPE_ENDPOINT",
    "TOKEN_NAMES",
    "TRUSTED_OWNERS",
    "Limits",
    "Secret",
    "Settings",
    "home_of",
    "load_settings",
    "read_toml",
]
