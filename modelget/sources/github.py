"""GitHub: release assets pinned to a tag, files of repositories pinned to a commit, LFS files by their pointer.

The licence that GitHub knows is that of the code, seldom that of the weights, so none is told.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote

from ..documents import Pointer, is_pointer, parse_pointer
from ..errors import HostNotAllowed, SourceUnavailable
from ..http import Http
from ..settings import GITHUB_API, Settings
from ..types import Barrier, Candidate, Digest, Evidence, Requirement
from .fields import digest, entries, text, whole
from .look import ELSEWHERE, is_plain, leads_off, look, read_link

_WEB, _RAW, _MEDIA = "github.com", "raw.githubusercontent.com", "media.githubusercontent.com"
_PAGES = frozenset({_WEB, f"www.{_WEB}", _RAW, _MEDIA})
_NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_LONGEST_BRANCH = 3
"""Parts of a branch's name (``feature/x/y``) that are tried: a link does not show where it ends."""

_NOT_THERE = (404, 409, 422)
"""What the API says about a commit: no such repository, an empty one, no such reference."""


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


class GitHub:
    """github.com with its raw and LFS hosts, or a GitHub Enterprise Server without subdomains as a mirror."""

    name = "github"
    label = "GitHub"
    # Releases are redirected to signed links below githubusercontent.com.
    hosts = frozenset({*_PAGES, "api.github.com", "*.githubusercontent.com"})

    def __init__(self, mirror: str | None) -> None:
        self._api = f"{mirror}/api/v3" if mirror else GITHUB_API
        self._web = mirror or f"https://{_WEB}"
        self._raw = f"{mirror}/raw" if mirror else f"https://{_RAW}"
        self._media = f"{mirror}/media" if mirror else f"https://{_MEDIA}/media"
        self.endpoints = (self._api,)

    def find(self, wanted: Requirement, http: Http) -> Iterator[Candidate]:
        """Look up each declared link to a release asset or a file."""
        for url in wanted.urls:
            reference = parse_reference(url)
            if isinstance(reference, Asset):
                yield from self._asset(reference, http)
            elif reference is not None:
                yield from self._file(reference, http)

    def _asset(self, asset: Asset, http: Http) -> Iterator[Candidate]:
        if http.offline:
            yield self._of_asset(asset)
            return
        which = f"tags/{quote(asset.tag, safe='')}" if asset.tag else "latest"
        try:
            release = self._ask(f"{asset.repo}/releases/{which}", http)
        except _Barred as error:
            yield replace(self._of_asset(asset), barrier=error.barrier)
            return
        tag = asset.tag or text(release, "tag_name")
        found = next((one for one in entries(release, "assets") if one.get("name") == asset.name), None)
        if found and found.get("state", "uploaded") == "uploaded" and all(map(is_plain, tag.split("/"))):
            candidate = self._of_asset(replace(asset, tag=tag))
            published = _published(text(found, "digest"))
            candidate = replace(candidate, size=whole(found, "size"), digest=published)
            yield self._probed(candidate, asset.repo, http)

    def _file(self, file: RepoFile, http: Http) -> Iterator[Candidate]:
        for reference, path in file.readings():
            if http.offline:
                yield self._of_file(file.repo, reference, path)
                return
            try:
                commit = self._commit(file.repo, reference, http)
                entry = self._entry(file.repo, commit, path, http) if commit else None
            except _Barred as error:
                yield replace(self._of_file(file.repo, reference, path), barrier=error.barrier)
                return
            if commit and entry:
                yield self._listed(file.repo, commit, path, entry, http)
            if commit:  # Git has no branch "a" beside a branch "a/b"
                return

    def _listed(self, repo: str, commit: str, path: str, entry: dict[str, Any], http: Http) -> Candidate:
        """Return a file as its repository lists it: the entry of an LFS file is that of its pointer."""
        candidate = self._of_file(repo, commit, path)
        pointer = _pointer_in(entry)
        if pointer is None:
            blob = digest("git-sha1", text(entry, "sha"))
            candidate = replace(candidate, size=whole(entry, "size"), digest=blob)
        else:
            url = f"{self._media}/{repo}/{commit}/{quote(path)}"
            sha256 = digest("sha256", pointer.sha256)
            candidate = replace(candidate, url=url, size=pointer.size, digest=sha256)
        return self._probed(candidate, repo, http)

    def _commit(self, repo: str, reference: str, http: Http) -> str | None:
        if _COMMIT.fullmatch(reference):
            return reference
        # The answer lists the files that the commit changed, a page of one at least.
        document = self._ask(f"{repo}/commits/{quote(reference)}?per_page=1", http)
        commit = text(document, "sha")
        return commit if _COMMIT.fullmatch(commit) else None

    def _entry(self, repo: str, commit: str, path: str, http: Http) -> dict[str, Any] | None:
        document = self._ask(f"{repo}/contents/{quote(path)}?ref={commit}", http)
        is_file = isinstance(document, dict) and document.get("type") == "file"  # a folder's is a list
        return document if is_file else None

    def _ask(self, question: str, http: Http) -> Any:
        """Ask the API about a repository; None when there is no such thing.

        Raises:
            _Barred: GitHub has taken the repository away.
            SourceUnavailable: the API could not answer, or has answered too often.
        """
        try:
            return http.get_json(f"{self._api}/repos/{question}")
        except HostNotAllowed as error:
            raise SourceUnavailable(f"GitHub sends its answer from somewhere else: {error}") from error
        except SourceUnavailable as error:
            if error.kind == "rate-limited":
                message = f"{error}; GITHUB_TOKEN, a token without any rights, allows 5000 questions an hour"
                raise SourceUnavailable(message, error.kind, error.retry_after, error.status) from error
            if error.status in _NOT_THERE:
                return None
            if barrier := _barrier(error.status):
                raise _Barred(barrier) from error
            raise

    def _probed(self, candidate: Candidate, repo: str, http: Http) -> Candidate:
        """Ask for the first bytes: only that tells whether somebody without our token's rights gets them."""
        try:
            seen = look(candidate.url, http)
        except HostNotAllowed as error:
            return replace(candidate, barrier=leads_off(candidate.url, error))
        if is_pointer(seen.opening) and candidate.url.startswith(self._media):
            # github.com/…/raw/ and the LFS host serve the pointer when the owner's monthly traffic is used up.
            raise SourceUnavailable(f"{repo} is over its LFS data quota", "rate-limited", status=seen.status)
        if seen.is_file:
            return replace(candidate, size=candidate.size if candidate.size is not None else seen.size)
        if seen.status in (401, 403, 404) and not seen.is_rate_limit:
            hint = f"Download it from {candidate.id} in a browser that is logged in. Else: {ELSEWHERE}"
            barrier = Barrier("login", f"GitHub does not hand out this file of {repo} to everybody", hint)
            return replace(candidate, barrier=barrier)
        if barred := _barrier(seen.status):
            return replace(candidate, barrier=barred)
        raise seen.failure("GitHub")

    def _of_asset(self, asset: Asset) -> Candidate:
        return self._candidate(f"https://{_WEB}/{asset.path}", f"{self._web}/{asset.path}", asset.name, None)

    def _of_file(self, repo: str, reference: str, path: str) -> Candidate:
        folder, _slash, name = path.rpartition("/")
        place = f"{quote(reference)}/{quote(path)}"
        kept_in = folder.rpartition("/")[2] or None
        return self._candidate(
            f"https://{_WEB}/{repo}/blob/{place}", f"{self._raw}/{repo}/{place}", name, kept_in
        )

    def _candidate(self, link: str, url: str, name: str, folder: str | None) -> Candidate:
        return Candidate(self.name, link, url, name, Evidence.DECLARED_URL, folder=folder)


