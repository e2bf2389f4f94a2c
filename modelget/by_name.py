"""Find a model by its name alone, which is never as sure as a link: one list after the other, until one knows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol

from .errors import HostNotAllowed, SourceUnavailable
from .http import Http
from .types import (
    Candidate,
    Evidence,
    Listing,
    Requirement,
    SourceFailure,
    has_model_suffix,
    is_generic,
    stem_of,
)

_MOST_LISTINGS = 12
"""Places asked for one name; where a list has more, nobody compared all of them, and none is sure."""

Found = tuple[list[Candidate], list[SourceFailure]]
Answer = tuple[Listing, Candidate]
Ask = Callable[[Requirement], Found]
"""Ask the sources for what the links and the digest of a requirement lead to."""


class NameList(Protocol):
    """Something that knows models by name: a list on this machine, the files of owners we trust, a search."""

    name: str
    """Whom a failure names: a source, or the list."""
    only_suggests: bool
    """Whether it is asked only where nobody else knows anything of the name."""

    def listings(self, wanted: Requirement, http: Http) -> Iterable[Listing]:
        """Yield what the list has for the name of the requirement, however it is spelt.

        Raises:
            SourceUnavailable: part of the answer is missing; what was yielded before still holds.
        """
        ...


def find_by_name(wanted: Requirement, lists: Iterable[NameList], ask: Ask, http: Http) -> Found:
    """Ask each list until one names a file of exactly this name; a later list cannot overrule an earlier one.

    What lists say is asked from the sources, which alone know size, digest and commit.
    """
    found: list[Candidate] = []
    failures: list[SourceFailure] = []
    for names in lists:
        if names.only_suggests and found:
            continue
        listings, unheard = _look_up(names, wanted, http)
        lines = [listing for listing in listings if _evidence(listing, wanted).is_sure] or listings
        answers, faults = _ask_all(lines[:_MOST_LISTINGS], wanted, ask)
        unheard += faults
        named = _of_that_name(answers, wanted)
        is_one = len({one.identity or one.id for one in named}) <= 1
        is_clear = is_one and not unheard and len(lines) <= _MOST_LISTINGS
        judged = [_judged(one, listing, wanted) for listing, one in answers]
        found += judged if is_clear else map(_doubted, judged)
        failures += unheard
        own = [listing for listing in listings if listing.trust is Evidence.DECLARED_URL]
        if named or any(one.evidence.is_sure for one in judged) or (own and unheard):
            break  # an outage is no reason to take another file than the one that a person named
        pins = [listing.digest for listing in own if listing.digest]
        wanted = replace(wanted, digest=wanted.digest or next(iter(pins), None))
    return found, failures


def _look_up(names: NameList, wanted: Requirement, http: Http) -> tuple[list[Listing], list[SourceFailure]]:
    found: list[Listing] = []
    try:
        found.extend(names.listings(wanted, http))  # what came before a failure is kept
    except SourceUnavailable as error:
        return found, [SourceFailure(names.name, error.kind, str(error), error.retry_after)]
    except HostNotAllowed as error:  # the answer is redirected off the list
        return found, [SourceFailure(names.name, "unavailable", f"{error}. {error.hint}")]
    return found, []


def _ask_all(
    lines: Iterable[Listing], wanted: Requirement, ask: Ask
) -> tuple[list[Answer], list[SourceFailure]]:
    """Ask for the place of each line alone; the digest that the workflow pins counts more than the list's."""
    answers: list[Answer] = []
    failures: list[SourceFailure] = []
    for line in lines:
        question = replace(wanted, urls=(line.url,), digest=wanted.digest or line.digest)
        candidates, faults = ask(question)
        answers += [(line, candidate) for candidate in candidates]
        failures += faults
    return answers, failures


def _judged(candidate: Candidate, listing: Listing, wanted: Requirement) -> Candidate:
    """Say whose word the file is, and believe it no more than that; only the workflow's own digest proves it."""
    evidence = candidate.evidence
    if not (wanted.digest and evidence is Evidence.SAME_DIGEST):
        evidence = min(evidence, _evidence(listing, wanted))
    return replace(
        candidate,
        evidence=evidence,
        named_by=listing.named_by,
        folder=listing.folder or candidate.folder,
        terms=replace(candidate.terms, licence=listing.licence or candidate.terms.licence),
    )


def _evidence(listing: Listing, wanted: Requirement) -> Evidence:
    mine, its = wanted.name.rpartition("/")[2], listing.name.rpartition("/")[2]
    is_persons_word = listing.trust is Evidence.DECLARED_URL
    in_folder = wanted.folder in (None, listing.folder) or listing.folder is None
    if mine == its and in_folder and (is_persons_word or not is_generic(mine)):
        return listing.trust
    is_same = (its if has_model_suffix(mine) else stem_of(its)).casefold() == mine.casefold()
    return min(listing.trust, Evidence.SAME_NAME if is_same else Evidence.SIMILAR_NAME)


def _of_that_name(answers: Iterable[Answer], wanted: Requirement) -> list[Candidate]:
    """Return the files that a list calls exactly so, even those that are not what the list itself pins.

    Only the digest of the workflow rules such a file out.
    """
    return [
        one
        for listing, one in answers
        if _evidence(listing, wanted).is_sure and (wanted.digest is None or one.evidence.is_sure)
    ]


def _doubted(candidate: Candidate) -> Candidate:
    """Leave to a person what only the name speaks for."""
    if candidate.evidence is not Evidence.TRUSTED_NAME:
        return candidate
    return replace(candidate, evidence=Evidence.SAME_NAME)
