"""What the owner decided: environment first, then a TOML file, then defaults."""

from __future__ import annotations

import base64
import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .credentials import stored_tokens
from .errors import InvalidSetting
from .hosts import origin_of, redact
from .licence_policy import POLICIES

HUB_ENDPOINT = "https://huggingface.co"
CIVITAI_ENDPOINTS = ("https://civitai.com", "https://civitai.red")
CIVITAI_SITES = (*CIVITAI_ENDPOINTS, "https://civitai.green")
"""All that know the same key; those that are not asked by themselves, only where a link names them."""
GITHUB_API = "https://api.github.com"
KAGGLE_ENDPOINT = "https://www.kaggle.com"
MODELSCOPE_ENDPOINT = "https://modelscope.cn"

TOKEN_NAMES = {
    "huggingface": ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"),
    "civitai": ("CIVITAI_API_TOKEN", "CIVITAI_API_KEY", "CIVITAI_TOKEN"),
    "github": ("GITHUB_TOKEN", "GH_TOKEN"),
    "kaggle": ("KAGGLE_API_TOKEN",),
    "modelscope": ("MODELSCOPE_API_TOKEN",),
}
"""Places that take a credential, and the variables in which people keep it."""

MIRRORED = (
    "civarchive",
    "civitai",
    "detectron2",
    "dropbox",
    "github",
    "google_drive",
    "kaggle",
    "modelscope",
    "openmmlab",
    "papers",
    "pytorch_hub",
    "s3",
)
"""Sources that may be asked elsewhere: ``MODELGET_<NAME>_ENDPOINT``, or ``<name>`` below ``[endpoints]``."""

TRUSTED_OWNERS = (
    "Comfy-Org",  # ComfyUI's own publisher: most of what the official templates name
    "comfyanonymous",  # ComfyUI's author: the text encoders of the first Flux and SD3 workflows
    "Kijai",  # conversions for the wrapper packs, which workflows name by file alone
    "city96",  # the GGUF conversions that ComfyUI-GGUF's own pages point to
    "black-forest-labs",  # who trained Flux
    "stabilityai",  # who trained Stable Diffusion
    "Lightricks",  # who trained LTX-Video
    "lightx2v",  # who trained the few-step LoRAs of Wan and Qwen-Image
    "lllyasviel",  # who trained ControlNet
    "h94",  # who trained IP-Adapter
)
"""Owners on the Hub that workflows mean by a bare file name, and that publish what they made or converted."""

_GIB = 2**30
_KEYS = (
    "allow_hosts",
    "allow_pickle",
    "autofetch",
    "catalog",
    "civarchive",
    "endpoints.huggingface",
    "hold_seconds",
    "hosts",
    "remote",
    *(f"endpoints.{name}" for name in MIRRORED),
    "licence_policy",
    "limits.connections_per_host",
    "limits.parallel_files",
    "limits.plan_gb",
    "limits.spare_gib",
    "mirrors",
    "trusted_owners",
)
_OWNER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,95}")
_YES = ("1", "true", "yes", "on")
_BUCKET_FOLDER = re.compile(r"s3://[a-z0-9][a-z0-9-]{1,61}[a-z0-9](?:/[\w.-]+)*/?", re.ASCII)
_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")
_COOKIE = re.compile(r"[^\",;\\]+")
"""What RFC 6265 leaves of those characters to the value of a cookie."""


