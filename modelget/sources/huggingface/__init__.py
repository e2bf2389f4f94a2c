"""Hugging Face Hub: files of repositories, pinned to a commit, with the digest the Hub publishes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from ...errors import InvalidSetting
from ...hosts import origin_of
from ...http import Http
from ...settings import Secret, Settings
from ...types import UNSTATED, Candidate, Digest, Evidence, Requirement, Terms
from ..terms import hub_terms
from .client import HubClient, hub_errors, status_of
from .refusals import barrier, gate, unavailable

_KINDS = {"datasets": "dataset", "spaces": "space"}
_PAGES = frozenset({"huggingface.co", "www.huggingface.co", "hf.co", "hf-mirror.com"})
_NAME = re.compile(r"(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9._-]{0,95}")
_ODD_ANSWERS: tuple[type[Exception], ...] = (ValueError, TypeError, LookupError, AttributeError)
"""What huggingface_hub raises for a card that is none; some mirrors answer with a web page."""
_LONGEST = 2000
"""Beyond it each HTTP library refuses a URL in its own way."""
_ID = re.compile(r"hf:(?P<path>(?!//).*?[^@])(?:@(?P<revision>[^@]+))?")
_LONG_ID = re.compile(r"hf://(?P<repo>[^@]+)@(?P<revision>[^/]+)/(?P<path>.+)|hf://(?P<plain>[^@]+)")


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
    def id(self) -> str:
        """What ``modelget get`` takes."""
        if "/" not in self.repo:  # only huggingface_hub's own form shows where an old one-word name ends
            return f"hf://{self.repo_id}@{quote(self.revision, safe='')}/{self.path}"
        return f"hf:{self.repo_id}/{self.path}@{quote(self.revision)}"

    def url(self, endpoint: str) -> str:
        """Return where the bytes are."""
        return f"{endpoint}/{self.repo_id}/resolve/{quote(self.revision, safe='')}/{quote(self.path)}"


@dataclass(frozen=True, slots=True)
class Card:
    """What the Hub tells everybody about a repository."""

    terms: Terms = UNSTATED
    files: dict[str, tuple[int | None, Digest | None]] = field(default_factory=dict)
    """Size and digest by path; filled only for gated repositories, whose files answer no questions."""


class HuggingFace:
    """The Hub, or the mirror that HF_ENDPOINT names."""

    name = "huggingface"
    label = "Hugging Face Hub"
    hosts = frozenset({"huggingface.co", "hf.co", "*.huggingface.co", "*.hf.co"})

    def __init__(self, endpoint: str, token: Secret | None) -> None:
        self.endpoints = (endpoint,)
        self._endpoint = endpoint
        self._client = HubClient(endpoint, token)
        self._pages = _PAGES | {_host(endpoint)}
        self._cards: dict[tuple[str, str, str, bool], Card] = {}
        self._card_locks: defaultdict[tuple[str, str, str, bool], Lock] = defaultdict(Lock)

    def find(self, wanted: Requirement, http: Http) -> Iterator[Candidate]:
        """Look up each declared Hub link and ``hf:`` id."""
        for url in wanted.urls:
            file = parse_reference(url, self._pages)
            if file is None:
                continue
            if http.offline:
                yield self._candidate(file)
            else:
                yield from self._look_up(file, http)

    def _look_up(self, file: HubFile, http: Http) -> Iterator[Candidate]:
        from huggingface_hub import get_hf_file_metadata

        try:
            found = self._client.ask(
                get_hf_file_metadata, file.url(self._endpoint), http=http, endpoint=self._endpoint
            )
        except hub_errors() as error:
            yield from self._refused(file, error, http)
            return
        card = self._card(file, http, files=False)
        pinned = HubFile(file.kind, file.repo, file.path, found.commit_hash or file.revision)
        digest = _digest(found.etag)
        yield self._candidate(pinned, size=found.size, digest=digest, terms=card.terms)

    def _refused(self, file: HubFile, error: Exception, http: Http) -> Iterator[Candidate]:
        """Return a file that may not be had with what stands in the way; nothing for one that is not there."""
        from huggingface_hub import errors

        token = self._client.token_state(http)
        if isinstance(error, errors.GatedRepoError):  # first: it is also a RepositoryNotFoundError
            yield self._gated(file, error, http)
        elif barred := barrier(file.repo_id, token, error):
            yield self._candidate(file, barrier=barred)
        elif status_of(error) != 404:
            raise unavailable(file.repo_id, error, http) from error

    def _candidate(self, file: HubFile, **known: Any) -> Candidate:
        return Candidate(
            source=self.name,
            id=file.id,
            url=file.url(self._endpoint),
            name=file.path.rpartition("/")[2],
            evidence=Evidence.DECLARED_URL,
            folder="/".join(file.path.split("/")[-2:-1]) or None,
            **known,
        )

    def _gated(self, file: HubFile, error: Exception, http: Http) -> Candidate:
        """Return a file whose terms must be accepted first; only a person in a browser can do that."""
        card = self._card(file, http, files=True)
        size, digest = card.files.get(file.path, (None, None))
        page = f"{self._endpoint}/{file.repo_id}"
        barred = gate(file.repo_id, page, self._client.token_state(http), error)
        terms = replace(card.terms, gated=True)
        return self._candidate(file, size=size, digest=digest, terms=terms, barrier=barred)

    def _card(self, file: HubFile, http: Http, *, files: bool) -> Card:
        """Return the repository's card, asked for once however many of its files are wanted."""
        key = (file.kind, file.repo, file.revision, files)
        with self._card_locks[key]:
            if key not in self._cards:
                self._cards[key] = self._read_card(file, http, files=files)
            return self._cards[key]

    def _read_card(self, file: HubFile, http: Http, *, files: bool) -> Card:
        from huggingface_hub import HfApi

        api = HfApi(endpoint=self._endpoint, library_name="modelget")
        options = {"repo_type": file.kind, "revision": file.revision, "files_metadata": files}
        try:
            info = self._client.ask(api.repo_info, file.repo, http=http, **options)
        except hub_errors() + _ODD_ANSWERS:
            return Card()  # it adds to what is shown and decides nothing: no failure
        card = getattr(getattr(info, "card_data", None), "__dict__", None)  # of whatever type a card is
        page = f"{self._endpoint}/{file.repo_id}"
        gated = bool(getattr(info, "gated", False))
        listed = (info.siblings or ()) if files else ()
        return Card(
            hub_terms(card, getattr(info, "tags", None), page, gated=gated),
            {
                entry.rfilename: (entry.size, _digest(entry.lfs.sha256 if entry.lfs else ""))
                for entry in listed
            },
        )


def source(settings: Settings) -> HuggingFace:
    """Make the source."""
    return HuggingFace(settings.hub_endpoint, settings.hub_token)


def parse_reference(text: str, pages: frozenset[str] = _PAGES) -> HubFile | None:
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
        host = _host(text)
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


def _host(url: str) -> str:
    """Return host and port as written in an origin: lower case, no default port."""
    return origin_of(url).partition("://")[2]


def _checked(kind: str, repo: list[str], path: list[str], revision: str) -> HubFile | None:
    """Build the reference only from parts that stay what they are inside a URL."""
    odd = any(part in ("", ".", "..") or not part.isprintable() for part in (*path, *revision.split("/")))
    if odd or not path or len(repo) not in (1, 2) or not all(_NAME.fullmatch(part) for part in repo):
        return None
    return HubFile(kind, "/".join(repo), "/".join(path), revision)


def _digest(etag: str | None) -> Digest | None:
    """Read the Hub's etag: 64 digits are the sha256 of an LFS file, 40 the Git blob id of a small one."""
    algorithm = {64: "sha256", 40: "git-sha1"}.get(len(etag or ""))
    try:
        return Digest(algorithm, etag) if algorithm and etag else None
    except ValueError:
        return None
