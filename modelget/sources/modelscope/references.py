"""ModelScope's links and ids: to one file, to a folder, or to a whole repository."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlencode, urlsplit

from ...errors import InvalidSetting
from ...hosts import host_of
from ...settings import MODELSCOPE_ENDPOINT
from ...types import has_model_suffix
from ..shared.look import LONGEST_LINK

HOME = "modelscope.cn"
SITES = {
    HOME: MODELSCOPE_ENDPOINT,
    "www.modelscope.cn": MODELSCOPE_ENDPOINT,
    "modelscope.ai": "https://www.modelscope.ai",
    "www.modelscope.ai": "https://www.modelscope.ai",
}
"""Two sites with their own repositories and accounts."""

_NAME = re.compile(r"(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_ID = re.compile(r"modelscope:(?P<path>.*?[^@])(?:@(?P<revision>[^@]+))?")
_PAGES: tuple[list[str], ...] = ([], [""], ["summary"], ["files"])
"""What stands behind the name of a repository in the addresses of its pages."""


@dataclass(frozen=True, slots=True)
class ModelScopeFile:
    """One file in a repository; ``host`` is the site that a link names."""

    repo: str
    path: str
    revision: str = "master"
    host: str = HOME

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]

    @property
    def id(self) -> str:
        """What ``modelget get`` takes, for what is on the main site."""
        return f"modelscope:{self.repo}/{self.path}@{quote(self.revision)}"

    def page(self, site: str) -> str:
        """Return a link to it that leads back to the same reference."""
        return f"{site}/models/{self.repo}/resolve/{quote(self.revision, safe='')}/{quote(self.path)}"

    def url(self, endpoint: str) -> str:
        """Return where the bytes are."""
        place = urlencode({"Revision": self.revision, "FilePath": self.path}, quote_via=quote, safe="")
        return f"{endpoint}/api/v1/models/{self.repo}/repo?{place}"


@dataclass(frozen=True, slots=True)
class ModelScopeFolder(ModelScopeFile):
    """A folder in a repository; the whole repository where ``path`` is empty."""

    @property
    def name(self) -> str:
        """The last part of its path, else of the repository's name."""
        return (self.path or self.repo).rpartition("/")[2]

    @property
    def id(self) -> str:
        """What ``modelget get`` takes, for what is on the main site."""
        path = f"/{self.path}" if self.path else ""
        return f"modelscope:{self.repo}{path}@{quote(self.revision)}"

    def page(self, site: str) -> str:
        """Return a link to it that leads back to the same reference."""
        path = f"/{quote(self.path)}" if self.path else ""
        return f"{site}/models/{self.repo}/tree/{quote(self.revision, safe='')}{path}"

    def url(self, endpoint: str) -> str:
        """Return its page: a folder has no bytes."""
        return self.page(endpoint)

    def file(self, path: str, revision: str) -> ModelScopeFile | None:
        """Return one of its files; None for a path that would not stay what it is inside a URL."""
        whole = f"{self.path}/{path}" if self.path else path
        return _checked(self.repo.split("/"), whole.split("/"), revision, self.host)


def parse_reference(reference: str, hosts: frozenset[str] = frozenset(SITES)) -> ModelScopeFile | None:
    """Read a link to one file, to its page or to its download, or a ``modelscope:owner/repo/path[@revision]`` id."""
    if len(reference) > LONGEST_LINK:
        return None
    if found := _ID.fullmatch(reference):
        parts = found["path"].split("/")
        return _checked(parts[:2], parts[2:], unquote(found["revision"] or "master"), HOME)
    host = _host_among(reference, hosts)
    place = _place(urlsplit(reference)) if host else None
    return _checked(*place, host) if host and place else None


def parse_folder(reference: str, hosts: frozenset[str] = frozenset(SITES)) -> ModelScopeFolder | None:
    """Read the page of a repository, a ``tree`` link to a folder, or ``modelscope:owner/repo[/folder][@revision]``.

    None also for what has the suffix of a model's file.
    """
    if len(reference) > LONGEST_LINK:
        return None
    if found := _ID.fullmatch(reference):
        parts = found["path"].rstrip("/").split("/")
        return _checked_folder(parts[:2], parts[2:], unquote(found["revision"] or "master"), HOME)
    host = _host_among(reference, hosts)
    parts = urlsplit(reference).path.removeprefix("/").split("/") if host else []
    if host is None or parts[0] != "models":
        return None
    repo, rest = parts[1:3], parts[3:]
    if rest in _PAGES:
        return _checked_folder(repo, [], "master", host)
    if rest[0] != "tree" or len(rest) < 2:
        return None
    # Decoded as a whole: an encoded slash separates like any other, and must not hide a "..".
    path = unquote("/".join(rest[2:])).rstrip("/")
    return _checked_folder(repo, path.split("/") if path else [], unquote(rest[1]), host)


def _host_among(reference: str, hosts: frozenset[str]) -> str | None:
    try:
        host = host_of(reference)
    except InvalidSetting:
        return None
    return host if host in hosts else None


def _place(url: SplitResult) -> tuple[list[str], list[str], str] | None:
    """Return repository, path and revision as a link to a file has them."""
    parts = url.path.removeprefix("/").split("/")
    query = parse_qs(url.query)
    if parts[:3] == ["api", "v1", "models"] and parts[5:] == ["repo"]:
        file, revision = query.get("FilePath", [""])[0], query.get("Revision", ["master"])[0]
        return parts[3:5], file.split("/"), revision
    if parts[0] != "models":
        return None
    start = 4 if parts[3:4] == ["resolve"] else 5 if parts[3:5] == ["file", "view"] else 0
    if not start or len(parts) <= start:
        return None
    # Decoded as a whole: an encoded slash separates like any other, and must not hide a "..".
    path = unquote("/".join(parts[start + 1 :])) or query.get("fileName", [""])[0]
    return parts[1:3], path.split("/"), unquote(parts[start])


def _checked_folder(repo: list[str], path: list[str], revision: str, host: str) -> ModelScopeFolder | None:
    checked = _checked(repo, path or ["-"], revision, host)
    if checked is None or has_model_suffix("/".join(path)):
        return None
    return ModelScopeFolder(checked.repo, "/".join(path), revision, host)


def _checked(repo: list[str], path: list[str], revision: str, host: str) -> ModelScopeFile | None:
    """Build the reference only from parts that stay what they are inside a URL."""
    odd = any(part in ("", ".", "..") or not part.isprintable() for part in (*path, *revision.split("/")))
    if odd or not path or len(repo) != 2 or not all(_NAME.fullmatch(part) for part in repo):
        return None
    return ModelScopeFile("/".join(repo), "/".join(path), revision, host)
