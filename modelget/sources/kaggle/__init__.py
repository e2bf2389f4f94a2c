"""Kaggle Models, and TensorFlow Hub, which has become a part of it: files of versions, with the md5 of its storage.

The protocol is that of its own clients, kagglesdk 0.1 (``models/types/model_api_service.py``) and kagglehub 1.0
(``http_resolver.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

from ...errors import HostNotAllowed, SourceUnavailable
from ...hosts import host_of
from ...http import Http
from ...licences import terms_of
from ...settings import KAGGLE_ENDPOINT, Settings
from ...types import Archive, Barrier, Candidate, Evidence, Requirement, Terms, archive_kind, has_model_suffix
from ..shared.fields import entries, text, whole
from ..shared.look import ELSEWHERE, Look, leads_off, look
from .references import PAGES, TFHUB_PAGES, KaggleFile, is_path, parse_reference, tfhub_path

FEW = 25
"""Files of a version up to which Kaggle's own client asks for each by itself, and not for all in one archive."""

_TFHUB = "https://tfhub.dev"
_REFUSED = (401, 403, 404)
"""What Kaggle answers about what is private, not there, or handed out on terms: it does not tell these apart."""
_PAGE_SIZE, _MOST_PAGES = 200, 50


class Kaggle:
    """kaggle.com, or the mirror that MODELGET_KAGGLE_ENDPOINT names; there TensorFlow Hub is at ``/tfhub``."""

    name = "kaggle"
    label = "Kaggle Models"
    # Files are redirected to signed links of Google's storage.
    hosts = frozenset(
        {
            *PAGES,
            *TFHUB_PAGES,
            "storage.googleapis.com",
            "*.googleusercontent.com",
            "*.kaggleusercontent.com",
        }
    )

    def __init__(self, endpoint: str, *, has_token: bool) -> None:
        self.endpoints = (endpoint,)
        self._api = f"{endpoint}/api/v1/models"
        self._tfhub = _TFHUB if endpoint == KAGGLE_ENDPOINT else f"{endpoint}/tfhub"
        self._pages = PAGES | {host_of(endpoint)}
        self._has_token = has_token

    def find(self, wanted: Requirement, http: Http) -> Iterator[Candidate]:
        """Look up each declared link and ``kaggle:`` id."""
        for reference in wanted.urls:
            if file := parse_reference(reference, self._pages):
                yield from self._look_up(file, wanted, http)
            elif path := tfhub_path(reference):
                yield from self._follow(path, wanted, http)

    def _follow(self, path: str, wanted: Requirement, http: Http) -> Iterator[Candidate]:
        """Ask TensorFlow Hub where a model has gone."""
        page = f"{_TFHUB}/{path}"
        name = wanted.name.rpartition("/")[2] or path
        here = Candidate(self.name, page, page, name, Evidence.DECLARED_URL)
        if http.offline:
            yield here
            return
        try:
            with http.open(f"{self._tfhub}/{quote(path)}") as reply:
                status, url = reply.status, reply.url
        except HostNotAllowed as error:
            yield replace(here, barrier=leads_off(page, error))
            return
        file = parse_reference(url, self._pages)
        if file and status < 400:
            yield from self._look_up(file, wanted, http)
        elif status in (200, 404, 410):
            gone = f"TensorFlow Hub was closed, and {page} leads to no model of Kaggle"
            yield replace(here, barrier=Barrier("removed", gone, ELSEWHERE))
        else:
            kind = "rate-limited" if status == 429 else "unavailable"
            raise SourceUnavailable(f"{page}: TensorFlow Hub answers HTTP {status}", kind, status=status)

    def _look_up(self, file: KaggleFile, wanted: Requirement, http: Http) -> Iterator[Candidate]:
        if file.handle.count("/") == 1:
            yield self._candidate(file, wanted, barrier=_which(file))
            return
        if http.offline:
            yield self._candidate(file, wanted)
            return
        try:
            about = self._ask(f"{self._api}/{file.handle}/get", http)
            file = replace(file, version=file.version or whole(about, "versionNumber") or None)
            if file.version is None:
                raise SourceUnavailable(f"{file.handle}: Kaggle does not say which version is the newest")
            listed = self._list(file, http)
        except SourceUnavailable as error:
            if error.status not in _REFUSED or error.kind == "rate-limited":
                raise
            yield self._candidate(file, wanted, terms=Terms(gated=True), barrier=self._refused(file))
            return
        terms = terms_of(text(about, "licenseName"))
        chosen = _choose(listed, file.path, wanted.name)
        if not chosen and not file.path:
            yield self._candidate(file, wanted, terms=terms, barrier=_no_model(file))
        for entry in chosen:
            one, bundle = replace(file, path=text(entry, "name")), replace(file, path="")
            candidate = self._candidate(one, wanted, terms=terms, size=whole(entry, "size"))
            if len(listed) > FEW:
                archive = Archive(bundle.id, "tar.gz", one.path)
                candidate = replace(candidate, url=self._url(bundle), archive=archive)
            # Of several a person chooses first, and then it is one.
            yield self._looked_at(candidate, one, http) if len(chosen) == 1 else candidate

    def _looked_at(self, candidate: Candidate, file: KaggleFile, http: Http) -> Candidate:
        """Look at the first bytes: only that tells whether we may have the file, and its md5."""
        try:
            seen = look(candidate.url, http)
        except HostNotAllowed as error:
            return replace(candidate, barrier=leads_off(candidate.id, error))
        if seen.status in _REFUSED and not seen.is_rate_limit:
            return replace(candidate, terms=replace(candidate.terms, gated=True), barrier=self._refused(file))
        if not seen.is_file:
            raise seen.failure("Kaggle")
        if candidate.archive is None and _is_zipped(seen, candidate.name):
            candidate = replace(candidate, archive=Archive(candidate.id, "zip", candidate.name))
        if candidate.archive is None:
            return replace(candidate, size=seen.size, digest=seen.md5)
        return replace(candidate, archive=replace(candidate.archive, size=seen.size, digest=seen.md5))

    def _candidate(self, file: KaggleFile, wanted: Requirement, **known: Any) -> Candidate:
        name = file.path.rpartition("/")[2] or wanted.name.rpartition("/")[2] or file.handle
        url = self._url(file) if file.version else file.page
        return Candidate(self.name, file.id, url, name, Evidence.DECLARED_URL, **known)

    def _url(self, file: KaggleFile) -> str:
        """Return where the bytes of a file are, or of the archive of all files."""
        path = f"/{quote(file.path)}" if file.path else ""
        return f"{self._api}/{file.handle}/{file.version}/download{path}"

    def _list(self, file: KaggleFile, http: Http) -> list[dict[str, Any]]:
        """List the files of a version, page by page."""
        listed: list[dict[str, Any]] = []
        token = ""
        for _page in range(_MOST_PAGES):
            query = urlencode({"pageSize": _PAGE_SIZE} | ({"pageToken": token} if token else {}))
            answer = self._ask(f"{self._api}/{file.handle}/{file.version}/files?{query}", http)
            listed += [entry for entry in entries(answer, "files") if is_path(text(entry, "name"))]
            token = text(answer, "nextPageToken")
            if not token:
                break
        return listed

    def _ask(self, url: str, http: Http) -> dict[str, Any]:
        """Return an answer of the API.

        Raises:
            SourceUnavailable: there is none; ``status`` is 403 or 404 for what is private, not there, or on terms.
        """
        try:
            answer = http.get_json(url)
        except HostNotAllowed as error:
            raise SourceUnavailable(f"Kaggle sends its answer from somewhere else: {error}") from error
        if answer is None:
            raise SourceUnavailable(f"{url}: Kaggle does not know it", status=404)
        if not isinstance(answer, dict):
            raise SourceUnavailable("Kaggle gives no usable answer")
        return answer

    def _refused(self, file: KaggleFile) -> Barrier:
        message = f"Kaggle does not hand out {file.handle}: it is private or gone, or its terms must be accepted first"
        login = (
            "with the account of your token"
            if self._has_token
            else "and set KAGGLE_API_TOKEN (or keep kaggle.json where Kaggle's own tools do)"
        )
        hint = f"Open {file.page}, accept the terms {login}, then try again. Else: {ELSEWHERE}"
        return Barrier("gated", message, hint)


