"""The Hub's links and ids: to one file, to a folder, or to a whole repository."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from ...errors import InvalidSetting
from ...hosts import host_of
from ...types import has_model_suffix

PAGES = frozenset({"huggingface.co", "www.huggingface.co", "hf.co", "hf-mirror.com"})

_KINDS = {"datasets": "dataset", "spaces": "space"}
_NAME = re.compile(r"(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9._-]{0,95}")
_NO_OWNERS = frozenset(
    {"api", "blog", "collections", "docs", "learn", "organizations", "papers", "settings", "tasks"}
)
"""What stands first in the addresses of pages that are no repository's."""
_LONGEST = 2000
"""Beyond it each HTTP library refuses a URL in its own way."""
_ID = re.compile(r"hf:(?P<path>(?!//).*?[^@])(?:@(?P<revision>[^@]+))?")
_LONG_ID = re.compile(r"hf://(?P<repo>[^@]+)@(?P<revision>[^/]+)/(?P<path>.+)|hf://(?P<plain>[^@]+)")
_LONG_REPO = re.compile(r"hf://(?P<repo>[^@]+)@(?P<revision>[^/@]+)/?")


@dataclass(frozen=True, slots=True)
class HubFile:
    """One file in a repository on the Hub; ``kind`` is ``model``, ``dataset`` or ``space``."""

    kind: str
    repo: str
    path: str
    revision: str = "main"

    @property
    def repo_id(self) -> str:
        """The repository with its kind in front, as links and ids write it."""
        return self.repo if self.kind == "model" else f"{self.kind}s/{self.repo}"

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]

    @property
    def id(self) -> str:
        """What ``modelget get`` takes."""
        if "/" not in self.repo:  # only huggingface_hub's own form shows where an old one-word name ends
            return f"hf://{self.repo_id}@{quote(self.revision, safe='')}/{self.path}"
        return f"hf:{self.repo_id}/{self.path}@{quote(self.revision)}"

    def url(self, endpoint: str) -> str:
        """Return where the bytes are."""
        return f"{endpoint}/{self.repo_id}/resolve/{quote(self.revision, safe='')}/{quote(self.path)}"


@dataclass(frozen=True, slots=True)
class HubFolder(HubFile):
    """A folder in a repository on the Hub; the whole repository where ``path`` is empty."""

    @property
    def name(self) -> str:
        """The last part of its path, else of the repository's name."""
        return (self.path or self.repo).rpartition("/")[2]

    @property
    def id(self) -> str:
        """What ``modelget get`` takes."""
        path = f"/{self.path}" if self.path else ""
        if "/" not in self.repo:
            return f"hf://{self.repo_id}@{quote(self.revision, safe='')}{path}"
        return f"hf:{self.repo_id}{path}@{quote(self.revision)}"

    def url(self, endpoint: str) -> str:
        """Return its page."""
        path = f"/{quote(self.path)}" if self.path else ""
        return f"{endpoint}/{self.repo_id}/tree/{quote(self.revision, safe='')}{path}"

    def file(self, path: str) -> HubFile | None:
        """Return one of its files; None for a path that would not stay what it is inside a URL."""
        whole = f"{self.path}/{path}" if self.path else path
        return _checked(self.kind, self.repo.split("/"), whole.split("/"), self.revision)


def parse_reference(text: str, pages: frozenset[str] = PAGES) -> HubFile | None:
    """Read a Hub link to one file or an ``hf:`` id; None when it is neither.

    ``hf:owner/repo/path[@revision]`` is ours, ``hf://owner/repo[@revision]/path`` is huggingface_hub's;
    ``datasets/`` or ``spaces/`` in front tells the kind. The old one-word repositories (``gpt2``) are
    understood where ``/resolve/`` or ``@`` marks the end of the name.
    """
    if len(text) > _LONGEST:
        return None
    if text.startswith("hf:"):
        return _parse_id(text)
    try:
        host = host_of(text)
    except InvalidSetting:
        return None
    parts = urlsplit(text).path.removeprefix("/").split("/")
    kind = _KINDS.get(parts[0], "model")
    parts = parts[1:] if kind != "model" else parts
    verb = next((i for i in (1, 2) if len(parts) > i + 2 and parts[i] in ("resolve", "blob", "raw")), 0)
    if host not in pages or not verb:
        return None
    # Decoded as a whole: an encoded slash separates like any other, and must not hide a "..".
    path = unquote("/".join(parts[verb + 2 :])).split("/")
    return _checked(kind, parts[:verb], path, unquote(parts[verb + 1]))


def parse_folder(text: str, pages: frozenset[str] = PAGES) -> HubFolder | None:
    """Read a link to a repository's page or to a folder in it (``/tree/``), or an ``hf:`` id; None for others.

    An id does not show whether its path is that of a file or of a folder; one with a model's suffix is a file's.
    """
    if len(text) > _LONGEST:
        return None
    if text.startswith("hf:"):
        return _folder_of_id(text)
    try:
        host = host_of(text)
    except InvalidSetting:
        return None
    parts = urlsplit(text).path.strip("/").split("/")
    kind = _KINDS.get(parts[0], "model")
    parts = parts[1:] if kind != "model" else parts
    verb = next((i for i in (1, 2) if len(parts) > i + 1 and parts[i] == "tree"), 0)
    if host not in pages or (parts[:1] and parts[0] in _NO_OWNERS) or not (verb or len(parts) == 2):
        return None
    if not verb:
        return _checked_folder(kind, parts, "", "main")
    return _checked_folder(kind, parts[:verb], unquote("/".join(parts[verb + 2 :])), unquote(parts[verb + 1]))


def _folder_of_id(text: str) -> HubFolder | None:
    found = _LONG_REPO.fullmatch(text) or _LONG_ID.fullmatch(text) or _ID.fullmatch(text)
    if found is None:
        return None
    known = found.groupdict()
    revision = unquote(known.get("revision") or "main")
    parts = (known.get("repo") or known.get("plain") or known["path"]).rstrip("/").split("/")
    kind = _KINDS.get(parts[0], "model")
    parts = parts[1:] if kind != "model" else parts
    if known.get("repo"):
        return _checked_folder(kind, parts, known.get("path") or "", revision)
    return _checked_folder(kind, parts[:2], "/".join(parts[2:]), revision) if len(parts) > 1 else None


def _checked_folder(kind: str, repo: list[str], path: str, revision: str) -> HubFolder | None:
    path = path.rstrip("/")
    checked = _checked(kind, repo, (path or "-").split("/"), revision)
    return HubFolder(kind, checked.repo, path, revision) if checked and not has_model_suffix(path) else None


def _parse_id(text: str) -> HubFile | None:
    found = _LONG_ID.fullmatch(text) or _ID.fullmatch(text)
    if found is None:
        return None
    known = found.groupdict()
    parts = (known.get("repo") or known.get("plain") or known["path"]).split("/")
    kind = _KINDS.get(parts[0], "model")
    parts = parts[1:] if kind != "model" else parts
    repo, path = (parts, known["path"].split("/")) if known.get("repo") else (parts[:2], parts[2:])
    return _checked(kind, repo, path, unquote(known["revision"] or "main"))


def _checked(kind: str, repo: list[str], path: list[str], revision: str) -> HubFile | None:
    """Build the reference only from parts that stay what they are inside a URL."""
    odd = any(part in ("", ".", "..") or not part.isprintable() for part in (*path, *revision.split("/")))
    if odd or not path or len(repo) not in (1, 2) or not all(_NAME.fullmatch(part) for part in repo):
        return None
    return HubFile(kind, "/".join(repo), "/".join(path), revision)
