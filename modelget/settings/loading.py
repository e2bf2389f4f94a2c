"""Read the settings: each from the environment, else from the file, else its default."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from ..credentials import stored_tokens
from ..errors import InvalidSetting
from ..licence_policy import POLICIES
from .forms import YES, endpoint, endpoints, host_names, mirror_folders, owners, switch
from .places import CIVITAI_ENDPOINTS, HUB_ENDPOINT, MIRRORED, TRUSTED_OWNERS
from .tokens import hub_token, kaggle_login, token_for
from .values import GIB, Limits, Settings
from .written import Written, config_file, home_of


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
    config = config_file(environ, home)
    written = Written(environ, config)
    stored = stored_tokens(home) if home else {}
    hub = endpoint(*written.value("HF_ENDPOINT", "endpoints.huggingface", HUB_ENDPOINT))
    mirrors = _mirrors(written)
    return Settings(
        hub_endpoint=hub,
        civitai_endpoints=(mirrors["civitai"],) if "civitai" in mirrors else CIVITAI_ENDPOINTS,
        hub_token=None if offline else hub_token(environ, stored),
        civitai_token=token_for(environ, stored, "civitai"),
        github_token=token_for(environ, stored, "github"),
        kaggle_token=token_for(environ, stored, "kaggle") or kaggle_login(environ),
        modelscope_token=token_for(environ, stored, "modelscope", cookie="m_session_id"),
        endpoints=mirrors,
        allow_hosts=endpoints(*written.value("MODELGET_ALLOW_HOSTS", "allow_hosts", [])),
        mirrors=mirror_folders(*written.value("MODELGET_MIRRORS", "mirrors", [])),
        civarchive=switch(*written.value("MODELGET_CIVARCHIVE", "civarchive", False)),
        autofetch=_choice(written, "autofetch", ("ask", "auto", "off")),
        hold_seconds=min(_number(written, "hold_seconds", 45, "MODELGET_HOLD_SECONDS"), 3600),
        remote=switch(*written.value("MODELGET_REMOTE", "remote", False)),
        hosts=host_names(*written.value("MODELGET_HOSTS", "hosts", [])),
        allow_pickle=_choice(written, "allow_pickle", ("ask", "never")),
        licence_policy=_choice(written, "licence_policy", POLICIES),
        catalog=_catalog(written, config.parent if config else home),
        trusted_owners=owners(*written.value("MODELGET_TRUSTED_OWNERS", "trusted_owners", [*TRUSTED_OWNERS])),
        limits=_limits(written),
        offline=offline or environ.get("HF_HUB_OFFLINE", "").lower() in YES,
    )


def _catalog(written: Written, folder: Path | None) -> Path | None:
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


def _mirrors(written: Written) -> dict[str, str]:
    """Return the endpoint of each source for which the owner wrote one."""
    places = {
        name: written.value(f"MODELGET_{name.upper()}_ENDPOINT", f"endpoints.{name}") for name in MIRRORED
    }
    return {name: endpoint(place, value) for name, (place, value) in places.items() if value is not None}


def _choice(written: Written, key: str, allowed: tuple[str, ...]) -> str:
    place, value = written.value(f"MODELGET_{key.upper()}", key, allowed[0])
    choice = str(value).lower()
    if choice not in allowed:
        raise InvalidSetting(f"{place}: {value!r} is not one of {', '.join(allowed)}", "Set one of these.")
    return choice


def _limits(written: Written) -> Limits:
    default = Limits()
    return Limits(
        plan_bytes=int(_number(written, "limits.plan_gb", default.plan_bytes / 1e9) * 1e9),
        parallel_files=max(1, int(_number(written, "limits.parallel_files", default.parallel_files))),
        connections_per_host=min(
            64, max(1, int(_number(written, "limits.connections_per_host", default.connections_per_host)))
        ),
        spare_bytes=int(_number(written, "limits.spare_gib", default.spare_bytes / GIB) * GIB),
    )


def _number(written: Written, key: str, default: float, variable: str = "") -> float:
    place, value = written.value(variable, key, default)
    if variable and place == variable and re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
        value = float(value)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not 0 <= value < 1e9:
        raise InvalidSetting(f"{place}: {value!r} is not a number of zero or more", "Correct it.")
    return float(value)
