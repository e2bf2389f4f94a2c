"""What is special on the embedded hub: everything not named here exists, is public and is whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .civarchive import CivArchiveRules
from .dropbox import DropboxRules
from .github import GitHubRules
from .google_drive import DriveRules
from .kaggle import KaggleRules
from .mirror import MirrorRules
from .modelscope import ModelScopeRules
from .papers import PaperRules
from .s3 import S3Rules

CivitaiBarrier = Literal[
    "login", "disabled", "early-access", "forbidden", "missing", "archived", "taken-down", "region"
]
"""Why Civitai refuses a download; all but ``login`` hold with a token as well."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Answer 429 to the first ``times`` requests and tell the client to wait ``seconds``."""

    seconds: int
    times: int = 1


@dataclass(frozen=True, slots=True)
class CivitaiFile:
    """One file of a Civitai version; its bytes have the key ``civitai/<version id>/<name>``."""

    id: int
    name: str
    type: str = "Model"
    format: str = "SafeTensor"
    size: str = "pruned"
    fp: str = "fp16"
    primary: bool = False
    pickle_scan: str = "Success"
    virus_scan: str = "Success"
    published: Mapping[str, str] = field(default_factory=dict)
    """Hashes that are published instead of the right ones, or beside them."""


@dataclass(frozen=True, slots=True)
class CivitaiVersion:
    """One version of a Civitai model; what is left out follows from the id."""

    id: int
    model_id: int = 0
    name: str = ""
    model_name: str = ""
    type: str = "LORA"
    base_model: str = "SDXL 1.0"
    files: tuple[CivitaiFile, ...] = ()
    barrier: CivitaiBarrier | None = None
    deadline: str = "2099-01-01T00:00:00.000Z"
    """When early access ends."""
    hiccups: int = 0
    """How many downloads find the storage behind the files in trouble, before one does not."""
    nsfw: bool = False
    poi: bool = False
    allow_no_credit: bool = True
    allow_commercial_use: tuple[str, ...] = ("Sell",)
    allow_derivatives: bool = True
    allow_different_license: bool = True
    trained_words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        model_id = self.model_id or self.id // 10
        default_file = CivitaiFile(self.id * 10, f"civitai_{self.id}.safetensors", primary=True)
        object.__setattr__(self, "model_id", model_id)
        object.__setattr__(self, "name", self.name or f"v{self.id}")
        object.__setattr__(self, "model_name", self.model_name or f"Model {model_id}")
        object.__setattr__(self, "files", self.files or (default_file,))


@dataclass(frozen=True, slots=True)
class HubRules:
    """The exceptions of one hub.

    A repository is written ``owner/repo`` (``datasets/owner/repo``), a file ``owner/repo/path``, a Civitai
    version ``civitai/<id>``. ``missing`` takes all of these and revisions (``owner/repo@rev``).
    """

    files: Mapping[str, bytes | int | str] = field(default_factory=dict)
    """Contents by file: the bytes, the size, or another file whose bytes these are."""
    corrupt: frozenset[str] = frozenset()
    """Files sent with one flipped bit; the published digest stays that of the right bytes."""
    missing: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    """Repositories that hold nothing but what ``files`` lists."""
    gated: frozenset[str] = frozenset()
    access_requests: Mapping[str, Literal["pending", "rejected"]] = field(default_factory=dict)
    """What became of the wish of every account without access to read a gated repository."""
    private: frozenset[str] = frozenset()
    disabled: frozenset[str] = frozenset()
    not_here: frozenset[str] = frozenset()
    """Repositories that are not served in the caller's region."""
    weak_etags: frozenset[str] = frozenset()
    """Repositories behind a proxy that compresses what it passes on, and calls every etag weak."""
    licences: Mapping[str, str | None] = field(default_factory=dict)
    """Licence by repository, ``apache-2.0`` where not named; None for a card without one."""
    rate_limited: Mapping[str, RateLimit] = field(default_factory=dict)
    """By repository or Civitai version."""
    tokens: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Hub tokens, each with the gated and private repositories that it may read."""
    narrow_tokens: frozenset[str] = frozenset()
    """Those of them that are fine-grained, without the right to read gated repositories."""
    civitai: tuple[CivitaiVersion, ...] = ()
    civitai_tokens: frozenset[str] = frozenset()
    github: GitHubRules = field(default_factory=GitHubRules)
    google_drive: DriveRules = field(default_factory=DriveRules)
    dropbox: DropboxRules = field(default_factory=DropboxRules)
    kaggle: KaggleRules = field(default_factory=KaggleRules)
    modelscope: ModelScopeRules = field(default_factory=ModelScopeRules)
    papers: PaperRules = field(default_factory=PaperRules)
    mirror: MirrorRules = field(default_factory=MirrorRules)
    s3: S3Rules = field(default_factory=S3Rules)
    civarchive: CivArchiveRules = field(default_factory=CivArchiveRules)
