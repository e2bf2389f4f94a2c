"""GitHub: release assets pinned to a tag, files of repositories pinned to a commit, LFS files by their pointer.

The licence that GitHub knows is that of the code, seldom that of the weights, so none is told.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from ...documents import Pointer, is_pointer, parse_pointer
from ...errors import HostNotAllowed, SourceUnavailable
from ...http import Http
from ...settings import GITHUB_API, Settings
from ...types import Barrier, Candidate, Digest, Evidence, Form, Requirement
from ..shared.fields import digest, entries, text, whole
from ..shared.look import ELSEWHERE, Look, is_plain, leads_off, look
from .references import MEDIA, PAGES, RAW, WEB, Archive, Asset, RepoFile, parse_reference

_COMMIT = re.compile(r"[0-9a-f]{40}")

_NOT_THERE = (404, 409, 422)
"""What the API says about a commit: no such repository, an empty one, no such reference."""


class GitHub:
    """github.com with its raw and LFS hosts, or a GitHub Enterprise Server without subdomains as a mirror."""

    name = "github"
    label = "GitHub"
    # Releases are redirected to signed links below githubusercontent.com.
    hosts = frozenset({*PAGES, "api.github.com", "*.githubusercontent.com"})

    def __init__(self, mirror: str | None, *, has_token: bool) -> None:
        self._has_token = has_token
        self._api = f"{mirror}/api/v3" if mirror else GITHUB_API
        self._web = mirror or f"https://{WEB}"
        self._raw = f"{mirror}/raw" if mirror else f"https://{RAW}"
        self._media = f"{mirror}/media" if mirror else f"https://{MEDIA}/media"
        self.endpoints = (self._api,)

    def find(self, wanted: Requirement, http: Http) -> Iterator[Candidate]:
        """Look up each declared link to a release asset or a file."""
        for url in wanted.urls:
            reference = parse_reference(url)
            if isinstance(reference, Archive):
                yield self._refused_archive(reference)
            elif reference is not None:
                found = list(self._look_up(reference, http))
                if not found and http.has_refused_token(self._api):
                    found = [replace(self._as_declared(reference), barrier=_stale_token())]
                yield from found

    def _look_up(self, reference: Asset | RepoFile, http: Http) -> Iterator[Candidate]:
        if isinstance(reference, Asset):
            return self._asset(reference, http)
        return self._file(reference, http)

    def _as_declared(self, reference: Asset | RepoFile) -> Candidate:
        if isinstance(reference, Asset):
            return self._of_asset(reference)
        return self._of_file(reference.repo, *next(reference.readings()))

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
            number = whole(found, "id")
            # Built from the number: the answer's own address could lead anywhere.
            private = (
                f"{self._api}/repos/{asset.repo}/releases/assets/{number}" if number is not None else None
            )
            yield self._probed(candidate, asset.repo, http, private, Form.OCTETS)

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
        private = None  # nothing in the API gives out the bytes behind a pointer
        if pointer is None:
            private = f"{self._api}/repos/{repo}/contents/{quote(path)}?ref={commit}"
            blob = digest("git-sha1", text(entry, "sha"))
            candidate = replace(candidate, size=whole(entry, "size"), digest=blob)
        else:
            url = f"{self._media}/{repo}/{commit}/{quote(path)}"
            sha256 = digest("sha256", pointer.sha256)
            candidate = replace(candidate, url=url, size=pointer.size, digest=sha256)
        return self._probed(candidate, repo, http, private, Form.RAW)

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
            if barrier := _barrier(error.status):
                raise _Barred(barrier) from error
            if error.status not in _NOT_THERE:
                raise
            return None

    def _probed(
        self, candidate: Candidate, repo: str, http: Http, private: str | None, form: Form
    ) -> Candidate:
        """Ask for the first bytes: only that tells who gets them.

        What is not public has no link that a token opens; the API hands it out instead, at ``private``.
        """
        try:
            seen = look(candidate.url, http)
            if _is_closed(seen) and private and self._has_token:
                mine = look(private, http, form)
                if mine.is_file:
                    seen, candidate = mine, replace(candidate, url=private, form=form)
        except HostNotAllowed as error:
            return replace(candidate, barrier=leads_off(candidate.url, error))
        if is_pointer(seen.opening) and candidate.url.startswith(self._media):
            # github.com/…/raw/ and the LFS host serve the pointer when the owner's monthly traffic is used up.
            raise SourceUnavailable(f"{repo} is over its LFS data quota", "rate-limited", status=seen.status)
        if seen.is_file:
            return replace(candidate, size=candidate.size if candidate.size is not None else seen.size)
        if _is_closed(seen):
            return replace(candidate, barrier=self._closed(candidate, repo, is_in_lfs=private is None))
        if barred := _barrier(seen.status):
            return replace(candidate, barrier=barred)
        raise seen.failure("GitHub")

    def _closed(self, candidate: Candidate, repo: str, *, is_in_lfs: bool) -> Barrier:
        browser = f"Download it from {candidate.id} in a browser that is logged in. Else: {ELSEWHERE}"
        if is_in_lfs:
            return Barrier("login", f"GitHub gives LFS files of {repo} to browsers and Git only", browser)
        if self._has_token:
            hint = f"Let your token read the contents of {repo}. Or: {browser}"
        else:
            hint = f"Set GITHUB_TOKEN to a token that may read {repo}. Or: {browser}"
        return Barrier("login", f"GitHub does not hand out this file of {repo} to everybody", hint)

    def _refused_archive(self, archive: Archive) -> Candidate:
        """Return GitHub's archive of a repository, which is nothing to install."""
        link = f"https://{WEB}/{archive.repo}"
        barrier = Barrier(
            "by-hand",
            "this link leads to an archive of the source code, packed anew for each download, and not to a model",
            f"Find the model's own file at {link} or {link}/releases, and pass it: --choose NAME=LINK.",
        )
        return replace(self._candidate(link, "", archive.repo.rpartition("/")[2], None), barrier=barrier)

    def _of_asset(self, asset: Asset) -> Candidate:
        return self._candidate(f"https://{WEB}/{asset.path}", f"{self._web}/{asset.path}", asset.name, None)

    def _of_file(self, repo: str, reference: str, path: str) -> Candidate:
        folder, _slash, name = path.rpartition("/")
        place = f"{quote(reference)}/{quote(path)}"
        kept_in = folder.rpartition("/")[2] or None
        return self._candidate(
            f"https://{WEB}/{repo}/blob/{place}", f"{self._raw}/{repo}/{place}", name, kept_in
        )

    def _candidate(self, link: str, url: str, name: str, folder: str | None) -> Candidate:
        return Candidate(self.name, link, url, name, Evidence.DECLARED_URL, folder=folder)


def source(settings: Settings) -> GitHub:
    """Make the source."""
    return GitHub(settings.endpoints.get("github"), has_token=settings.github_token is not None)


class _Barred(Exception):
    def __init__(self, barrier: Barrier) -> None:
        self.barrier = barrier


def _stale_token() -> Barrier:
    hint = "Set GITHUB_TOKEN to a token that may read it; a wrong link looks the same."
    return Barrier("login", "GitHub does not accept your token, and shows no such file without one", hint)


def _is_closed(seen: Look) -> bool:
    """Tell a file that is not for everybody from a server that has answered often enough."""
    return seen.status in (401, 403, 404) and not seen.is_rate_limit


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
