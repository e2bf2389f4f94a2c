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
    """Find out where one model is, or where it can be had; asks no source when it is already here.

    A source that cannot answer becomes a SourceFailure beside what the others found.
    """
    if present := library.find(wanted.folder, wanted.name):
        return Resolution(wanted, present, _complaint(present, wanted, library))
    sources = list(sources)
    found, failures = _ask(wanted, sources, http)
    if wanted.digest and wanted.urls and all(candidate.barrier for candidate in found):
        # The declared place has it no more; the same bytes may be elsewhere.
        more, more_failures = _ask(replace(wanted, urls=()), sources, http)
        found, failures = found + more, failures + more_failures
    weighed = [_weigh(candidate, wanted) for candidate in found]
    ranked = sorted(
        {candidate.id: candidate for candidate in weighed + _here(weighed, wanted, library)}.values(),
        key=_rank,
    )
    return Resolution(wanted, None, None, tuple(ranked), tuple(failures))


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
    if published is None or published.algorithm != pinned.algorithm:
        shortened = (
            Digest("autov2", published.hex[:10]) if published and published.algorithm == "sha256" else None
        )
        return candidate if shortened == pinned else replace(candidate, digest=pinned)
    if published == pinned:
        return replace(candidate, evidence=Evidence.SAME_DIGEST)
    return replace(candidate, evidence=min(candidate.evidence, Evidence.SAME_NAME))


def _here(candidates: list[Candidate], wanted: Requirement, library: Library) -> list[Candidate]:
    """Return files of this library with the very bytes that are wanted, under whatever name."""
    wishes = {wanted.digest: Evidence.SAME_DIGEST} if wanted.digest else {}
    for candidate in candidates:
        if candidate.digest and candidate.digest not in wishes:
            wishes[candidate.digest] = candidate.evidence
    twins = ((library.find_digest(digest), digest, evidence) for digest, evidence in wishes.items())
    return [
        Candidate(
            source="library",
            id=f"file:{file.path}",
            url="",
            name=file.path.name,
            evidence=evidence,
            size=file.size,
            digest=digest,
            local=file.path,
        )
        for file, digest, evidence in twins
        if file
    ]


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
