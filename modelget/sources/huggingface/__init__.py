"""Hugging Face Hub: files of repositories, pinned to a commit, with the digest the Hub publishes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

from ...errors import SourceUnavailable
from ...hosts import host_of
from ...http import Http
from ...settings import Secret, Settings
from ...types import UNSTATED, Candidate, Digest, Evidence, PartOfFolder, Terms
from ..shared.hub_files import PAGES, HubFile, HubFolder, parse_folder, parse_reference
from ..shared.listing import as_folder, with_odd_name
from ..shared.repositories import Repositories
from ..shared.terms import hub_terms
from .client import HubClient, hub_errors, status_of
from .refusals import barrier, gate, unavailable

_ODD_ANSWERS: tuple[type[Exception], ...] = (ValueError, TypeError, LookupError, AttributeError)
"""What huggingface_hub raises for a card that is none; some mirrors answer with a web page."""


@dataclass(frozen=True, slots=True)
class Card:
    """What the Hub tells everybody about a repository."""

    terms: Terms = UNSTATED
    files: dict[str, tuple[int | None, Digest | None]] = field(default_factory=dict)
    """Size and digest by path; filled only for gated repositories, whose files answer no questions."""


class HuggingFace(Repositories[HubFile, HubFolder]):
    """The Hub, or the mirror that HF_ENDPOINT names."""

    name = "huggingface"
    label = "Hugging Face Hub"
    hosts = frozenset({"huggingface.co", "hf.co", "*.huggingface.co", "*.hf.co"})

    def __init__(self, endpoint: str, token: Secret | None) -> None:
        self.endpoints = (endpoint,)
        self._endpoint = endpoint
        self._client = HubClient(endpoint, token)
        self._pages = PAGES | {host_of(endpoint)}
        self._cards: dict[tuple[str, str, str, bool], Card] = {}
        self._card_locks: defaultdict[tuple[str, str, str, bool], Lock] = defaultdict(Lock)

    def _file_at(self, reference: str) -> HubFile | None:
        return parse_reference(reference, self._pages)

    def _folder_at(self, reference: str) -> HubFolder | None:
        return parse_folder(reference, self._pages)

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

    def _look_up_folder(self, folder: HubFolder, http: Http) -> Iterator[Candidate]:
        """List a repository at one commit, and take what loading the folder needs."""
        from huggingface_hub import HfApi, get_hf_file_metadata

        if http.offline:
            raise SourceUnavailable(f"{folder.id}: only the Hub can tell what is in it", kind="offline")
        api = HfApi(endpoint=self._endpoint, library_name="modelget")
        options = {"repo_type": folder.kind, "revision": folder.revision, "files_metadata": True}
        try:
            info = self._client.ask(api.repo_info, folder.repo, http=http, **options)
            pinned = replace(folder, revision=str(info.sha or folder.revision))
            listed, odd = self._listed(pinned, info.siblings or ())
            card = self._card(folder, http, files=False)
            if card.terms.gated and listed:
                first = next(iter(listed.values()))
                self._client.ask(get_hf_file_metadata, first.url, http=http, endpoint=self._endpoint)
        except hub_errors() as error:
            yield from self._refused(folder, error, http)
            return
        except _ODD_ANSWERS as error:
            message = f"{folder.repo_id}: the Hub answers something else than a list of files"
            raise SourceUnavailable(message) from error
        candidate = self._candidate(pinned, terms=card.terms)
        if odd is not None:
            yield with_odd_name(candidate, odd)
        elif listed:
            yield as_folder(candidate, listed, http)

    def _listed(
        self, folder: HubFolder, siblings: Iterable[Any]
    ) -> tuple[dict[str, PartOfFolder], str | None]:
        """Return the files in a folder by their path inside, and one whose path is no plain one, if there is any."""
        start = f"{folder.path}/" if folder.path else ""
        listed: dict[str, PartOfFolder] = {}
        for entry in siblings:
            if not entry.rfilename.startswith(start):
                continue
            path = entry.rfilename.removeprefix(start)
            file = folder.file(path)
            if file is None:
                return {}, path
            digest = _digest(entry.lfs.sha256 if entry.lfs else entry.blob_id)
            listed[path] = PartOfFolder(path, file.id, file.url(self._endpoint), int(entry.size), digest)
        return listed, None

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
            name=file.name,
            evidence=Evidence.DECLARED_URL,
            folder="/".join(file.path.split("/")[-2:-1]) or None,
            is_folder=isinstance(file, HubFolder),
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


def _digest(etag: str | None) -> Digest | None:
    """Read the Hub's etag: 64 digits are the sha256 of an LFS file, 40 the Git blob id of a small one."""
    algorithm = {64: "sha256", 40: "git-sha1"}.get(len(etag or ""))
    try:
        return Digest(algorithm, etag) if algorithm and etag else None
    except ValueError:
        return None