class Secret:
    """A credential that never shows itself: only ``reveal`` and ``headers`` give the value."""

    __slots__ = ("_cookie", "_scheme", "_value")

    def __init__(self, value: str, cookie: str = "", scheme: str = "Bearer") -> None:
        """Keep a token; its place may want it in a cookie of this name as well, or by another scheme."""
        if not _TOKEN.fullmatch(value.strip()) or (cookie and not _COOKIE.fullmatch(value.strip())):
            raise InvalidSetting("a token holds characters that no token has; set it again without them")
        self._value, self._cookie, self._scheme = value.strip(), cookie, scheme

    @classmethod
    def of_login(cls, user: str, key: str) -> Secret:
        """Keep a user's name and key, sent by the scheme that RFC 7617 calls Basic."""
        return cls(base64.b64encode(f"{user}:{key}".encode()).decode(), scheme="Basic")

    def reveal(self) -> str:
        """Return the value."""
        return self._value

    @property
    def headers(self) -> dict[str, str]:
        """The request headers that carry it."""
        headers = {"Authorization": f"{self._scheme} {self._value}"}
        return headers | ({"Cookie": f"{self._cookie}={self._value}"} if self._cookie else {})

    def __repr__(self) -> str:
        return "***"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a plan may use at most."""

    plan_bytes: int = 200 * 10**9
    parallel_files: int = 3
    spare_bytes: int = 2 * _GIB
    """Disk space that stays free on every filesystem we write to."""
    connections_per_host: int = 16
    """At most; fewer are used where a host refuses or slows down."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the owner can decide; the command line and ComfyUI pass it in."""

    hub_endpoint: str = HUB_ENDPOINT
    civitai_endpoints: tuple[str, ...] = CIVITAI_ENDPOINTS
    hub_token: Secret | None = None
    civitai_token: Secret | None = None
    github_token: Secret | None = None
    kaggle_token: Secret | None = None
    modelscope_token: Secret | None = None
    endpoints: Mapping[str, str] = field(default_factory=dict)
    """Where the owner wants a source to be asked instead, by the source's name."""
    allow_hosts: tuple[str, ...] = ()
    """Origins that URLs may name beside the built-in hosts, e.g. ``http://127.0.0.1:9000``."""
    mirrors: tuple[str, ...] = ()
    """Web addresses, or ``s3://bucket/prefix``, of folders that may have copies of files with a known sha256."""
    civarchive: bool = False
    """Whether CivArchive is asked for copies of models that were removed elsewhere."""
    autofetch: str = "ask"
    hold_seconds: float = 45.0
    """How long a queued prompt is held while its models are fetched; ComfyUI's page gives up after 60."""
    remote: bool = False
    """Whether callers from other machines may change something."""
    hosts: tuple[str, ...] = ()
    """Names by which ComfyUI's server may be asked, beside addresses and ``localhost``."""
    allow_pickle: str = "ask"
    licence_policy: str = "any"
    """``any``, or ``commercial``: fetch only what clearly allows commercial use."""
    catalog: Path | None = None
    """The owner's own list of models."""
    trusted_owners: tuple[str, ...] = TRUSTED_OWNERS
    """Owners on the Hub whose file names are believed."""
    limits: Limits = field(default_factory=Limits)
    offline: bool = False

    @property
    def credentials(self) -> dict[str, Secret]:
        """The token for each exact origin; no other origin ever gets one."""
        found: dict[str, Secret] = {}
        if self.civitai_token:
            is_mirror = self.civitai_endpoints != CIVITAI_ENDPOINTS
            sites = self.civitai_endpoints if is_mirror else CIVITAI_SITES
            found.update({origin_of(site): self.civitai_token for site in sites})
        if self.hub_token:
            found[origin_of(self.hub_endpoint)] = self.hub_token
        if self.github_token:
            found[origin_of(self.endpoints.get("github", GITHUB_API))] = self.github_token
        if self.kaggle_token:
            found[origin_of(self.endpoints.get("kaggle", KAGGLE_ENDPOINT))] = self.kaggle_token
        if self.modelscope_token:
            found[origin_of(self.endpoints.get("modelscope", MODELSCOPE_ENDPOINT))] = self.modelscope_token
        return found


def home_of(comfyui: Path) -> Path:
    """Return the folder of our settings in a ComfyUI whose user folder is where it is by default.

    A folder with two underscores is out of reach of ComfyUI's /userdata routes; user/default is not.
    """
    return comfyui / "user" / "__modelget"


def load_settings(
    environ: Mapping[str, str] = os.environ,
    *,
    comfyui: Path | None = None,
    home: Path | None = None,
    offline: bool = False,
) -> Settings:
    """Read the settings of a ComfyUI, whose folder of ours may be elsewhere (``home``).

    Raises:
        InvalidSetting: names the variable or the file that is wrong.
    """
    home = home or (home_of(comfyui) if comfyui else None)
    config = _config_file(environ, home)
    written = _Written(environ, config)
    stored = stored_tokens(home) if home else {}
    hub = _endpoint(*written.value("HF_ENDPOINT", "endpoints.huggingface", HUB_ENDPOINT))
    mirrors = _mirrors(written)
    return Settings(
        hub_endpoint=hub,
        civitai_endpoints=(mirrors["civitai"],) if "civitai" in mirrors else CIVITAI_ENDPOINTS,
        hub_token=None if offline else _hub_token(environ, stored),
        civitai_token=_token(environ, stored, "civitai"),
        github_token=_token(environ, stored, "github"),
        kaggle_token=_token(environ, stored, "kaggle") or _kaggle_login(environ),
        modelscope_token=_token(environ, stored, "modelscope", cookie="m_session_id"),
        endpoints=mirrors,
        allow_hosts=_endpoints(*written.value("MODELGET_ALLOW_HOSTS", "allow_hosts", [])),
        mirrors=_mirror_folders(*written.value("MODELGET_MIRRORS", "mirrors", [])),
        civarchive=_switch(*written.value("MODELGET_CIVARCHIVE", "civarchive", False)),
        autofetch=_choice(written, "autofetch", ("ask", "auto", "off")),
        hold_seconds=min(_number(written, "hold_seconds", 45, "MODELGET_HOLD_SECONDS"), 3600),
        remote=_switch(*written.value("MODELGET_REMOTE", "remote", False)),
        hosts=_host_names(*written.value("MODELGET_HOSTS", "hosts", [])),
        allow_pickle=_choice(written, "allow_pickle", ("ask", "never")),
        licence_policy=_choice(written, "licence_policy", POLICIES),
        catalog=_catalog(written, config.parent if config else home),
        trusted_owners=_owners(*written.value("MODELGET_TRUSTED_OWNERS", "trusted_owners")),
        limits=_limits(written),
        offline=offline or environ.get("HF_HUB_OFFLINE", "").lower() in _YES,
    )


