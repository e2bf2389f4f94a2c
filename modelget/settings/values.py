"""Everything the owner can decide, with its default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..hosts import origin_of
from .places import (
    CIVITAI_ENDPOINTS,
    CIVITAI_SITES,
    GITHUB_API,
    HUB_ENDPOINT,
    KAGGLE_ENDPOINT,
    MODELSCOPE_ENDPOINT,
    TRUSTED_OWNERS,
)
from .secret import Secret

GIB = 2**30


@dataclass(frozen=True, slots=True)
class Limits:
    """What a plan may use at most."""

    plan_bytes: int = 200 * 10**9
    parallel_files: int = 3
    spare_bytes: int = 2 * GIB
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
