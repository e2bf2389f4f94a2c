"""ModelScope: files and folders of model repositories, each file pinned to the commit that last changed it, with its sha256.

The protocol is that of its own client, modelscope-hub 0.5 (``_legacy_api.py``, ``_download.py``).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any
from urllib.parse import urlencode

from ...errors import HostNotAllowed, SourceUnavailable
from ...hosts import host_of
from ...http import Http
from ...licences import terms_of
from ...settings import MODELSCOPE_ENDPOINT, Settings
from ...types import UNSTATED, Barrier, Candidate, Evidence, PartOfFolder, Terms
from ..shared.fields import digest, text, whole
from ..shared.listing import as_folder, with_odd_name
from ..shared.look import ELSEWHERE, leads_off, look
from ..shared.repositories import Repositories
from .references import (
    HOME,
    SITES,
    ModelScopeFile,
    ModelScopeFolder,
    parse_folder,
    parse_reference,
)

LONGEST_LIST = 3000
"""Where ModelScope cuts a list of files short, without a word."""

_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Card:
    """What ModelScope tells everybody about a repository."""

    terms: Terms = UNSTATED
    """Gated: its owner decides on each application."""


class ModelScope(Repositories[ModelScopeFile, ModelScopeFolder]):
    """modelscope.cn and modelscope.ai, or the mirror that MODELGET_MODELSCOPE_ENDPOINT names."""

    name = "modelscope"
    label = "ModelScope"
    # Large files are redirected to signed links of its own storage (cdn-lfs-….modelscope.cn).
    hosts = frozenset({*SITES, "*.modelscope.cn", "*.modelscope.ai"})

    def __init__(self, endpoint: str | None, *, has_token: bool) -> None:
        is_mirror = endpoint is not None and endpoint not in SITES.values()
        mirrored = dict.fromkeys((*SITES, host_of(endpoint)), endpoint) if endpoint and is_mirror else {}
        self._sites = mirrored or SITES
        self.endpoints = tuple(dict.fromkeys(self._sites.values()))
        self._token_at = (endpoint or MODELSCOPE_ENDPOINT) if has_token else None
        self._cards: dict[tuple[str, str], Card] = {}
        self._card_locks: defaultdict[tuple[str, str], Lock] = defaultdict(Lock)

    def _file_at(self, reference: str) -> ModelScopeFile | None:
        return parse_reference(reference, frozenset(self._sites))

    def _folder_at(self, reference: str) -> ModelScopeFolder | None:
        return parse_folder(reference, frozenset(self._sites))

    def _look_up(self, file: ModelScopeFile, http: Http) -> Iterator[Candidate]:
        files = self._list(file, file.path.rpartition("/")[0], http)
        if isinstance(files, Candidate):
            yield files
            return
        entry = next((entry for entry in files if _is_file(entry, file.path)), None)
        if entry is None and len(files) < LONGEST_LIST:
            return
        pinned = replace(file, revision=_commit_of(entry) or file.revision)
        candidate = self._candidate(
            pinned,
            digest=digest("sha256", text(entry, "Sha256")),
            size=whole(entry, "Size"),
            terms=self._card(file, http).terms,
        )
        yield from self._look(pinned, candidate.url, candidate, http)

    def _look_up_folder(self, folder: ModelScopeFolder, http: Http) -> Iterator[Candidate]:
        """List a folder with all that is below it, and take what loading it needs."""
        if http.offline:
            raise SourceUnavailable(f"{folder.id}: only ModelScope can tell what is in it", kind="offline")
        files = self._list(folder, folder.path, http, recursive=True)
        if isinstance(files, Candidate):
            yield files
            return
        listed, odd = self._listed(folder, files)
        candidate = self._candidate(folder, terms=self._card(folder, http).terms)
        if odd is not None:
            yield with_odd_name(candidate, odd)
        elif len(files) >= LONGEST_LIST:
            yield replace(candidate, barrier=_cut_short(candidate.id))
        elif listed:
            first = next(iter(listed.values()))
            for known in self._look(folder, first.url, candidate, http):
                yield known if known.barrier else as_folder(known, listed, http)

    def _listed(
        self, folder: ModelScopeFolder, files: list[dict[str, Any]]
    ) -> tuple[dict[str, PartOfFolder], str | None]:
        """Return the files in a folder by their path inside, and one whose path is no plain one, if there is any."""
        start = f"{folder.path}/" if folder.path else ""
        listed: dict[str, PartOfFolder] = {}
        for entry in files:
            whole_path, size = text(entry, "Path"), whole(entry, "Size")
            if entry.get("Type") == "tree" or not whole_path.startswith(start):
                continue
            path = whole_path.removeprefix(start)
            file = folder.file(path, _commit_of(entry) or folder.revision)
            if file is None:
                return {}, path
            if size is None:
                raise SourceUnavailable(f"{file.id}: ModelScope does not say how large it is")
            sha256 = digest("sha256", text(entry, "Sha256"))
            url = file.url(self._sites[file.host])
            listed[path] = PartOfFolder(path, self._id(file), url, size, sha256)
        return listed, None

    def _look(self, file: ModelScopeFile, url: str, candidate: Candidate, http: Http) -> Iterator[Candidate]:
        """Look at the first bytes of a file, or of one in a folder: only that tells whether we may have it."""
        try:
            seen = look(url, http)
        except HostNotAllowed as error:
            yield replace(candidate, barrier=leads_off(candidate.id, error))
            return
        if seen.is_file:
            yield candidate
        elif seen.status in (401, 403, 451):
            yield self._refused(file, seen.status, http, candidate)
        elif seen.status not in (404, 410):
            raise seen.failure("ModelScope")

    def _candidate(self, file: ModelScopeFile, **known: Any) -> Candidate:
        return Candidate(
            source=self.name,
            id=self._id(file),
            url=file.url(self._sites[file.host]),
            name=file.name,
            evidence=Evidence.DECLARED_URL,
            folder="/".join(file.path.split("/")[-2:-1]) or None,
            is_folder=isinstance(file, ModelScopeFolder),
            **known,
        )

    def _id(self, file: ModelScopeFile) -> str:
        """Name the file so that it is found on the same site again."""
        is_home = self._sites[file.host] == self._sites[HOME]
        return file.id if is_home else file.page(f"https://{file.host}")

    def _list(
        self, file: ModelScopeFile, folder: str, http: Http, *, recursive: bool = False
    ) -> list[dict[str, Any]] | Candidate:
        """List a folder; a refusal is what was asked for with its barrier.

        An unknown revision has an empty list, as ModelScope says.
        """
        where = {"Revision": file.revision, "Recursive": str(recursive)}
        question = f"/repo/files?{urlencode(where | ({'Root': folder} if folder else {}))}"
        try:
            data = self._ask_twice(file, question, http)
        except SourceUnavailable as error:
            if error.status not in (401, 403, 404, 451):
                raise
            return self._refused(file, error.status, http)
        files = data.get("Files") if isinstance(data, dict) else data
        if files is not None and not isinstance(files, list):
            raise SourceUnavailable(f"{file.repo}: ModelScope answers something else than a list of files")
        return [entry for entry in files or () if isinstance(entry, dict)]

    def _ask_twice(self, file: ModelScopeFile, question: str, http: Http) -> Any:
        """Ask again when refused: now and then a list is refused to those who may read it."""
        try:
            return self._ask(file, question, http)
        except SourceUnavailable as error:
            if error.status != 403:
                raise
            return self._ask(file, question, http)

    def _ask(self, file: ModelScopeFile, question: str, http: Http) -> Any:
        """Return the data of an answer.

        Raises:
            SourceUnavailable: there is none; ``status`` is 404 for what is private or not there.
        """
        url = f"{self._sites[file.host]}/api/v1/models/{file.repo}{question}"
        try:
            answer = http.get_json(url)
        except HostNotAllowed as error:
            raise SourceUnavailable(f"ModelScope sends its answer from somewhere else: {error}") from error
        if answer is None:
            raise SourceUnavailable(f"{file.repo}: ModelScope does not know it", status=404)
        failed = not isinstance(answer, dict) or answer.get("Success") is False or "Data" not in answer
        if failed:
            raise SourceUnavailable(f"{file.repo}: ModelScope gives no usable answer")
        return answer["Data"]

    def _card(self, file: ModelScopeFile, http: Http) -> Card:
        """Return the repository's card, asked for once however many of its files are wanted."""
        key = (self._sites[file.host], file.repo)
        with self._card_locks[key]:
            if key not in self._cards:
                self._cards[key] = self._read_card(file, http)
            return self._cards[key]

    def _read_card(self, file: ModelScopeFile, http: Http) -> Card:
        try:
            data = self._ask(file, "", http)
        except SourceUnavailable:
            return Card()  # it adds to what is shown and decides nothing: no failure
        if not isinstance(data, dict):
            return Card()
        return Card(terms_of(text(data, "License"), gated=bool(data.get("ProtectedMode"))))

    def _refused(
        self, file: ModelScopeFile, status: int, http: Http, candidate: Candidate | None = None
    ) -> Candidate:
        """Return a file that may not be had, with what stands in the way."""
        card = self._card(file, http)
        known = candidate or self._candidate(file, terms=card.terms)
        return replace(known, barrier=self._barrier(file, status, card))

    def _barrier(self, file: ModelScopeFile, status: int, card: Card) -> Barrier:
        endpoint = self._sites[file.host]
        page = f"{endpoint}/models/{file.repo}"
        if status == 451:
            return Barrier("region", f"ModelScope does not serve {file.repo} in this region", ELSEWHERE)
        has_token = self._token_at == endpoint
        token = f"set MODELSCOPE_API_TOKEN (make one at {endpoint}/my/myaccesstoken)"
        if endpoint == SITES["modelscope.ai"]:
            token += f" and MODELGET_MODELSCOPE_ENDPOINT={endpoint}"
        if card.terms.gated:
            login = "with the account of your token" if has_token else f"and {token}"
            hint = f"Apply for it at {page} {login}, then try again."
            return Barrier("gated", f"{file.repo} is handed out on application", hint)
        if has_token and status == 403:
            hint = f"Open {page} with the account of your token, or: {ELSEWHERE}"
            return Barrier("login", f"ModelScope refuses {file.repo} to the account of your token", hint)
        if has_token:
            hint = f"Check that the account of your token may read {page}. Else: {ELSEWHERE}"
            return Barrier("login", f"{file.repo} is not there, or not for the account of your token", hint)
        return Barrier(
            "login", f"{file.repo} is not public, or gone", f"If it is private, {token}. Else: {ELSEWHERE}"
        )


def source(settings: Settings) -> ModelScope:
    """Make the source."""
    has_token = settings.modelscope_token is not None
    return ModelScope(settings.endpoints.get("modelscope"), has_token=has_token)


def _is_file(entry: dict[str, Any], path: str) -> bool:
    return entry.get("Path") == path and entry.get("Type") != "tree"


def _commit_of(entry: dict[str, Any] | None) -> str | None:
    """Return the commit that last changed a file, as far as its list tells."""
    revision = text(entry, "Revision")
    return revision if _COMMIT.fullmatch(revision) else None


def _cut_short(id: str) -> Barrier:
    message = (
        f"ModelScope cuts a list of files short at {LONGEST_LIST}, and {id} has so many: some may be missing"
    )
    return Barrier("by-hand", message, "Name one of the folders in it.")