class _Written:
    """What the owner wrote: in variables, and where those are unset or empty, in the file."""

    def __init__(self, environ: Mapping[str, str], file: Path | None) -> None:
        self._environ, self._file = environ, file
        self._table = {} if file is None else _read_settings(file)

    def value(self, variable: str, key: str, default: object = None) -> tuple[str, Any]:
        """Return where the value in force was written, and the value."""
        if value := self._environ.get(variable, "").strip():
            return variable, value
        return f"{self._file}: {key}", self._table.get(key, default)


def _config_file(environ: Mapping[str, str], home: Path | None) -> Path | None:
    if named := environ.get("MODELGET_CONFIG"):
        path = Path(named).expanduser()
        if not path.is_file():
            raise InvalidSetting(
                f"MODELGET_CONFIG: {path} does not exist", "Create it or unset the variable."
            )
        return path
    beside = home / "modelget.toml" if home else None
    return beside if beside and beside.is_file() else None


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a file of the owner holds; raise InvalidSetting when it cannot be read."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        try:
            import tomli as tomllib
        except ImportError:
            raise InvalidSetting(f"{path}: tomli is needed to read it", "Run: pip install tomli") from None
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidSetting(
            f"{path}: {error}", "Correct the file; docs/settings.md lists the keys."
        ) from None
    return table


def _read_settings(path: Path) -> dict[str, Any]:
    """Return the values by their keys, a table's as ``table.key``; a misspelt key is refused."""
    values: dict[str, Any] = {}
    for key, value in read_toml(path).items():
        inner = {f"{key}.{name}": value[name] for name in value} if isinstance(value, dict) else {key: value}
        values.update(inner)
    for key in values:
        if key not in _KEYS:
            raise InvalidSetting(f"{path}: {key} is not a setting", f"The settings are {', '.join(_KEYS)}.")
    return values


def _catalog(written: _Written, folder: Path | None) -> Path | None:
    """Return the owner's list: the one that is named, which must be there, else the one beside the settings."""
    place, value = written.value("MODELGET_CATALOG", "catalog")
    if value is None:
        beside = folder / "catalog.toml" if folder else None
        return beside if beside and beside.is_file() else None
    path = (folder or Path()) / Path(str(value)).expanduser()
    if place == "MODELGET_CATALOG":
        path = Path(str(value)).expanduser()
    if not path.is_file():
        raise InvalidSetting(f"{place}: {path} does not exist", "Create it, or correct its name.")
    return path


def _owners(place: str, value: object) -> tuple[str, ...]:
    """Return the owners in the order given; an empty list in the file trusts nobody."""
    if value is None:
        return TRUSTED_OWNERS
    listed = value.split(",") if isinstance(value, str) else value
    if not isinstance(listed, list):
        raise InvalidSetting(f"{place}: {value!r} is not a list", 'Write it like ["Comfy-Org", "Kijai"].')
    owners = [str(owner).strip() for owner in listed if str(owner).strip()]
    for owner in owners:
        if not _OWNER.fullmatch(owner):
            raise InvalidSetting(f"{place}: {owner!r} is not an owner's name", "Write it as the Hub does.")
    return tuple(dict.fromkeys(owners))


def _endpoint(place: str, value: object) -> str:
    url = str(value).strip().rstrip("/")
    try:
        origin_of(url)
    except InvalidSetting as error:
        raise InvalidSetting(
            f"{place}: {error}", "Write it like https://host or http://127.0.0.1:9000."
        ) from None
    return url


