"""Where a model can be had and how sure we are, with sources made by hand and a real library."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest

from modelget.errors import SourceUnavailable
from modelget.hosts import HostPolicy
from modelget.http import Http
from modelget.hub import Contents
from modelget.library import Library, open_library
from modelget.resolve import published_digest, resolve
from modelget.types import (
    Barrier,
    Candidate,
    Decisions,
    Digest,
    Evidence,
    Listing,
    Requirement,
    SourceFailure,
)

WEIGHTS = Contents().of("vae/ae.safetensors").read()
SHA256 = Digest("sha256", hashlib.sha256(WEIGHTS).hexdigest())
AUTOV2 = Digest("autov2", SHA256.hex[:10])
OTHER = Digest("sha256", "b" * 64)
LINK = "https://files.example/ae.safetensors"
VAE = Requirement("ae.safetensors", "vae", urls=(LINK,))
GATED = Barrier("gated", "it is gated", "Open the page.")


class Shelf:
    """A source with these candidates for links, others for a digest alone, and perhaps a fault at the end."""

    label, hosts, endpoints = "A shelf", frozenset[str](), ()

    def __init__(
        self,
        *found: Candidate,
        name: str = "shelf",
        by_digest: tuple[Candidate, ...] = (),
        fault: SourceUnavailable | None = None,
    ) -> None:
        self.name, self._found, self._by_digest, self._fault = name, found, by_digest, fault
        self.questions: list[Requirement] = []

    def find(self, wanted: Requirement, http: Http) -> Iterator[Candidate]:
        self.questions.append(wanted)
        yield from self._found if wanted.urls else self._by_digest
        if self._fault:
            raise self._fault


def candidate(number: int = 1, evidence: Evidence = Evidence.DECLARED_URL, **known) -> Candidate:
    return Candidate("shelf", f"shelf:{number}", f"{LINK}?{number}", "ae.safetensors", evidence, **known)


@pytest.fixture
def library(models: Path) -> Library:
    return open_library(models_dir=models)


@pytest.fixture
def ask(library: Library):
    """Resolve a requirement against these sources."""
    http = Http(HostPolicy(), offline=True)
    yield lambda wanted, *sources: resolve(wanted, library, sources, http)
    http.close()


def place(models: Path, name: str, content: bytes = WEIGHTS) -> Path:
    path = models / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_what_is_present_asks_nobody(ask, models) -> None:
    path = place(models, "vae/ae.safetensors")
    shelf = Shelf(candidate())
    found = ask(VAE, shelf)
    assert found.present is not None
    assert (found.present.path, found.present.size) == (path, len(WEIGHTS))
    assert (found.complaint, found.candidates, found.failures) == (None, (), ())
    assert shelf.questions == []


def test_what_a_pack_fetches_by_itself_asks_nobody_unless_a_person_names_a_place(ask, models) -> None:
    left = Requirement("yolox_l.onnx", how="pack", active=False)
    shelf = Shelf(candidate(), by_digest=(candidate(),))
    assert ask(left, shelf).candidates == ()
    assert shelf.questions == []
    assert ask(replace(left, urls=(LINK,)), shelf).candidates != ()
    path = place(models, "onnx/yolox_l.onnx")
    found = ask(left, shelf).present
    assert found is not None
    assert found.path == path


def test_what_is_present_in_another_folder_is_not_here(ask, models) -> None:
    place(models, "checkpoints/ae.safetensors")
    assert ask(VAE, Shelf(candidate())).present is None
    assert ask(replace(VAE, folder=None), Shelf()).present is not None


def test_a_file_cut_short_is_here_with_a_complaint(ask, models) -> None:
    place(models, "vae/ae.safetensors", WEIGHTS[: len(WEIGHTS) // 2])
    found = ask(VAE, Shelf(candidate()))
    assert found.present is not None
    assert found.complaint
    assert found.candidates == ()


@pytest.mark.parametrize("pinned", [OTHER, Digest("autov2", "b" * 10)])
def test_a_recorded_file_with_other_bytes_than_pinned_is_here_with_a_complaint(
    ask, models, library, pinned
) -> None:
    library.record(place(models, "vae/ae.safetensors"), SHA256)
    assert "the workflow pins" in ask(replace(VAE, digest=pinned)).complaint


@pytest.mark.parametrize("pinned", [SHA256, AUTOV2, Digest("blake3", "c" * 64), None])
def test_a_recorded_file_that_may_be_the_pinned_one_has_none(ask, models, library, pinned) -> None:
    library.record(place(models, "vae/ae.safetensors"), SHA256)
    assert ask(replace(VAE, digest=pinned)).complaint is None


def test_a_file_nobody_recorded_is_believed(ask, models) -> None:
    place(models, "vae/ae.safetensors")
    assert ask(replace(VAE, digest=OTHER)).complaint is None


def test_a_dead_source_stands_beside_what_the_others_found(ask) -> None:
    dead = Shelf(name="dead", fault=SourceUnavailable("busy", "rate-limited", 7.0))
    found = ask(VAE, dead, Shelf(candidate()))
    assert found.candidates == (candidate(),)
    assert found.failures == (SourceFailure("dead", "rate-limited", "busy", 7.0),)


def test_what_a_source_found_before_it_failed_is_kept(ask) -> None:
    found = ask(VAE, Shelf(candidate(), fault=SourceUnavailable("gone")))
    assert [found.candidates, len(found.failures)] == [(candidate(),), 1]


def test_a_source_that_fails_twice_is_told_once(ask) -> None:
    found = ask(replace(VAE, digest=SHA256), Shelf(fault=SourceUnavailable("gone")))
    assert len(found.failures) == 1


def test_nothing_anywhere_is_neither_a_candidate_nor_a_failure(ask) -> None:
    found = ask(VAE, Shelf(), Shelf())
    assert (found.present, found.candidates, found.failures) == (None, (), ())


def test_evidence_ranks_whatever_the_order_of_the_sources(ask) -> None:
    ranked = [
        candidate(9, Evidence.SAME_DIGEST),
        candidate(2, Evidence.DECLARED_URL, digest=OTHER),
        candidate(8, Evidence.DECLARED_URL, digest=OTHER),
        candidate(1, Evidence.DECLARED_URL),
        candidate(3, Evidence.DECLARED_URL, digest=OTHER, barrier=GATED),
        candidate(4, Evidence.TRUSTED_NAME),
        candidate(5, Evidence.SAME_NAME),
    ]
    shelves = [Shelf(*ranked[::3]), Shelf(*ranked[1::3]), Shelf(*ranked[2::3])]
    for order in permutations(shelves):
        assert list(ask(VAE, *order).candidates) == ranked


def test_of_two_answers_with_one_id_the_better_one_stays(ask) -> None:
    weak, strong = candidate(1), candidate(1, Evidence.SAME_DIGEST, digest=SHA256)
    for order in permutations([Shelf(weak), Shelf(strong)]):
        assert ask(VAE, *order).candidates == (strong,)


def test_a_published_digest_that_equals_the_pinned_one_is_the_best_evidence(ask) -> None:
    (found,) = ask(replace(VAE, digest=SHA256), Shelf(candidate(digest=SHA256))).candidates
    assert found.evidence is Evidence.SAME_DIGEST


@pytest.mark.parametrize("pinned", [SHA256, AUTOV2, Digest("blake3", "c" * 64)])
def test_a_published_digest_that_is_not_the_pinned_one_is_not_sure(ask, pinned) -> None:
    (found,) = ask(replace(VAE, digest=pinned), Shelf(candidate(digest=OTHER))).candidates
    assert not found.evidence.is_sure
    assert found.digest == OTHER


def test_a_weak_name_does_not_become_better_by_other_bytes(ask) -> None:
    weak = candidate(evidence=Evidence.SIMILAR_NAME, digest=OTHER)
    assert ask(replace(VAE, digest=SHA256), Shelf(weak)).candidates == (weak,)


@pytest.mark.parametrize("published", [None, Digest("git-sha1", "c" * 40)])
@pytest.mark.parametrize("pinned", [SHA256, AUTOV2])
def test_what_cannot_be_compared_must_have_the_pinned_digest_when_it_arrives(ask, published, pinned) -> None:
    (found,) = ask(replace(VAE, digest=pinned), Shelf(candidate(digest=published))).candidates
    assert (found.digest, found.evidence) == (pinned, Evidence.DECLARED_URL)


PREFIX = Digest("sha256-prefix", SHA256.hex[:8])


@pytest.mark.parametrize("pinned", [SHA256, AUTOV2, Digest("git-sha1", "c" * 40)])
def test_a_pin_that_says_more_than_the_published_prefix_must_hold_and_the_link_stays_what_is_sure(
    ask, pinned
) -> None:
    (found,) = ask(replace(VAE, digest=pinned), Shelf(candidate(digest=PREFIX))).candidates
    assert (found.digest, found.evidence) == (pinned, Evidence.DECLARED_URL)


@pytest.mark.parametrize("pinned", [OTHER, Digest("autov2", OTHER.hex[:10])])
def test_a_published_prefix_that_the_pin_does_not_have_is_another_file(ask, pinned) -> None:
    (found,) = ask(replace(VAE, digest=pinned), Shelf(candidate(digest=PREFIX))).candidates
    assert (found.digest, found.evidence) == (PREFIX, Evidence.SAME_NAME)


def test_a_published_prefix_longer_than_the_pin_stays(ask) -> None:
    longer = Digest("sha256-prefix", SHA256.hex[:16])
    (found,) = ask(replace(VAE, digest=AUTOV2), Shelf(candidate(digest=longer))).candidates
    assert found.digest == longer


def test_a_pinned_prefix_is_met_and_makes_nothing_surer(ask) -> None:
    (found,) = ask(replace(VAE, digest=PREFIX), Shelf(candidate(digest=SHA256))).candidates
    assert (found.digest, found.evidence) == (SHA256, Evidence.DECLARED_URL)
    (found,) = ask(replace(VAE, digest=PREFIX), Shelf(candidate(digest=OTHER))).candidates
    assert not found.evidence.is_sure


def test_a_recorded_file_is_no_twin_by_its_first_digits(ask, models, library) -> None:
    library.record(place(models, "vae/renamed.safetensors"), SHA256)
    (found,) = ask(VAE, Shelf(candidate(digest=PREFIX))).candidates
    assert found.local is None


def test_a_pinned_git_id_is_compared_with_the_published_one(ask) -> None:
    mine, other = Digest("git-sha1", "c" * 40), Digest("git-sha1", "d" * 40)
    shelf = Shelf(candidate(1, digest=mine), candidate(2, digest=other))
    same, different = ask(replace(VAE, digest=mine), shelf).candidates
    assert (same.id, same.evidence) == ("shelf:1", Evidence.SAME_DIGEST)
    assert not different.evidence.is_sure


def test_a_short_pin_is_the_start_of_the_published_digest_which_stays(ask) -> None:
    (found,) = ask(replace(VAE, digest=AUTOV2), Shelf(candidate(digest=SHA256))).candidates
    assert (found.digest, found.evidence) == (SHA256, Evidence.SAME_DIGEST)


@pytest.mark.parametrize("published", [None, SHA256, Digest("git-sha1", "d" * 40)])
def test_a_pin_that_nothing_here_can_compute_never_makes_a_candidate_sure(ask, published) -> None:
    (found,) = ask(
        replace(VAE, digest=Digest("blake3", "c" * 64)), Shelf(candidate(digest=published))
    ).candidates
    assert not found.evidence.is_sure


@pytest.mark.parametrize("algorithm", ["blake3", "crc32"])
def test_a_source_that_was_asked_for_a_digest_is_believed_about_it(ask, algorithm) -> None:
    pinned = Digest(algorithm, "c" * (64 if algorithm == "blake3" else 8))
    found = candidate(evidence=Evidence.SAME_DIGEST, digest=SHA256)
    assert ask(replace(VAE, urls=(), digest=pinned), Shelf(by_digest=(found,))).candidates == (found,)


@pytest.mark.parametrize(
    "declared",
    [
        Shelf(),
        Shelf(candidate(2, barrier=GATED)),
        Shelf(candidate(2, digest=OTHER)),
        Shelf(fault=SourceUnavailable("dead")),
    ],
    ids=["gone", "barred", "other bytes", "dead"],
)
def test_when_the_declared_place_has_the_bytes_no_more_they_are_looked_for_elsewhere(ask, declared) -> None:
    elsewhere = Shelf(by_digest=(candidate(1, Evidence.SAME_DIGEST, digest=SHA256),), name="elsewhere")
    found = ask(replace(VAE, digest=SHA256), declared, elsewhere)
    assert found.candidates[0].id == "shelf:1"
    assert found.candidates[0].evidence is Evidence.SAME_DIGEST
    assert elsewhere.questions[-1].urls == ()


def test_nobody_looks_elsewhere_while_the_declared_place_has_it(ask) -> None:
    shelf = Shelf(candidate(digest=SHA256), by_digest=(candidate(2, Evidence.SAME_DIGEST),))
    ask(replace(VAE, digest=SHA256), shelf)
    ask(VAE, shelf)
    assert [question.urls for question in shelf.questions] == [(LINK,), (LINK,)]


def test_without_a_digest_there_is_nothing_to_look_for_elsewhere(ask) -> None:
    shelf = Shelf()
    ask(VAE, shelf)
    assert len(shelf.questions) == 1


def test_a_recorded_file_with_the_pinned_bytes_is_linked_and_nobody_is_asked(ask, models, library) -> None:
    twin = place(models, "vae/renamed.safetensors")
    library.record(twin, SHA256, "hf:o/r/ae.safetensors@main")
    shelf = Shelf(candidate(digest=SHA256))
    (found,) = ask(replace(VAE, digest=SHA256), shelf).candidates
    assert (found.local, found.digest, found.size) == (twin, SHA256, len(WEIGHTS))
    assert found.evidence is Evidence.SAME_DIGEST
    assert found.barrier is None
    assert shelf.questions == []


@pytest.mark.parametrize("barrier", [None, GATED])
def test_a_recorded_file_with_the_published_bytes_is_linked_whatever_stands_before_them(
    ask, models, library, barrier
) -> None:
    twin = place(models, "checkpoints/renamed.safetensors")
    library.record(twin, SHA256)
    (found,) = ask(VAE, Shelf(candidate(digest=SHA256, barrier=barrier))).candidates
    assert (found.local, found.barrier, found.id) == (twin, None, "shelf:1")


def test_a_recorded_file_that_changed_since_is_not_linked(ask, models, library) -> None:
    twin = place(models, "vae/renamed.safetensors")
    library.record(twin, SHA256)
    twin.write_bytes(WEIGHTS + b"more")
    (found,) = ask(VAE, Shelf(candidate(digest=SHA256))).candidates
    assert found.local is None


def test_the_published_digest_is_that_of_the_declared_place_only() -> None:
    http = Http(HostPolicy(), offline=True)
    sources = [
        Shelf(candidate(1, Evidence.SAME_NAME, digest=OTHER), candidate(2)),
        Shelf(candidate(3, digest=SHA256)),
        Shelf(fault=SourceUnavailable("dead")),
    ]
    for order in permutations(sources):
        assert published_digest(VAE, order, http) == SHA256
    assert published_digest(VAE, sources[:1], http) is None
    http.close()


# Names without a suffix

STEM = replace(VAE, name="ae", urls=(), digest=AUTOV2)
TOLD = replace(STEM, renamable=True)


def test_a_stem_is_present_as_the_one_file_that_bears_it(ask, models) -> None:
    path = place(models, "vae/flux/ae.safetensors")
    assert ask(STEM, Shelf(candidate())).present.path == path


def test_two_files_of_one_stem_are_here_with_a_complaint(ask, models) -> None:
    place(models, "vae/ae.ckpt")
    place(models, "vae/ae.safetensors")
    found = ask(STEM, Shelf(candidate()))
    assert found.present.path.name == "ae.ckpt"
    assert found.complaint == "so is ae.safetensors, and the name has no suffix that tells them apart"


def test_of_two_files_of_one_stem_the_recorded_digest_tells_the_one(ask, models, library) -> None:
    place(models, "vae/ae.ckpt")
    path = place(models, "vae/ae.safetensors")
    library.record(path, SHA256)
    found = ask(STEM, Shelf())
    assert (found.present.path, found.complaint) == (path, None)


@pytest.mark.parametrize("pinned", [AUTOV2, Digest("shorthash", SHA256.hex[:12]), SHA256])
def test_a_digest_that_begins_the_published_one_is_the_same_digest(ask, pinned) -> None:
    found = ask(replace(STEM, digest=pinned), Shelf(by_digest=(candidate(digest=SHA256),)))
    assert found.candidates[0].evidence is Evidence.SAME_DIGEST


def test_a_short_hash_that_may_be_of_the_tensors_says_nothing_against_a_sha256(ask, models, library) -> None:
    short = Digest("shorthash", "b" * 12)
    found = ask(replace(VAE, digest=short), Shelf(candidate(digest=SHA256)))
    assert found.candidates[0].evidence is Evidence.DECLARED_URL
    library.record(place(models, "vae/ae.safetensors"), SHA256)
    assert ask(replace(VAE, digest=short)).complaint is None


def test_what_many_files_share_proves_none_of_them(ask) -> None:
    weak = Digest("autov1", "0" * 8)
    by_digest = (candidate(digest=weak, evidence=Evidence.SAME_NAME),)
    found = ask(replace(STEM, digest=weak), Shelf(by_digest=by_digest))
    assert found.candidates[0].evidence is Evidence.SAME_NAME


def test_what_a_text_tells_of_is_present_under_its_publishers_name(ask, models) -> None:
    path = place(models, "vae/flux_ae.safetensors")
    published = candidate(digest=SHA256, size=len(WEIGHTS), evidence=Evidence.SAME_DIGEST)
    published = replace(published, name="flux_ae.safetensors")
    assert ask(TOLD, Shelf(by_digest=(published,))).present.path == path
    # A prompt or a loader looks the file up by the name it says.
    assert ask(STEM, Shelf(by_digest=(published,))).present is None


def test_another_file_under_the_publishers_name_is_here_with_a_complaint(ask, models, library) -> None:
    path = place(models, "vae/ae2.safetensors")
    published = replace(candidate(digest=OTHER, evidence=Evidence.SAME_DIGEST), name="ae2.safetensors")
    pinned = replace(TOLD, digest=Digest("autov2", OTHER.hex[:10]))
    longer = replace(published, size=len(WEIGHTS) + 1)
    assert "bytes" in ask(pinned, Shelf(by_digest=(longer,))).complaint
    library.record(path, SHA256)
    assert "its digest is" in ask(pinned, Shelf(by_digest=(published,))).complaint


def test_a_doubtful_candidate_makes_nothing_present(ask, models) -> None:
    place(models, "vae/ae2.safetensors")
    doubtful = replace(candidate(evidence=Evidence.SAME_NAME), name="ae2.safetensors")
    found = ask(TOLD, Shelf(by_digest=(doubtful,)))
    assert (found.present, len(found.candidates)) == (None, 1)


def test_the_same_bytes_in_the_right_folder_are_what_a_text_tells_of(ask, models, library) -> None:
    path = place(models, "vae/mine.safetensors")
    library.record(path, SHA256)
    by_digest = (candidate(digest=SHA256, evidence=Evidence.SAME_DIGEST),)
    assert ask(TOLD, Shelf(by_digest=by_digest)).present.path == path
    assert ask(replace(TOLD, digest=SHA256), Shelf()).present.path == path
    elsewhere = ask(replace(TOLD, folder="loras"), Shelf(by_digest=by_digest))
    assert (elsewhere.present, elsewhere.candidates[0].local) == (None, path)


# Names alone


class Names:
    """A list with one line for every name."""

    name, only_suggests = "a list", False

    def __init__(self) -> None:
        self.asked: list[Requirement] = []

    def listings(self, wanted: Requirement, http: Http) -> Iterator[Listing]:
        self.asked.append(wanted)
        yield Listing(wanted.name, wanted.folder, "https://listed.example/x", "a list", Evidence.TRUSTED_NAME)


@pytest.fixture
def ask_lists(library: Library):
    http = Http(HostPolicy(), offline=True)
    yield lambda wanted, source, names: resolve(wanted, library, [source], http, [names])
    http.close()


UNLINKED = replace(VAE, urls=())


class Linked(Shelf):
    """A source that has these candidates behind that link, and nothing else."""

    def __init__(self, url: str, *found: Candidate, fault: SourceUnavailable | None = None) -> None:
        super().__init__(*found)
        self._url, self._linked_fault = url, fault

    def find(self, wanted: Requirement, http: Http) -> Iterator[Candidate]:
        if self._url in wanted.urls:
            yield from super().find(wanted, http)
        elif self._linked_fault and wanted.urls:
            raise self._linked_fault


LISTED = "https://listed.example/x"


@pytest.mark.parametrize("wanted", [UNLINKED, VAE], ids=["no link", "a link that leads nowhere"])
def test_what_only_has_a_name_is_looked_for_in_the_lists(ask_lists, wanted) -> None:
    (found,) = ask_lists(wanted, Linked(LISTED, candidate()), Names()).candidates
    assert (found.evidence, found.named_by) == (Evidence.TRUSTED_NAME, "a list")


@pytest.mark.parametrize(
    "linked",
    [
        Linked(LINK, candidate(7)),
        Linked(LINK, candidate(7, barrier=GATED)),
        Linked("nowhere", fault=SourceUnavailable("busy")),
    ],
    ids=["it is there", "it is gated", "its place is down"],
)
def test_no_list_is_asked_while_the_declared_link_may_still_be_right(ask_lists, linked) -> None:
    names = Names()
    ask_lists(VAE, linked, names)
    assert names.asked == []


def test_no_list_takes_the_place_of_what_a_person_chose(ask_lists) -> None:
    names = Names()
    chosen = Decisions(choose={"ae.safetensors": "hf:o/r/gone.safetensors"}).applied_to(VAE)
    assert ask_lists(chosen, Linked(LISTED, candidate()), names).candidates == ()
    assert names.asked == []


def test_no_list_is_asked_for_what_is_here(ask_lists, models, library) -> None:
    names = Names()
    place(models, "vae/ae.safetensors")
    ask_lists(UNLINKED, Shelf(), names)
    library.record(place(models, "vae/renamed.safetensors"), SHA256)
    ask_lists(replace(UNLINKED, name="b.safetensors", digest=SHA256), Shelf(), names)
    assert names.asked == []


def test_a_file_found_by_name_must_have_the_pinned_digest(ask_lists) -> None:
    pinned = replace(UNLINKED, digest=SHA256)
    (found,) = ask_lists(pinned, Linked(LISTED, candidate(digest=SHA256)), Names()).candidates
    assert found.evidence is Evidence.SAME_DIGEST
    (found,) = ask_lists(pinned, Linked(LISTED, candidate(digest=OTHER)), Names()).candidates
    assert not found.evidence.is_sure


def test_a_recorded_file_with_the_bytes_of_what_a_name_led_to_is_linked(ask_lists, models, library) -> None:
    twin = place(models, "checkpoints/renamed.safetensors")
    library.record(twin, SHA256)
    (found,) = ask_lists(UNLINKED, Linked(LISTED, candidate(digest=SHA256)), Names()).candidates
    assert found.local == twin
