"""Civitai: model versions by link, id, AIR or digest; every answer pinned to one version and one file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ..errors import HostNotAllowed, InvalidSetting, SourceUnavailable
from ..hosts import origin_of
from ..http import Http, Reply, retry_after
from ..settings import Settings
from ..types import Barrier, Candidate, Digest, Evidence, Requirement, Terms, stem_of
from .fields import entries, whole
from .look import ELSEWHERE, size_of
from .terms import civitai_terms

_PAGES = frozenset(f"{www}civitai.{top}" for www in ("", "www.") for top in ("com", "red", "green"))
_NUMBER = "[0-9]{1,18}"
# Full AIR grammar: urn:air:{ecosystem}:{type}:{source}:{id}@{version}+{file}.{format}; only ours is read.
_AIR = re.compile(
    rf"(?:urn:)?(?:air:)?(?:[\w/-]+:){{0,2}}civitai:(?P<model>{_NUMBER})@(?P<version>{_NUMBER})"
    rf"(?:\+(?P<file>{_NUMBER}))?(?:\.\w+)?",
    re.IGNORECASE,
)
_ID = re.compile(rf"civitai:(?P<version>{_NUMBER})(?:\+(?P<file>{_NUMBER}))?", re.IGNORECASE)
_PATH = re.compile(
    rf"(?:/api/v1)?/models/(?P<model>{_NUMBER})(?:/[^/]*)?/?"
    rf"|(?:/api/v1)?/model-versions/(?P<version>{_NUMBER})/?"
    rf"|/api/download/models/(?P<download>{_NUMBER})/?"
)
_LOOKED_UP_BY = frozenset({"sha256", "autov3", "shorthash", "autov2", "autov1", "blake3", "crc32"})
_FOLDERS = {
    "checkpoint": "checkpoints",
    "lora": "loras",
    "locon": "loras",
    "dora": "loras",
    "textualinversion": "embeddings",
    "hypernetwork": "hypernetworks",
    "controlnet": "controlnet",
    "upscaler": "upscale_models",
    "vae": "vae",
    "textencoder": "text_encoders",
    "diffusionmodel": "diffusion_models",
    "unet": "diffusion_models",
    "clipvision": "clip_vision",
}


@dataclass(frozen=True, slots=True)
class CivitaiReference:
    """What a link or an id names: a version, or a model whose newest version is meant; perhaps one file."""

    model: int | None = None
    version: int | None = None
    file: int | None = None


class Civitai:
    """civitai.com and civitai.red, or the mirror that MODELGET_CIVITAI_ENDPOINT names."""

    name = "civitai"
    label = "Civitai"
    # Downloads are redirected to signed links of these storage services.
    hosts = frozenset(
        {*_PAGES, "*.civitai.com", "*.civitai.red", "*.r2.cloudflarestorage.com", "*.backblazeb2.com"}
    )

    def __init__(self, endpoints: tuple[str, ...], *, has_token: bool) -> None:
        self.endpoints = endpoints
        self._has_token = has_token
        self._pages = _PAGES | {_host(endpoint) for endpoint in endpoints}

    def find(self, wanted: Requirement, http: Http) -> Iterator[Candidate]:
        """Look up each declared Civitai link or id; with a digest and no link at all, look that up."""
        for url in wanted.urls:
            reference = parse_reference(url, self._pages)
            if reference and http.offline:
                yield from self._as_declared(reference, wanted)
            elif reference:
                yield from self._ask_all(
                    partial(self._look_up, reference=reference, wanted=wanted, http=http)
                )
        by_digest = wanted.digest is not None and wanted.digest.algorithm in _LOOKED_UP_BY
        if by_digest and not wanted.urls:
            yield from self._ask_all(partial(self._look_up_digest, wanted=wanted, http=http))

    def _ask_all(self, question: Callable[[str], Iterator[Candidate]]) -> list[Candidate]:
        """Ask each endpoint until one has an answer: neither site knows everything, and either may be down."""
        failures: list[SourceUnavailable] = []
        for endpoint in self.endpoints:
            try:
                if found := list(question(endpoint)):
                    return found
            except SourceUnavailable as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return []

    def _as_declared(self, reference: CivitaiReference, wanted: Requirement) -> Iterator[Candidate]:
        if reference.version is not None:
            url = f"{self.endpoints[0]}/api/download/models/{reference.version}"
            url += f"?fileId={reference.file}" if reference.file else ""
            yield Candidate(self.name, _id(reference), url, wanted.name, Evidence.DECLARED_URL)

    def _look_up(
        self, endpoint: str, reference: CivitaiReference, wanted: Requirement, http: Http
    ) -> Iterator[Candidate]:
        if reference.version is None:
            model = _document(f"{endpoint}/api/v1/models/{reference.model}", http)
            reference = replace(reference, version=whole(_first(model, "modelVersions"), "id"))
        if reference.version is None:
            return
        version = _document(f"{endpoint}/api/v1/model-versions/{reference.version}", http)
        if version is not None:
            file = _pick(version, reference.file, wanted)
            yield from self._candidate(endpoint, reference, version, file, Evidence.DECLARED_URL, http)

    def _look_up_digest(self, endpoint: str, wanted: Requirement, http: Http) -> Iterator[Candidate]:
        assert wanted.digest is not None  # noqa: S101 - the caller asked
        # What many files share is a hint, not a proof.
        evidence = Evidence.SAME_DIGEST if wanted.digest.is_unique else Evidence.SAME_NAME
        for digits in _forms(wanted.digest):
            version = _document(f"{endpoint}/api/v1/model-versions/by-hash/{digits}", http)
            file = next((file for file in entries(version, "files") if _has(file, wanted.digest)), None)
            number = whole(version, "id")
            if version is not None and file is not None and number is not None:
                reference = CivitaiReference(version=number)
                yield from self._candidate(endpoint, reference, version, file, evidence, http)
                return

    def _candidate(
        self,
        endpoint: str,
        reference: CivitaiReference,
        version: dict[str, Any],
        file: dict[str, Any] | None,
        evidence: Evidence,
        http: Http,
    ) -> Iterator[Candidate]:
        model_id = whole(version, "modelId") or reference.model
        # A file that was asked for by number stays the one asked for, listed or not.
        reference = CivitaiReference(model_id, reference.version, whole(file, "id") or reference.file)
        url = f"{endpoint}/api/download/models/{reference.version}"
        kind = version["model"].get("type") if isinstance(version.get("model"), dict) else None
        candidate = Candidate(
            source=self.name,
            id=_id(reference),
            url=f"{url}?fileId={reference.file}" if reference.file else url,
            name=str((file or {}).get("name") or reference.version),
            evidence=evidence,
            digest=next((d for d in _digests(file or {}) if d.algorithm == "sha256"), None),
            folder=_FOLDERS.get(str(kind).lower().replace(" ", "")),
            terms=_terms(endpoint, model_id, version, http),
        )
        page = f"{endpoint}/models/{model_id}" if model_id is not None else endpoint
        yield from self._probe(candidate, page, http)

    def _probe(self, candidate: Candidate, page: str, http: Http) -> Iterator[Candidate]:
        """Ask for the first byte: only that tells whether we may have the file, and its size in bytes."""
        try:
            opened = http.open(candidate.url, headers={"Range": "bytes=0-0"})
        except HostNotAllowed as error:
            message = f"Civitai sends this file from somewhere else: {error}"
            yield replace(candidate, barrier=Barrier("host", message, error.hint))
            return
        with opened as reply:
            if reply.status in (200, 206):
                yield replace(candidate, size=size_of(reply))
            elif barrier := self._barrier(reply, page):
                gated = barrier.kind in ("login", "paid")
                yield replace(candidate, barrier=barrier, terms=replace(candidate.terms, gated=gated))
            elif reply.status != 404:
                wait = retry_after(reply.headers, http.clock.wall())
                kind = "rate-limited" if reply.status == 429 else "unavailable"
                raise SourceUnavailable(f"{candidate.id}: Civitai answers HTTP {reply.status}", kind, wait)

    def _barrier(self, reply: Reply, page: str) -> Barrier | None:
        """Read a refusal; Civitai tells its reasons apart only in the words of the body."""
        if reply.status not in (401, 403, 410, 451):
            return None
        words = reply.read(2**16).decode("utf-8", "replace")
        if reply.status == 410:
            return Barrier("removed", "it was archived by its author", ELSEWHERE)
        if reply.status == 451:
            return Barrier("region", "Civitai does not serve this region", ELSEWHERE)
        if "disabled downloads" in words:
            return Barrier(
                "removed", "its author has disabled downloads", f"A key does not help. {ELSEWHERE}"
            )
        if "early access" in words.lower():
            deadline = re.search(r'"deadline"\s*:\s*"([^"]+)"', words)
            until = f" until {deadline[1][:10]}" if deadline else ""
            return Barrier("paid", f"it is in early access{until}", f"Buy access at {page}, or wait.")
        if self._has_token:
            return Barrier(
                "login", "Civitai refuses this account", f"Open {page} with the account of your key."
            )
        key = "Make a key in your Civitai account settings and set CIVITAI_API_TOKEN."
        return Barrier("login", "its author asks you to be logged in", key)


def source(settings: Settings) -> Civitai:
    """Make the source."""
    return Civitai(settings.civitai_endpoints, has_token=settings.civitai_token is not None)


def parse_reference(text: str, pages: frozenset[str] = _PAGES) -> CivitaiReference | None:
    """Read a Civitai link, a ``civitai:VERSION[+FILE]`` id or an AIR; None when it is none of them."""
    if found := _AIR.fullmatch(text) or _ID.fullmatch(text):
        groups = found.groupdict()
        return CivitaiReference(
            *(int(groups[key]) if groups.get(key) else None for key in ("model", "version", "file"))
        )
    try:
        host = _host(text)
    except InvalidSetting:
        return None
    url = urlsplit(text)
    found = _PATH.fullmatch(url.path)
    if host not in pages or not found:
        return None
    query = parse_qs(url.query)
    version = (
        found["version"] or found["download"] or _number(query, "modelVersionId") or _number(query, "version")
    )
    file = _number(query, "fileId")
    return CivitaiReference(
        int(found["model"]) if found["model"] else None,
        int(version) if version else None,
        int(file) if file else None,
    )


def _host(url: str) -> str:
    """Return host and port as written in an origin: lower case, no default port."""
    return origin_of(url).partition("://")[2]


def _document(url: str, http: Http) -> dict[str, Any] | None:
    try:
        document = http.get_json(url)
    except HostNotAllowed as error:
        raise SourceUnavailable(f"Civitai sends its answer from somewhere else: {error}") from error
    return document if isinstance(document, dict) else None


def _id(reference: CivitaiReference) -> str:
    return f"civitai:{reference.version}" + (f"+{reference.file}" if reference.file else "")


def _number(query: dict[str, list[str]], key: str) -> str | None:
    value = query.get(key, [""])[0]
    return value if re.fullmatch(_NUMBER, value) else None


def _pick(version: Any, file_id: int | None, wanted: Requirement) -> dict[str, Any] | None:
    """Choose the file that is meant: by id, by digest, by its published name, else the primary or only one."""
    files = entries(version, "files")
    tests: list[Callable[[dict[str, Any]], bool]] = [
        lambda file: file_id is not None and file.get("id") == file_id,
        lambda file: wanted.digest is not None and _has(file, wanted.digest),
        lambda file: file.get("name") == wanted.name.rpartition("/")[2],
        lambda file: stem_of(str(file.get("name"))) == wanted.name.rpartition("/")[2],
        lambda file: file.get("primary") is True,
        lambda file: len(files) == 1,
    ]
    if file_id is not None:
        tests = tests[:1]
    return next((file for test in tests for file in files if test(file)), None)


def _digests(file: dict[str, Any]) -> list[Digest]:
    hashes = file.get("hashes")
    found = []
    for algorithm, value in hashes.items() if isinstance(hashes, dict) else ():
        digits = str(value)
        if str(algorithm).lower() == "autov3":
            digits = digits[:12]  # the scanner stores all 64, the API mostly shows 12
        try:
            found.append(Digest(str(algorithm), digits))
        except ValueError:
            continue  # whatever comes next
    return found


def _has(file: dict[str, Any], wanted: Digest) -> bool:
    return any(digest.in_terms_of(wanted) == wanted for digest in _digests(file))


def _forms(digest: Digest) -> tuple[str, ...]:
    """Give the digits to ask for: Civitai knows an AutoV3 by 12 and the start of a sha256 by 10."""
    return (digest.hex, digest.hex[:10]) if digest.algorithm == "shorthash" else (digest.hex,)


def _first(document: Any, key: str) -> Any:
    values = document.get(key) if isinstance(document, dict) else None
    return values[0] if isinstance(values, list) and values else None


def _terms(endpoint: str, model_id: int | None, version: dict[str, Any], http: Http) -> Terms:
    page = f"{endpoint}/models/{model_id}"
    try:
        model = _document(f"{endpoint}/api/v1/models/{model_id}", http) if model_id is not None else None
    except SourceUnavailable:
        model = None  # it adds to what is shown: no failure
    return civitai_terms(model, version, page)