def _mirrors(written: _Written) -> dict[str, str]:
    """Return the endpoint of each source for which the owner wrote one."""
    places = {
        name: written.value(f"MODELGET_{name.upper()}_ENDPOINT", f"endpoints.{name}") for name in MIRRORED
    }
    return {name: _endpoint(place, value) for name, (place, value) in places.items() if value is not None}


def _endpoints(place: str, value: object) -> tuple[str, ...]:
    return tuple(_endpoint(place, host) for host in _listed(place, value))


def _mirror_folders(place: str, value: object) -> tuple[str, ...]:
    return tuple(_mirror_folder(place, mirror) for mirror in _listed(place, value))


def _mirror_folder(place: str, mirror: str) -> str:
    if not mirror.startswith("s3:"):
        folder = _endpoint(place, mirror)
        if {"?", "#"} & set(folder):
            raise InvalidSetting(f"{place}: {redact(folder)} has a query", "Write only the folder's address.")
        return folder
    if not _BUCKET_FOLDER.fullmatch(mirror):
        raise InvalidSetting(f"{place}: {mirror!r} is no bucket", "Write it like s3://bucket/prefix.")
    return mirror.rstrip("/")


def _listed(place: str, value: object) -> list[str]:
    listed = value.split(",") if isinstance(value, str) else value
    if not isinstance(listed, list):
        raise InvalidSetting(f"{place}: {value!r} is not a list", 'Write it like ["https://host"].')
    return [text for text in (str(one).strip() for one in listed) if text]


def _switch(place: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    answers = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }
    if not isinstance(value, str) or value.lower() not in answers:
        raise InvalidSetting(f"{place}: {value!r} is neither true nor false", "Set true or false.")
    return answers[value.lower()]


def _choice(written: _Written, key: str, allowed: tuple[str, ...]) -> str:
    place, value = written.value(f"MODELGET_{key.upper()}", key, allowed[0])
    choice = str(value).lower()
    if choice not in allowed:
        raise InvalidSetting(f"{place}: {value!r} is not one of {', '.join(allowed)}", "Set one of these.")
    return choice


def _limits(written: _Written) -> Limits:
    default = Limits()
    return Limits(
        plan_bytes=int(_number(written, "limits.plan_gb", default.plan_bytes / 1e9) * 1e9),
        parallel_files=max(1, int(_number(written, "limits.parallel_files", default.parallel_files))),
        connections_per_host=min(
            64, max(1, int(_number(written, "limits.connections_per_host", default.connections_per_host)))
        ),
        spare_bytes=int(_number(written, "limits.spare_gib", default.spare_bytes / _GIB) * _GIB),
    )


def _number(written: _Written, key: str, default: float, variable: str = "") -> float:
    place, value = written.value(variable, key, default)
    if variable and place == variable and re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
        value = float(value)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not 0 <= value < 1e9:
        raise InvalidSetting(f"{place}: {value!r} is not a number of zero or more", "Correct it.")
    return float(value)


def _host_names(place: str, value: object) -> tuple[str, ...]:
    """Return the names without ports; each must be one that an origin can have."""
    listed = value.split(",") if isinstance(value, str) else value
    if not isinstance(listed, list):
        raise InvalidSetting(f"{place}: {value!r} is not a list", 'Write it like ["my-server.example"].')
    names = [str(name).strip().lower() for name in listed if str(name).strip()]
    for name in names:
        is_name = origin_of(_endpoint(place, f"https://{name}")) == f"https://{name}"
        if not is_name or ":" in name.rpartition("]")[2]:
            raise InvalidSetting(f"{place}: {name!r} is more than a name", "Write it without port and path.")
    return tuple(names)


def _token(
    environ: Mapping[str, str], stored: Mapping[str, str], place: str, cookie: str = ""
) -> Secret | None:
    """Return a place's token: from the environment, else what was stored."""
    name = next((name for name in TOKEN_NAMES[place] if environ.get(name, "").strip()), None)
    if name:
        return _secret(name, environ[name], cookie)
    return _secret(f"the stored token for {place}", stored[place], cookie) if place in stored else None


def _hub_token(environ: Mapping[str, str], stored_here: Mapping[str, str]) -> Secret | None:
    """Return the Hub token from the environment, what was stored, or where `hf auth login` keeps it.

    HF_HUB_DISABLE_IMPLICIT_TOKEN, as the Hub's own client reads it, means all of them.
    """
    if environ.get("HF_HUB_DISABLE_IMPLICIT_TOKEN", "").lower() in _YES:
        return None
    if token := _token(environ, stored_here, "huggingface"):
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


def _kaggle_login(environ: Mapping[str, str]) -> Secret | None:
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
