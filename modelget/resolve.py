"""Where can each model be had, and how sure are we: ask the library first, then every source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from .errors import SourceUnavailable, UnsafeFile
from .http import Http
from .library import Library
from .sources import Source
from .types import Candidate, Digest, Evidence, ModelFile, Requirement, Resolution, SourceFailure
from .verify import check_contents


def resolve(wanted: Requirement, library: Library, sources: Iterable[Source], http: Http) -> Resolution:
    """Find out where one model is, or where it can be had; asks no source when its bytes are already here.

    A source that cannot answer becomes a SourceFailure beside what the others found.
    """
    if present := library.find(wanted.folder, wanted.name):
        return Resolution(wanted, present, _complaint(present, wanted, library))
    if twin := _pinned_here(wanted, library):
        return Resolution(wanted, candidates=(twin,))
    sources = list(sources)
    found, failures = _ask(wanted, sources, http)
    if wanted.digest and wanted.urls and all(candidate.barrier for candidate in found):
        # The declared place has it no more; the same bytes may be elsewhere.
        more, more_failures = _ask(replace(wanted, urls=()), sources, http)
        found, failures = found + more, failures + more_failures
    weighed = [_with_twin(_weigh(candidate, wanted), library) for candidate in found]
    ranked = sorted({candidate.id: candidate for candidate in weighed}.values(), key=_rank)
    return Resolution(wanted, candidates=tuple(ranked), failures=tuple(failures))


def published_digest(wanted: Requirement, sources: Iterable[Source], http: Http) -> Digest | None:
    """Return the digest that the declared place publishes for a model, wherever the file itself is."""
    found, _failures = _ask(wanted, list(sources), http)
    sure = sorted((candidate for candidate in found if candidate.evidence.is_sure), key=_rank)
    return next((candidate.digest for candidate in sure if candidate.digest), None)


def _ask(
    wanted: Requirement, sources: list[Source], http: Http
) -> tuple[list[Candidate], list[SourceFailure]]:
    found: list[Candidate] = []
    failures: list[SourceFailure] = []
    for source in sources:
        try:
            found += source.find(wanted, http)
        except SourceUnavailable as error:
            failures.append(SourceFailure(source.name, error.kind, str(error), error.retry_after))
    return found, failures


def _weigh(candidate: Candidate, wanted: Requirement) -> Candidate:
    """Compare the published digest with the one the workflow pins, which the file must have in any case."""
    pinned, published = wanted.digest, candidate.digest
    if pinned is None:
        return candidate
    if published is not None and published.algorithm == "sha256" and pinned.algorithm == "autov2":
        pinned = published if published.hex.startswith(pinned.hex) else pinned
    if published == pinned:
        return replace(candidate, evidence=Evidence.SAME_DIGEST)
    if published is None or published.algorithm == "git-sha1":
        return replace(candidate, digest=pinned)  # the fetch will tell
    return replace(candidate, evidence=min(candidate.evidence, Evidence.SAME_NAME))


def _pinned_here(wanted: Requirement, library: Library) -> Candidate | None:
    """Return a file of this library that has the digest the workflow pins, under whatever name."""
    twin = library.find_digest(wanted.digest) if wanted.digest else None
    if twin is None:
        return None
    origin = library.origin_of(twin.path) or f"file:{twin.path}"
    return Candidate(
        source="library",
        id=origin,
        url="",
        name=twin.path.name,
        evidence=Evidence.SAME_DIGEST,
        size=twin.size,
        digest=wanted.digest,
        local=twin.path,
    )


def _with_twin(candidate: Candidate, library: Library) -> Candidate:
    """Note where the same bytes already are; nobody needs a permission to link them."""
    twin = library.find_digest(candidate.digest) if candidate.digest else None
    return replace(candidate, local=twin.path, barrier=None) if twin else candidate


def _rank(candidate: Candidate) -> tuple[object, ...]:
    """Order by evidence alone; the rest only makes the order the same every time."""
    return (
        -candidate.evidence,
        candidate.local is None,
        candidate.barrier is not None,
        candidate.digest is None,
        candidate.id,
    )


def _complaint(present: ModelFile, wanted: Requirement, library: Library) -> str | None:
    try:
        check_contents(present.path, present.path.name)
    except UnsafeFile as error:
        return error.reason
    except OSError as error:
        return f"it cannot be read ({error.strerror})"
    recorded = library.digest_of(present.path)
    if (
        recorded
        and wanted.digest
        and recorded.algorithm == wanted.digest.algorithm
        and recorded != wanted.digest
    ):
        return f"its digest is {recorded}, the workflow pins {wanted.digest}"
    return None