def source(settings: Settings) -> Kaggle:
    """Make the source."""
    endpoint = settings.endpoints.get("kaggle", KAGGLE_ENDPOINT)
    return Kaggle(endpoint, has_token=settings.kaggle_token is not None)


def _choose(listed: list[dict[str, Any]], path: str, wanted: str) -> list[dict[str, Any]]:
    """Return the file that a path names, else that of the wanted name, else all models."""
    if path:
        return [entry for entry in listed if text(entry, "name") == path]
    models = [entry for entry in listed if has_model_suffix(text(entry, "name"))]
    base = wanted.rpartition("/")[2]
    return [entry for entry in models if text(entry, "name").rpartition("/")[2] == base] or models


def _is_zipped(seen: Look, name: str) -> bool:
    """Tell whether Kaggle sends ``<file>.zip`` for a file, as it does now and then."""
    return not archive_kind(name) and f"{name}.zip" in (seen.name, seen.served_as)


def _which(file: KaggleFile) -> Barrier:
    message = f"{file.handle} is a model of Kaggle in several variations, and the link does not say which"
    return Barrier(
        "by-hand", message, f"Open {file.page}, choose a variation, and pass its link: --choose NAME=LINK."
    )


def _no_model(file: KaggleFile) -> Barrier:
    message = f"{file.handle} holds no file that ComfyUI could load, such as .safetensors or .pth (SavedModels are none)"
    return Barrier("by-hand", message, f"See {file.page} for a variation for PyTorch. Else: {ELSEWHERE}")