def source(settings: Settings) -> GitHub:
    """Make the source."""
    return GitHub(settings.endpoints.get("github"))


def parse_reference(reference: str) -> Asset | RepoFile | None:
    """Read a link to a release asset or to a file (``blob``, ``raw``, the raw and LFS hosts); None for others."""
    link = read_link(reference, _PAGES)
    if link is None:
        return None
    host = (link.hostname or "").removeprefix("www.")
    # Decoded part by part: an encoded slash belongs to a tag's name, and may not hide a "..".
    parts = [unquote(part) for part in link.path.removeprefix("/").split("/")]
    if host == _MEDIA:
        parts = parts[1:] if parts[0] == "media" else []
    if len(parts) < 4 or not all(_NAME.fullmatch(part) for part in parts[:2]):
        return None
    repo, rest = "/".join(parts[:2]), parts[2:]
    if not all(map(is_plain, "/".join(rest).split("/"))):
        return None
    if host == _WEB:
        return _on_the_web(repo, rest)
    return RepoFile(repo, tuple(rest))


class _Barred(Exception):
    def __init__(self, barrier: Barrier) -> None:
        self.barrier = barrier


def _on_the_web(repo: str, rest: list[str]) -> Asset | RepoFile | None:
    if rest[0] in ("blob", "raw") and len(rest) > 2:
        return RepoFile(repo, tuple("/".join(rest[1:]).split("/")))
    if rest[:2] == ["releases", "download"] and len(rest) > 3:
        return Asset(repo, rest[-1], "/".join(rest[2:-1]))
    if rest[:3] == ["releases", "latest", "download"] and len(rest) == 4:
        return Asset(repo, rest[3])
    return None


def _barrier(status: int | None) -> Barrier | None:
    if status == 451:
        return Barrier("removed", "GitHub took the repository down after a legal complaint", ELSEWHERE)
    if status == 403:
        return Barrier("login", "GitHub has blocked the repository, or closed it to your token", ELSEWHERE)
    return None


def _pointer_in(entry: dict[str, Any]) -> Pointer | None:
    """Read the pointer out of an entry: small files come with their contents."""
    try:
        return parse_pointer(base64.b64decode(text(entry, "content")))
    except ValueError:
        return None


def _published(written: str) -> Digest | None:
    """Read an asset's digest, ``sha256:…``; those uploaded before June 2025 have none."""
    algorithm, _colon, digits = written.partition(":")
    return digest("sha256", digits) if algorithm == "sha256" else None
