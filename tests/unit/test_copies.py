"""Who else serves exactly these bytes: when that is asked, of whom, and how sure the answers are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from modelget.errors import SourceUnavailable
from modelget.hosts import HostPolicy
from modelget.http import Http
from modelget.library import Library, open_library
from modelget.resolve import resolve
from modelget.types import Barrier, Candidate, Digest, Evidence, Requirement, Resolution, SourceFailure

SHA256, OTHER = Digest("sha256", "a" * 64), Digest("sha256", "b" * 64)
GIT = Digest("git-sha1", "a" * 40)
LINK = "https://files.example/x.safetensors"
WANTED = Requirement("x.safetensors", "vae", urls=(LINK,))
PINNED = replace(WANTED, digest=SHA256)
REMOVED, GATED = Barrier("removed", "it is gone", "Ask."), Barrier("gated", "it is gated", "Open the page.")


class Place:
    """The place of the declared link; by a digest alone it knows other candidates."""

    label, hosts, endpoints = "A place", frozenset[str](), ()

    def __init__(
        self,
        *found: Candidate,
        by_digest: tuple[Candidate, ...] = (),
        fault: SourceUnavailable | None = None,
    ) -> None:
        self.name, self._found, self._by_digest, self._fault = "place", found, by_digest, fault
        self.questions: list[Requirement] = []

    def find(self, wanted: Requirement, http: Http) -> Iterator[Candidate]:
        self.questions.append(wanted)
        if self._fault:
            raise self._fault
        if LINK in wanted.urls:
            yield from self._found
        elif not wanted.urls and wanted.digest:
            yield from self._by_digest


class Copier:
    """Knows a copy, and looks at it itself when asked."""

    label, hosts, endpoints = "A copier", frozenset[str](), ()

    def __init__(
        self,
        digest: Digest | None = SHA256,
        *,
        last: bool = False,
        advice: str | None = None,
        fault: SourceUnavailable | None = None,
        barrier: Barrier | None = None,
    ) -> None:
        self.name = "last" if last else "copier"
        self.is_last_resort, self.advice, self.caution = last, advice, "a copy" if last else None
        self._copy = Candidate(
            self.name,
            f"a:{self.name}",  # it would stand first, were it not for being a copy
            LINK,
            "x.safetensors",
            Evidence.DECLARED_URL,
            digest=digest,
            barrier=barrier,
        )
        self._fault = fault
        self.asked: list[Requirement] = []

    def find(self, wanted: Requirement, http: Http) -> Iterator[Candidate]:
        if f"ref:{self.name}" in wanted.urls:
            yield self._copy

    def copies(self, wanted: Requirement, http: Http) -> tuple[str, ...]:
        self.asked.append(wanted)
        if self._fault:
            raise self._fault
        return () if self.advice else (f"ref:{self.name}",)


def declared(evidence: Evidence = Evidence.DECLARED_URL, **known) -> Candidate:
    return Candidate("place", "place:1", LINK, "x.safetensors", evidence, **known)


@pytest.fixture
def library(models: Path) -> Library:
    return open_library(models_dir=models)


@pytest.fixture
def ask(library):
    http = Http(HostPolicy())
    yield lambda wanted, *sources: resolve(wanted, library, sources, http)
    http.close()


def ids(found: Resolution) -> list[str]:
    return [candidate.id for candidate in found.candidates]


@pytest.mark.parametrize("wanted", [WANTED, PINNED], ids=["published", "pinned"])
def test_a_copy_stands_behind_the_declared_place_and_is_no_surer(ask, wanted) -> None:
    found = ask(wanted, Copier(), Place(declared(digest=SHA256)))
    assert ids(found) == ["place:1", "a:copier"]
    first, copy = found.candidates
    assert (first.is_copy, copy.is_copy) == (False, True)
    assert first.evidence == copy.evidence


def test_a_copy_of_what_was_found_by_a_trusted_name_is_no_surer_than_that(ask) -> None:
    found = ask(WANTED, Copier(), Place(declared(Evidence.TRUSTED_NAME, digest=SHA256)))
    assert [one.evidence for one in found.candidates] == [Evidence.TRUSTED_NAME] * 2


@pytest.mark.parametrize("digest", [None, GIT, Digest("autov2", "a" * 10)], ids=str)
def test_without_a_sha256_nobody_is_asked_for_copies(ask, digest) -> None:
    copier = Copier()
    assert ids(ask(WANTED, copier, Place(declared(digest=digest)))) == ["place:1"]
    assert copier.asked == []


def test_what_only_looks_similar_publishes_no_digest_to_go_by(ask) -> None:
    copier = Copier()
    ask(WANTED, copier, Place(declared(Evidence.SAME_NAME, digest=SHA256)))
    assert copier.asked == []


def test_places_that_publish_different_digests_tell_none(ask) -> None:
    copier = Copier()
    ask(WANTED, copier, Place(declared(digest=SHA256), replace(declared(digest=OTHER), id="place:2")))
    assert copier.asked == []


def test_a_pinned_sha256_is_enough_without_any_place(ask) -> None:
    found = ask(PINNED, Copier(), Place())
    assert ids(found) == ["a:copier"]
    assert found.candidates[0].evidence is Evidence.SAME_DIGEST


def test_a_copy_that_publishes_another_digest_is_none(ask) -> None:
    assert ids(ask(PINNED, Copier(OTHER), Place(declared()))) == ["place:1"]


def test_a_copy_without_a_digest_of_its_own_must_have_the_known_one(ask) -> None:
    found = ask(WANTED, Copier(None), Place(declared(digest=SHA256)))
    assert [one.digest for one in found.candidates] == [SHA256, SHA256]


def test_a_stem_is_looked_for_under_its_published_name(ask) -> None:
    copier = Copier()
    ask(replace(WANTED, name="x"), copier, Place(declared(digest=SHA256)))
    assert [question.name for question in copier.asked] == ["x.safetensors"]


def test_a_copier_that_cannot_answer_stands_beside_what_was_found(ask) -> None:
    down = Copier(fault=SourceUnavailable("down"))
    found = ask(WANTED, down, Place(declared(digest=SHA256)))
    assert ids(found) == ["place:1"]
    assert found.failures == (SourceFailure("copier", "unavailable", "down"),)


def test_the_last_resort_is_asked_only_about_what_nobody_has_any_more(ask) -> None:
    last = Copier(last=True)
    assert ids(ask(PINNED, last, Place(declared(barrier=REMOVED)))) == ["a:last", "place:1"]
    assert ids(ask(PINNED, last, Place())) == ["a:last"]
    assert len(last.asked) == 2
    ask(PINNED, last, Place(declared()))
    ask(PINNED, last, Place(declared(barrier=GATED)))
    ask(PINNED, last, Place(declared(barrier=REMOVED), replace(declared(barrier=GATED), id="place:2")))
    ask(PINNED, last, Place(fault=SourceUnavailable("down")))
    ask(PINNED, Copier(), last, Place(declared(barrier=REMOVED)))
    assert len(last.asked) == 2


def test_a_copy_of_the_last_resort_has_the_caution_of_who_found_it(ask) -> None:
    assert ask(PINNED, Copier(last=True), Place()).candidates[0].notes == ("a copy",)


def test_what_was_published_by_the_place_that_removed_it_is_known_well_enough(ask) -> None:
    removed = declared(digest=SHA256, barrier=REMOVED)
    assert ids(ask(WANTED, Copier(last=True), Place(removed))) == ["a:last", "place:1"]


def test_a_last_resort_that_is_off_says_so_where_it_could_help_and_nowhere_else(ask) -> None:
    off = Copier(last=True, advice="Turn it on.")
    assert ask(PINNED, off, Place(declared(barrier=REMOVED))).advice == "Turn it on."
    assert ask(PINNED, off, Place(declared())).advice is None
    assert ask(WANTED, off, Place(declared(barrier=REMOVED))).advice is None


def test_a_copy_on_an_unlisted_host_is_advice(ask) -> None:
    unlisted = Barrier("host", "the owner has not listed it", "List it.")
    advice = ask(PINNED, Copier(barrier=unlisted), Place(declared(barrier=REMOVED))).advice
    assert advice == "A copy is at a:copier. List it."


def test_by_its_published_digest_others_are_asked_about_what_cannot_be_had(ask) -> None:
    other = replace(declared(Evidence.SAME_DIGEST, digest=SHA256), id="place:2")
    place = Place(declared(digest=SHA256, barrier=REMOVED), by_digest=(other,))
    found = ask(WANTED, place)
    assert ids(found) == ["place:2", "place:1"]
    assert found.candidates[0].evidence is Evidence.DECLARED_URL
    assert [question.digest for question in place.questions] == [None, SHA256]
    assert len(Place(declared(digest=SHA256)).questions) == 0


def test_what_can_be_had_costs_one_question(ask) -> None:
    place = Place(declared(digest=SHA256))
    ask(WANTED, place)
    assert len(place.questions) == 1


def test_of_bytes_that_are_here_nobody_is_asked_for_copies(ask, models, library) -> None:
    path = models / "loras" / "mine.safetensors"
    path.parent.mkdir()
    path.write_bytes(b"x")
    library.record(path, SHA256)
    copier = Copier()
    found = ask(WANTED, copier, Place(declared(digest=SHA256)))
    assert found.candidates[0].local == path
    assert copier.asked == []
