"""Kaggle's and TensorFlow Hub's links and ids: to one file of a version, to a version, or to a whole model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote

from ...settings import KAGGLE_ENDPOINT
from ..shared.look import LONGEST_LINK, is_plain, read_link

TFHUB_PAGES = frozenset({"tfhub.dev", "www.tfhub.dev"})
PAGES = frozenset({"www.kaggle.com", "kaggle.com"})
_LINK = re.compile(
    r"/models/(?P<model>[^/]+/[^/]+)"
    r"(?:/frameworks/(?P<framework>[^/]+)(?:/variations/(?P<variation>[^/]+)(?:/versions/(?P<version>[^/]+))?)?)?/?"
)
_SHORT_LINK = re.compile(
    r"/models/(?P<model>[^/]+/[^/]+)/(?P<framework>(?!frameworks/|resolve/|file/)[^/]+)/(?P<variation>[^/]+)"
    r"(?:/(?P<version>[0-9]+))?/?"
)
_NAME = re.compile(r"(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_VERSION = re.compile(r"[1-9][0-9]{0,5}")


@dataclass(frozen=True, slots=True)
class KaggleFile:
    """One file of a version of a model, or all of them where no path is given."""

    handle: str
    """``owner/model/framework/variation``; ``owner/model`` where a link leads to all of a model's variations."""
    version: int | None = None
    path: str = ""

    @property
    def id(self) -> str:
        """What ``modelget get`` takes."""
        return "kaggle:" + "/".join(filter(None, (self.handle, str(self.version or ""), self.path)))

    @property
    def page(self) -> str:
        """The page that a person opens."""
        owner, model, *rest = self.handle.split("/")
        about = f"/frameworks/{rest[0]}/variations/{rest[1]}" if rest else ""
        version = f"/versions/{self.version}" if self.version else ""
        return f"{KAGGLE_ENDPOINT}/models/{owner}/{model}{about}{version}"


def parse_reference(reference: str, pages: frozenset[str] = PAGES) -> KaggleFile | None:
    """Read ``kaggle:owner/model/framework/variation[/version][/path]`` or a link to a model; None for others."""
    if len(reference) > LONGEST_LINK:
        return None
    if reference.startswith("kaggle:"):
        parts = reference.removeprefix("kaggle:").split("/")
        handle, rest = parts[:4], parts[4:]
        version = rest.pop(0) if rest and _VERSION.fullmatch(rest[0]) else ""
        return _checked(handle, version, "/".join(rest)) if len(handle) in (2, 4) else None
    link = read_link(reference, pages)
    return _from_link(link) if link else None


def _from_link(link: SplitResult) -> KaggleFile | None:
    found = _LINK.fullmatch(link.path) or _SHORT_LINK.fullmatch(link.path)
    if found is None:
        return None
    about = [found["framework"], found["variation"]] if found["variation"] else []
    return _checked([*found["model"].split("/"), *about], found["version"] or "", "")


def _checked(handle: list[str], version: str, path: str) -> KaggleFile | None:
    """Build the reference only from parts that stay what they are inside a URL."""
    is_version = not version or _VERSION.fullmatch(version)
    if not is_version or not all(map(_NAME.fullmatch, handle)) or (path and not is_path(path)):
        return None
    return KaggleFile("/".join(handle), int(version) if version else None, path)


def tfhub_path(reference: str) -> str:
    """Return the path of a link to TensorFlow Hub, empty for anything else."""
    link = read_link(reference, TFHUB_PAGES)
    parts = [unquote(part) for part in link.path.strip("/").split("/")] if link else []
    return "/".join(parts) if len(parts) > 1 and all(map(_NAME.fullmatch, parts)) else ""


def is_path(path: str) -> bool:
    """Tell whether each part of a path is a name and nothing else."""
    return bool(path) and all(map(is_plain, path.split("/")))
