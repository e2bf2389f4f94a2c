"""ModelScope: files of model repositories, pinned to the commit that last changed them, with their sha256.

The protocol is that of its own client, modelscope-hub 0.5 (``_legacy_api.py``, ``_download.py``).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlencode, urlsplit

from ..errors import HostNotAllowed, InvalidSetting, SourceUnavailable
from ..hosts import origin_of
from ..http import Http
from ..licences import terms_of
from ..settings import MODELSCOPE_ENDPOINT, Settings
from ..types import UNSTATED, Barrier, Candidate, Evidence, Requirement, Terms
from .fields import digest, text, whole
from .look import ELSEWHERE, LONGEST_LINK, leads_off, look

LONGEST_LIST = 3000
"""Where ModelScope cuts a list of files short, without a word."""

_HOME = "modelscope.cn"
_SITES = {
    _HOME: MODELSCOPE_ENDPOINT,
    "www.modelscope.cn": MODELSCOPE_ENDPOINT,
    "modelscope.ai": "https://www.modelscope.ai",
    "www.modelscope.ai": "https://www.modelscope.ai",
}
"""Two sites with their own repositories and accounts."""

_NAME = re.compile(r"(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_ID = re.compile(r"modelscope:(?P<path>.*?[^@])(?:@(?P<revision>[^@]+))?")
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class ModelScopeFile:
    """One file in a repository; ``host`` is the site that a link names."""

    repo: str
    path: str
    revision: str = "master"
    host: str = _HOME


@dataclass(frozen=True, slots=True)
class Card:
    """What ModelScope tells everybody about a repository."""

    terms: Terms = UNSTATED
    """Gated: its owner decides on each application."""


class ModelScope:
    """modelscope.cn and modelscope.ai, or the mirror that MODELGET_MODELSCOPE_ENDPOINT names."""

    name = "modelscope"
    label = "ModelScope"
    # Large files are redirected to signed links of its own storage (cdn-lfs-….modelscope.cn).
    hosts = frozenset({*_SITES, "*.modelscope.cn", "*.modelscope.ai"})

    def __init__(self, endpoint: str | None, *, has_token: bool) -> None:
        is_mirror = endpoint is not None and endpoint not in _SITES.values()
        mirrored = dict.fromkeys((*_SITES, _host(endpoint)), endpoint) if endpoint and is_mirror else {}
        self._sites = mirrored or _SITES
        self.endpoints = tuple(dict.fromkeys(self._sites.values()))
        self._token_at = (endpoint or MODELSCOPE_ENDPOINT) if has_token else None
        self._cards: dict[tuple[str, str], Card] = {}
        self._card_locks: defaultdict[tuple[str, str], Lock] = defaultdict(Lock)

    def find(self, wanted: Requirement, http: Http) -> Iterator[Candidate]:
        """Look up each declared ModelScope link and ``modelscope:`` id."""
        for url in wanted.urls:
            file = parse_reference(url, frozenset(self._sites))
            if file is None:
                continue
            if http.offline:
                yield self._candidate(file)
            else:
                yield from self._look_up(file, http)

    def _look_up(self, file: ModelScopeFile, http: Http) -> Iterator[Candidate]:
        try:
            files = self._list(file, http)
        except SourceUnavailable as error:
            if error.status not in (401, 403, 404, 451):
                raise
            yield self._refused(file, error.status, http)
            return
        entry = next((entry for entry in files if _is_file(entry, file.path)), None)
        if entry is None and len(files) < LONGEST_LIST:
            return
        revision = str((entry or {}).get("Revision"))
        pinned = replace(file, revision=revision) if _COMMIT.fullmatch(revision) else file
        card = self._card(file, http)
        candidate = self._candidate(
            pinned,
            digest=digest("sha256", text(entry, "Sha256")),
            size=whole(entry, "Size"),
            terms=card.terms,
        )
        yield from self._look(pinned, candidate, http)

    def _look(self, file: ModelScopeFile, candidate: Candidate, http: Http) -> Iterator[Candidate]:
        """Look at the first bytes: only that tells whether we may have the file."""
        try:
            seen = look(candidate.url, http)
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
        endpoint = self._sites[file.host]
        place = urlencode({"Revision": file.revision, "FilePath": file.path}, quote_via=quote, safe="")
        return Candidate(
            source=self.name,
            id=self._id(file),
            url=f"{endpoint}/api/v1/models/{file.repo}/repo?{place}",
            name=file.path.rpartition("/")[2],
            evidence=Evidence.DECLARED_URL,
            folder="/".join(file.path.split("/")[-2:-1]) or None,
            **known,
        )

    def _id(self, file: ModelScopeFile) -> str:
        """Name the file so that it is found on the same site again."""
        if self._sites[file.host] == self._sites[_HOME]:
            return f"modelscope:{file.repo}/{file.path}@{quote(file.revision)}"
        revision = quote(file.revision, safe="")
        return f"https://{file.host}/models/{file.repo}/resolve/{revision}/{quote(file.path)}"

    def _list(self, file: ModelScopeFile, http: Http) -> list[dict[str, Any]]:
        """List the folder of a file; an unknown revision has an empty list, as ModelScope says."""
        where = {"Revision": file.revision, "Recursive": "False"}
        folder = file.path.rpartition("/")[0]
        query = urlencode(where | ({"Root": folder} if folder else {}))
        question = f"/repo/files?{query}"
        try:
            data = self._ask(file, question, http)
        except SourceUnavailable as error:
            if error.status != 403:
                raise
            data = self._ask(file, question, http)  # now and then it refuses a list to those who may read it
        files = data.get("Files") if isinstance(data, dict) else data
        if files is not None and not isinstance(files, list):
            raise SourceUnavailable(f"{file.repo}: ModelScope answers something else than a list of files")
        return [entry for entry in files or () if isinstance(entry, dict)]

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
        if endpoint == _SITES["modelscope.ai"]:
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


def parse_reference(reference: str, hosts: frozenset[str] = frozenset(_SITES)) -> ModelScopeFile | None:
    """Read a link to one file, to its page or to its download, or a ``modelscope:owner/repo/path[@revision]`` id."""
    if len(reference) > LONGEST_LINK:
        return None
    if found := _ID.fullmatch(reference):
        parts = found["path"].split("/")
        return _checked(parts[:2], parts[2:], unquote(found["revision"] or "master"), _HOME)
    try:
        host = _host(reference)
    except InvalidSetting:
        return None
    place = _place(urlsplit(reference)) if host in hosts else None
    return _checked(*place, host) if place else None


def _place(url: SplitResult) -> tuple[list[str], list[str], str] | None:
    """Return repository, path and revision as a link has them."""
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


def _checked(repo: list[str], path: list[str], revision: str, host: str) -> ModelScopeFile | None:
    """Build the reference only from parts that stay what they are inside a URL."""
    odd = any(part in ("", ".", "..") or not part.isprintable() for part in (*path, *revision.split("/")))
    if odd or not path or len(repo) != 2 or not all(_NAME.fullmatch(part) for part in repo):
        return None
    return ModelScopeFile("/".join(repo), "/".join(path), revision, host)


def _host(url: str) -> str:
    """Return host and port as written in an origin: lower case, no default port."""
    return origin_of(url).partition("://")[2]


def _is_file(entry: dict[str, Any], path: str) -> bool:
    return entry.get("Path") == path and entry.get("Type") != "tree"
