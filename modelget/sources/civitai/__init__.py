"""Civitai: model versions by link, id, AIR or digest; every answer pinned to one version and one file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from threading import Lock
from typing import Any

from ...errors import HostNotAllowed, SourceUnavailable
from ...http import Http, Reply, is_rate_limit, retry_after
from ...settings import CIVITAI_ENDPOINTS, Settings
from ...trained_words import trained_words
from ...types import Barrier, Candidate, Evidence, Requirement
from ..shared.fields import entries, text, whole
from ..shared.look import ELSEWHERE, size_of
from ..shared.terms import civitai_terms
from .files import digests, forms, has, pick
from .references import PAGES, CivitaiReference, parse_reference, site_of
from .refusals import Asker, refusal

_LOOKED_UP_BY = frozenset({"sha256", "autov3", "shorthash", "autov2", "autov1", "blake3", "crc32"})
_STORAGE_PAUSE = 2.0
"""Seconds before a file that is listed, and not found, is asked for once more: its storage may hiccup."""

_LONGEST_TITLE = 120
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


class Civitai:
    """civitai.com and civitai.red, or the mirror that MODELGET_CIVITAI_ENDPOINT names."""

    name = "civitai"
    label = "Civitai"
    # Downloads are redirected to signed links of these storage services.
    hosts = frozenset(
        {
            *PAGES,
            "*.civitai.com",
            "*.civitai.red",
            "*.civitai.green",
            "*.r2.cloudflarestorage.com",
            "*.backblazeb2.com",
        }
    )

    def __init__(self, endpoints: tuple[str, ...], *, has_token: bool) -> None:
        self.endpoints = endpoints
        self._has_token = has_token
        self._pages = PAGES | {site_of(endpoint) for endpoint in endpoints}
        self._keys: dict[str, str] = {}
        self._keys_lock = Lock()

    def find(self, wanted: Requirement, http: Http) -> Iterator[Candidate]:
        """Look up each declared Civitai link or id; with a digest and no link at all, look that up."""
        for url in wanted.urls:
            reference = parse_reference(url, self._pages)
            if reference and http.offline:
                yield from self._as_declared(reference, wanted)
            elif reference:
                question = partial(self._look_up, reference=reference, wanted=wanted, http=http)
                yield from self._ask_all(question, self._endpoints_for(url))
        by_digest = wanted.digest is not None and wanted.digest.algorithm in _LOOKED_UP_BY
        if by_digest and not wanted.urls:
            yield from self._ask_all(
                partial(self._look_up_digest, wanted=wanted, http=http), list(self.endpoints)
            )

    def _endpoints_for(self, url: str) -> list[str]:
        """Return the sites in the order in which to ask about a link: its own first, where we ask sites at all."""
        own = f"https://{site_of(url).removeprefix('www.')}"
        if self.endpoints != CIVITAI_ENDPOINTS or site_of(url) not in PAGES:
            return list(self.endpoints)
        return list(dict.fromkeys((own, *self.endpoints)))

    def _ask_all(
        self, question: Callable[[str], Iterator[Candidate]], endpoints: list[str]
    ) -> list[Candidate]:
        """Ask each endpoint until one gives the file: neither site knows everything, and either may be down."""
        failures: list[SourceUnavailable] = []
        barred: list[Candidate] = []
        for endpoint in endpoints:
            try:
                found = list(question(endpoint))
            except SourceUnavailable as error:
                failures.append(error)
                continue
            if any(candidate.barrier is None for candidate in found):
                return found
            barred = barred or found
        if failures and not barred:
            raise failures[0]
        return barred

    def _as_declared(self, reference: CivitaiReference, wanted: Requirement) -> Iterator[Candidate]:
        if reference.version is not None:
            url = reference.download(self.endpoints[0])
            yield Candidate(self.name, reference.id, url, wanted.name, Evidence.DECLARED_URL)

    def _look_up(
        self, endpoint: str, reference: CivitaiReference, wanted: Requirement, http: Http
    ) -> Iterator[Candidate]:
        if reference.version is None:
            model = _document(f"{endpoint}/api/v1/models/{reference.model}", http)
            reference = replace(reference, version=_newest(model))
        if reference.version is None:
            return
        version = _document(f"{endpoint}/api/v1/model-versions/{reference.version}", http)
        if version is not None:
            file = pick(version, reference.file, wanted)
            yield from self._candidate(endpoint, reference, version, file, Evidence.DECLARED_URL, http)

    def _look_up_digest(self, endpoint: str, wanted: Requirement, http: Http) -> Iterator[Candidate]:
        assert wanted.digest is not None  # noqa: S101 - the caller asked
        # What many files share is a hint, not a proof.
        evidence = Evidence.SAME_DIGEST if wanted.digest.is_unique else Evidence.SAME_NAME
        for digits in forms(wanted.digest):
            version = _document(f"{endpoint}/api/v1/model-versions/by-hash/{digits}", http)
            file = next((file for file in entries(version, "files") if has(file, wanted.digest)), None)
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
        kind = version["model"].get("type") if isinstance(version.get("model"), dict) else None
        published = digests(file or {})
        sha256 = next((one for one in published if one.algorithm == "sha256"), None)
        page = f"{endpoint}/models/{model_id}" if model_id is not None else endpoint
        model = _model(endpoint, model_id, http)
        candidate = Candidate(
            source=self.name,
            id=reference.id,
            url=reference.download(endpoint),
            name=str((file or {}).get("name") or reference.version),
            evidence=evidence,
            digest=sha256,
            also_published=tuple(one for one in published if one != sha256),
            folder=_FOLDERS.get(str(kind).lower().replace(" ", "")),
            terms=civitai_terms(model, version, page),
            title=_title(model, version),
            trained_words=trained_words(version.get("trainedWords")),
            notes=_scan_notes(file),
        )
        for probed in self._probe(candidate, version, Asker(page, self._key_state(endpoint, http)), http):
            has_virus = text(file, "virusScanResult") == "Danger"
            yield replace(probed, barrier=_infected(page)) if has_virus else probed

    def _probe(
        self, candidate: Candidate, version: dict[str, Any], asker: Asker, http: Http
    ) -> Iterator[Candidate]:
        """Ask for the first byte: only that tells whether we may have the file, and its size in bytes."""
        try:
            opened = _first_byte(candidate.url, http)
        except HostNotAllowed as error:
            message = f"Civitai sends this file from somewhere else: {error}"
            yield replace(candidate, barrier=Barrier("host", message, error.hint))
            return
        with opened as reply:
            if reply.status in (200, 206):
                yield replace(candidate, size=size_of(reply))
            elif barrier := refusal(reply, version, asker):
                gated = barrier.kind in ("login", "paid")
                yield replace(candidate, barrier=barrier, terms=replace(candidate.terms, gated=gated))
            elif reply.status != 404:
                wait = retry_after(reply.headers, http.clock.wall())
                kind = "rate-limited" if is_rate_limit(reply.status, reply.headers) else "unavailable"
                raise SourceUnavailable(f"{candidate.id}: Civitai answers HTTP {reply.status}", kind, wait)

    def _key_state(self, endpoint: str, http: Http) -> str:
        """Return ``none``, ``refused`` or ``sent``; asked for once, because most answers do not tell."""
        if not self._has_token:
            return "none"
        with self._keys_lock:
            if endpoint not in self._keys:
                self._keys[endpoint] = "refused" if _refuses_key(endpoint, http) else "sent"
            return self._keys[endpoint]


def source(settings: Settings) -> Civitai:
    """Make the source."""
    return Civitai(settings.civitai_endpoints, has_token=settings.civitai_token is not None)


def _refuses_key(endpoint: str, http: Http) -> bool:
    try:
        http.get_json(f"{endpoint}/api/v1/me")
    except (SourceUnavailable, HostNotAllowed) as error:
        if getattr(error, "status", None) == 401:
            http.note_refused_token(endpoint)
            return True
    return False


def _first_byte(url: str, http: Http) -> Reply:
    """Ask for the first byte, once more when only the storage behind a listed file may have failed."""
    question = partial(http.open, url, headers={"Range": "bytes=0-0"})
    reply = question()
    if reply.status != 404 or "no-store" not in reply.headers.get("Cache-Control", ""):
        return reply
    reply.finish()
    http.clock.sleep(_STORAGE_PAUSE)
    return question()


def _document(url: str, http: Http) -> dict[str, Any] | None:
    try:
        document = http.get_json(url)
    except HostNotAllowed as error:
        raise SourceUnavailable(f"Civitai sends its answer from somewhere else: {error}") from error
    return document if isinstance(document, dict) else None


def _newest(model: Any) -> int | None:
    versions = model.get("modelVersions") if isinstance(model, dict) else None
    return whole(versions[0], "id") if isinstance(versions, list) and versions else None


def _scan_notes(file: dict[str, Any] | None) -> tuple[str, ...]:
    if text(file, "pickleScanResult") != "Danger":
        return ()
    return ("DANGER: Civitai's scanner found code in this file that runs when it is loaded.",)


def _infected(page: str) -> Barrier:
    return Barrier("removed", "Civitai's virus scanner calls it dangerous", f"See {page}. {ELSEWHERE}")


def _model(endpoint: str, model_id: int | None, http: Http) -> dict[str, Any]:
    """Return what Civitai says about the whole model: it adds to what is shown, so no answer is no failure."""
    try:
        return (
            _document(f"{endpoint}/api/v1/models/{model_id}", http) if model_id is not None else None
        ) or {}
    except SourceUnavailable:
        return {}


def _title(model: dict[str, Any], version: dict[str, Any]) -> str:
    """Return ``model version, by author`` as far as they are told, on one line."""
    author = text(model.get("creator"), "username")
    name = text(model, "name") or text(version.get("model"), "name")
    parts = [f"{name} {text(version, 'name')}".strip(), f"by {author}" if author else ""]
    title = " ".join(", ".join(filter(None, parts)).split())
    return "".join(filter(str.isprintable, title))[:_LONGEST_TITLE]
