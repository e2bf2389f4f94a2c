"""What the owner decided: environment first, then a TOML file, then defaults."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import InvalidSetting
from .hosts import origin_of

HUB_ENDPOINT = "https://huggingface.co"
CIVITAI_ENDPOINTS = ("https://civitai.com", "https://civitai.red")
CIVITAI_TOKEN_NAMES = ("CIVITAI_API_TOKEN", "CIVITAI_API_KEY", "CIVITAI_TOKEN")

_GIB = 2**30
_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")


class Secret:
    """A credential that never shows itself: only ``reveal`` gives the value."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        if not _TOKEN.fullmatch(value.strip()):
            raise InvalidSetting("a token holds characters that no token has; set it again without them")
        self._value = value.strip()

    def reveal(self) -> str:
        """Return the value, for the one header that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "***"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a plan may use at most."""

    plan_bytes: int = 200 * 10**9
    parallel_files: int = 3
    spare_bytes: int = 2 * _GIB
    """Disk space that stays free on every filesystem we write to."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the owner can decide; the command line and ComfyUI pass it in."""

    hub_endpoint: str = HUB_ENDPOINT
    civitai_endpoints: tuple[str, ...] = CIVITAI_ENDPOINTS
    hub_token: Secret | None = None
    civitai_token: Secret | None = None
    allow_hosts: tuple[str, ...] = ()
    """Origins that URLs may name beside the built-in hosts, e.g. ``http://127.0.0.1:9000``."""
    autofetch: str = "ask"
    allow_pickle: str = "ask"
    limits: Limits = field(default_factory=Limits)
    offline: bool = False

    @property
    def credentials(self) -> dict[str, Secret]:
        """The token for each exact origin; no other origin ever gets one."""
        found: dict[str, Secret] = {}
        if self.civitai_token:
            found.update({origin_of(endpoint): self.civitai_token for endpoint in self.civitai_endpoints})
        if self.hub_token:
            found[origin_of(self.hub_endpoint)] = self.hub_token
        return found


def load_settings(
    environ: Mapping[str, str] = os.environ, *, comfyui: Path | None = None, offline: bool = False
) -> Settings:
    """Read the settings; raise InvalidSetting naming the variable or the file that is wrong."""
    table = _read_toml(_config_file(environ, comfyui))
    endpoints, limits = _table(table, "endpoints"), _table(table, "limits")
    hub = environ.get("HF_ENDPOINT") or endpoints.get("huggingface") or HUB_ENDPOINT
    civitai = environ.get("MODELGET_CIVITAI_ENDPOINT") or endpoints.get("civitai")
    listed = environ.get("MODELGET_ALLOW_HOSTS")
    hosts = listed.split(",") if listed else table.get("allow_hosts", [])
    return Settings(
        hub_endpoint=_endpoint("HF_ENDPOINT", hub),
        civitai_endpoints=(
            (_endpoint("MODELGET_CIVITAI_ENDPOINT", civitai),) if civitai else CIVITAI_ENDPOINTS
        ),
        hub_token=None if offline else _hub_token(environ),
        civitai_token=_first_token(environ, CIVITAI_TOKEN_NAMES),
        allow_hosts=tuple(_endpoint("MODELGET_ALLOW_HOSTS", host) for host in hosts if str(host).strip()),
        autofetch=_choice(environ, table, "autofetch", ("ask", "auto", "off")),
        allow_pickle=_choice(environ, table, "allow_pickle", ("ask", "never")),
        limits=_limits(limits),
        offline=offline or environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on"),
    )


def _config_file(environ: Mapping[str, str], comfyui: Path | None) -> Path | None:
    if named := environ.get("MODELGET_CONFIG"):
        path = Path(named).expanduser()
        if not path.is_file():
            raise InvalidSetting(
                f"MODELGET_CONFIG: {path} does not exist", "Create it or unset the variable."
            )
        return path
    # A folder with two underscores is out of reach of ComfyUI's /userdata routes; user/default is not.
    beside = comfyui / "user" / "__modelget" / "modelget.toml" if comfyui else None
    return beside if beside and beside.is_file() else None


def _read_toml(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidSetting(
            f"{path}: {error}", "Correct the file; docs/settings.md lists the keys."
        ) from None
    return table


def _table(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise InvalidSetting(f"[{key}] must be a table", "Write it as [" + key + "] with keys below.")
    return value


def _endpoint(name: str, value: object) -> str:
    url = str(value).strip().rstrip("/")
    try:
        origin_of(url)
    except InvalidSetting as error:
        raise InvalidSetting(
            f"{name}: {error}", "Write it like https://host or http://127.0.0.1:9000."
        ) from None
    return url


def _choice(environ: Mapping[str, str], table: Mapping[str, Any], key: str, allowed: tuple[str, ...]) -> str:
    name = f"MODELGET_{key.upper()}"
    value = str(environ.get(name) or table.get(key) or allowed[0]).lower()
    if value not in allowed:
        raise InvalidSetting(f"{name}: {value!r} is not one of {', '.join(allowed)}", "Set one of these.")
    return value


def _limits(table: Mapping[str, Any]) -> Limits:
    default = Limits()
    return Limits(
        plan_bytes=int(_number(table, "plan_gb", default.plan_bytes / 1e9) * 1e9),
        parallel_files=max(1, int(_number(table, "parallel_files", default.parallel_files))),
        spare_bytes=int(_number(table, "spare_gib", default.spare_bytes / _GIB) * _GIB),
    )


def _number(table: Mapping[str, Any], key: str, default: float) -> float:
    value = table.get(key, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        raise InvalidSetting(f"limits.{key}: {value!r} is not a number of zero or more", "Correct it.")
    return float(value)


def _first_token(environ: Mapping[str, str], names: tuple[str, ...]) -> Secret | None:
    found = next((environ[name] for name in names if environ.get(name, "").strip()), None)
    return Secret(found) if found else None


def _hub_token(environ: Mapping[str, str]) -> Secret | None:
    """Return the Hub token from the environment or from where `hf auth login` keeps it."""
    if token := _first_token(environ, ("HF_TOKEN",)):
        return token
    if environ is not os.environ:
        return None
    from huggingface_hub import get_token

    stored = get_token()
    return Secret(stored) if stored else None
