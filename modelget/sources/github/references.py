"""What names a file on GitHub: links to release assets and to files of repositories."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote

from ..shared.look import is_plain, read_link

WEB, RAW, MEDIA = "github.com", "raw.githubusercontent.com", "media.githubusercontent.com"
_ARCHIVES = "codeload.github.com"
PAGES = frozenset({WEB, f"www.{WEB}", RAW, MEDIA})
_NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
_LONGEST_BRANCH = 3
"""Parts of a branch's name (``feature/x/y``) that are tried: a link does not show where it ends."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file attached to a release; without a tag, to whichever is the latest."""

    repo: str
    name: str
    tag: str | None = None

    @property
    def path(self) -> str:
        """Where it is on github.com."""
        place = f"download/{quote(self.tag, safe='')}" if self.tag else "latest/download"
        return f"{self.repo}/releases/{place}/{quote(self.name)}"


@dataclass(frozen=True, slots=True)
class RepoFile:
    """A file in a repository: ``place`` is reference and path, undivided, because a link does not divide them."""

    repo: str
    place: tuple[str, ...]

    def readings(self) -> Iterator[tuple[str, str]]:
        """Yield reference and path as the link may be read, the likeliest first."""
        is_full = self.place[0] == "refs" and self.place[1] in ("heads", "tags") and len(self.place) > 3
        start, first = (1, 3) if is_full else (0, 1)  # the API calls it "heads/main"
        for end in range(first, min(first + _LONGEST_BRANCH, len(self.place))):
            yield "/".join(self.place[start:end]), "/".join(self.place[end:])


@dataclass(frozen=True, slots=True)
class Archive:
    """A repository's source code, packed."""

    repo: str


def parse_reference(reference: str) -> Asset | RepoFile | Archive | None:
    """Read a link to a release asset or to a file (``blob``, ``raw``, the raw and LFS hosts); None for others."""
    link = read_link(reference, PAGES | {_ARCHIVES})
    if link is None:
        return None
    host = (link.hostname or "").removeprefix("www.")
    # Decoded part by part: an encoded slash belongs to a tag's name, and may not hide a "..".
    parts = [unquote(part) for part in link.path.removeprefix("/").split("/")]
    if host == MEDIA:
        parts = parts[1:] if parts[0] == "media" else []
    if len(parts) < 4 or not all(_NAME.fullmatch(part) for part in parts[:2]):
        return None
    repo, rest = "/".join(parts[:2]), parts[2:]
    if not all(map(is_plain, "/".join(rest).split("/"))):
        return None
    if host == WEB:
        return _on_the_web(repo, rest)
    if host == _ARCHIVES:
        return Archive(repo)
    return RepoFile(repo, tuple(rest))


def _on_the_web(repo: str, rest: list[str]) -> Asset | RepoFile | Archive | None:
    if rest[0] in ("archive", "zipball", "tarball"):
        return Archive(repo)
    if rest[0] in ("blob", "raw") and len(rest) > 2:
        return RepoFile(repo, tuple("/".join(rest[1:]).split("/")))
    if rest[:2] == ["releases", "download"] and len(rest) > 3:
        return Asset(repo, rest[-1], "/".join(rest[2:-1]))
    if rest[:3] == ["releases", "latest", "download"] and len(rest) == 4:
        return Asset(repo, rest[3])
    return None
