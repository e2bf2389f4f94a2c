"""Put one question to every source; who cannot answer becomes a failure beside what the others found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product

from ..archives import in_archive, split_member
from ..errors import HostNotAllowed, SourceUnavailable
from ..http import Http
from ..sources import Source
from ..types import Candidate, Digest, Requirement, SourceFailure
from .weighing import rank


def ask(
    wanted: Requirement, sources: list[Source], http: Http
) -> tuple[list[Candidate], list[SourceFailure]]:
    """Return what the sources found, not yet weighed, and which of them could not answer."""
    found: list[Candidate] = []
    failures: list[SourceFailure] = []
    for source, (member, asked) in product(sources, _by_member(wanted)):
        try:
            places = _noting_refused_token(source.find(asked, http), source, http)
            found += filter(None, (in_archive(place, member, wanted.name) for place in places))
        except SourceUnavailable as error:
            failures.append(failure(source.name, error))
        except HostNotAllowed as error:
            failures.append(SourceFailure(source.name, "unavailable", f"{error}. {error.hint}"))
    return found, failures


def renewed(candidate: Candidate, sources: Iterable[Source], http: Http) -> Candidate | None:
    """Return the candidate with another link that its place gives for it now: some hold only for a while.

    Raises:
        SourceUnavailable: its place says why the file cannot be had now.
    """
    own_id = candidate.archive.id if candidate.archive else candidate.id
    wanted = Requirement(candidate.name, urls=(own_id,))
    asked = [source for source in sources if source.name == candidate.source]
    found = [one for source in asked for one in source.find(wanted, http) if one.barrier is None]
    ids = (own_id, candidate.id)
    fresh = next((one for one in found if one.id in ids and one.url != candidate.url), None)
    return replace(candidate, url=fresh.url, form=fresh.form) if fresh else None


def published_digest(wanted: Requirement, sources: Iterable[Source], http: Http) -> Digest | None:
    """Return the digest that the declared place publishes for a model, wherever the file itself is."""
    found, _failures = ask(wanted, list(sources), http)
    sure = sorted((candidate for candidate in found if candidate.evidence.is_sure), key=rank)
    return next((candidate.digest for candidate in sure if candidate.digest), None)


def failure(source: str, error: SourceUnavailable) -> SourceFailure:
    """Return what is kept of an error: that this source could not answer, and why."""
    return SourceFailure(source, error.kind, str(error), error.retry_after)


def _by_member(wanted: Requirement) -> list[tuple[str, Requirement]]:
    """Split the question by the file of an archive that a reference names; most name none."""
    split = [split_member(url) for url in wanted.urls]
    named = dict.fromkeys(member for _url, member in split) or {"": None}
    urls = {member: tuple(url for url, of in split if of == member) for member in named}
    return [(member, replace(wanted, urls=urls[member])) for member in named]


def _noting_refused_token(found: Iterable[Candidate], source: Source, http: Http) -> Iterator[Candidate]:
    """Say of what a place gave to everybody that it did not accept the token: private files stay hidden."""
    for candidate in found:
        if any(map(http.has_refused_token, source.endpoints)):
            note = f"{source.label} does not accept your token; it was asked without one. Renew or remove it."
            candidate = replace(candidate, notes=(*candidate.notes, note))
        yield candidate
