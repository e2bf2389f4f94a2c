"""What a model is pinned to, when it is not, and how a lock holds a workflow."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from modelget.library import Library, open_library
from modelget.licences import terms_of
from modelget.lock import Unlocked, differences, held_to_lock, lock_model
from modelget.lock_file import LockedModel
from modelget.progress import Progress
from modelget.types import (
    Barrier,
    Candidate,
    Digest,
    Evidence,
    ModelFile,
    Requirement,
    Resolution,
    SourceFailure,
    Workflow,
)

BYTES = b"weights" * 10
SHA = Digest("sha256", hashlib.sha256(BYTES).hexdigest())
GIT = Digest("git-sha1", hashlib.sha1(b"blob 70\0" + BYTES, usedforsecurity=False).hexdigest())
OTHER = Digest("sha256", "b" * 64)
NEED = Requirement(
    "x.safetensors", "vae", ("1",), urls=("https://huggingface.co/o/r/resolve/main/x.safetensors",)
)


class Watched:
    def __init__(self) -> None:
        self.seen: list[Progress] = []

    def report(self, progress: Progress) -> None:
        self.seen.append(progress)


@pytest.fixture
def library(models: Path) -> Library:
    return open_library(models_dir=models)


@pytest.fixture
def file(models: Path) -> ModelFile:
    path = models / "vae/x.safetensors"
    path.parent.mkdir()
    path.write_bytes(BYTES)
    return ModelFile(path, len(BYTES))


@pytest.fixture
def pin(library: Library):
    def make(*candidates: Candidate, need: Requirement = NEED, **known) -> LockedModel | Unlocked:
        return lock_model(need, Resolution(need, candidates=candidates, **known), library, Watched())

    return make


def place(digest: Digest | None = SHA, number: int = 1, **known) -> Candidate:
    known = {"evidence": Evidence.DECLARED_URL, "size": 70, "terms": terms_of("mit"), **known}
    return Candidate(
        "huggingface", f"hf:o/r/{number}.safetensors@c", "http://mirror/x", "x", digest=digest, **known
    )


def test_what_is_not_here_is_pinned_to_what_its_place_publishes(pin) -> None:
    model = pin(place())
    assert (model.name, model.folder, model.digest, model.size) == ("x.safetensors", "vae", SHA, 70)
    assert (model.source, model.id) == ("huggingface", "hf:o/r/1.safetensors@c")
    assert model.url == "https://huggingface.co/o/r/resolve/c/1.safetensors"
    assert model.terms.licence == "mit"
    assert model.declared == NEED.urls


@pytest.mark.parametrize("digest", [None, GIT, Digest("sha256-prefix", "a" * 8)])
def test_a_place_without_a_sha256_is_no_pin(pin, digest) -> None:
    assert "no published sha256" in pin(place(digest)).reason


def test_a_barrier_is_no_obstacle_to_a_pin(pin) -> None:
    assert pin(place(barrier=Barrier("gated", "gated", "Accept."))).digest == SHA


def test_several_files_of_one_name_are_for_a_person(pin) -> None:
    assert "--choose x.safetensors=ID with hf:o/r/1" in pin(place(), place(OTHER, 2)).reason


def test_the_same_bytes_at_two_places_are_one_pin(pin) -> None:
    assert pin(place(), place(SHA, 2)).id == "hf:o/r/1.safetensors@c"


def test_a_similar_name_is_no_pin(pin) -> None:
    assert "not surely the same file" in pin(place(evidence=Evidence.SAME_NAME)).reason


def test_a_place_that_could_not_answer_is_told_from_one_that_has_nothing(pin) -> None:
    asked = pin(failures=(SourceFailure("civitai", "unavailable", "HTTP 503"),))
    assert (asked.reason, asked.unanswered) == ("civitai could not answer: HTTP 503", True)
    assert pin().unanswered is False


def test_a_file_that_is_here_is_read_once_and_recorded(library, file) -> None:
    watched = Watched()
    model = lock_model(NEED, Resolution(NEED, file, candidates=(place(),)), library, watched)
    assert (model.digest, model.id) == (SHA, "hf:o/r/1.safetensors@c")
    assert watched.seen[-1] == Progress("x.safetensors", "verifying", 70, 70)
    watched.seen.clear()
    lock_model(NEED, Resolution(NEED, file, candidates=(place(),)), library, watched)
    assert not watched.seen


@pytest.mark.parametrize("published", [None, GIT, Digest("sha256-prefix", SHA.hex[:8])])
def test_a_file_that_is_here_makes_up_for_a_place_without_a_sha256(pin, file, published) -> None:
    model = pin(place(published), present=file)
    assert (model.digest, model.id) == (SHA, "hf:o/r/1.safetensors@c")


@pytest.mark.parametrize(
    "wrong",
    [
        place(OTHER),
        place(Digest("git-sha1", "0" * 40)),
        place(Digest("md5-prefix", "0" * 6)),
        place(Digest("sha256-prefix", "0" * 8)),
        place(None, size=71),
    ],
    ids=["sha256", "git-sha1", "md5-prefix", "sha256-prefix", "size"],
)
@pytest.mark.parametrize("recorded", [True, False])
def test_a_file_that_its_place_does_not_have_is_not_pinned_to_it(pin, library, file, wrong, recorded) -> None:
    if recorded:
        library.record(file.path, SHA)
    outcome = pin(wrong, present=file)
    assert f"is {SHA}, and hf:o/r/1.safetensors@c has other bytes" in outcome.reason


@pytest.mark.parametrize("pinned", [OTHER, Digest("autov2", "0" * 10), Digest("autov3", "0" * 12)])
def test_a_file_that_the_workflow_does_not_mean_is_not_pinned(pin, file, pinned) -> None:
    assert f"the workflow pins {pinned}" in pin(need=replace(NEED, digest=pinned), present=file).reason


def test_of_two_places_the_one_with_these_bytes_is_taken(pin, file) -> None:
    assert pin(place(OTHER, 1), place(SHA, 2), present=file).id == "hf:o/r/2.safetensors@c"
    assert "several files" in pin(place(None, 1), place(None, 2), present=file).reason


def test_a_file_of_which_no_place_is_known_is_pinned_by_its_bytes(pin, file) -> None:
    model = pin(present=file)
    assert (model.digest, model.size, model.source, model.id, model.url) == (SHA, 70, None, None, None)


def test_a_file_with_a_complaint_is_not_pinned(pin, file) -> None:
    assert "it is cut short" in pin(present=file, complaint="it is cut short").reason


def test_a_file_that_is_gone_meanwhile_is_told(pin, models) -> None:
    assert "cannot be read" in pin(present=ModelFile(models / "vae/none.safetensors", 5)).reason


def test_no_path_of_this_machine_gets_into_a_pin(pin, models) -> None:
    local = Candidate("library", f"file:{models}/y", "", "y", Evidence.SAME_DIGEST, digest=SHA, size=70)
    model = pin(local)
    assert (model.digest, model.source, model.id, model.url) == (SHA, None, None, None)


PIN = LockedModel(
    "x.safetensors", "vae", SHA, 70, "huggingface", "hf:o/r/x@c", "https://h/c", declared=NEED.urls
)


def held(need: Requirement, *pins: LockedModel) -> tuple[Requirement, list[str]]:
    workflow, notes = held_to_lock(Workflow("x.json", (need,)), pins)
    return workflow.requirements[0], notes


def test_the_pinned_id_and_digest_come_first() -> None:
    need, notes = held(NEED, PIN)
    assert (need.urls, need.digest, notes) == (("hf:o/r/x@c", *NEED.urls), SHA, [])


@pytest.mark.parametrize("pin", [replace(PIN, name="y.safetensors"), replace(PIN, folder="loras")])
def test_a_pin_of_another_model_holds_nothing(pin) -> None:
    assert held(NEED, pin) == (NEED, [])


def test_a_pin_tells_the_folder_where_no_rule_does_unless_two_could_be_meant() -> None:
    unplaced = replace(NEED, folder=None)
    assert held(unplaced, PIN)[0].folder == "vae"
    assert held(unplaced, PIN, replace(PIN, folder="loras"))[0] == unplaced


def test_what_the_workflow_says_otherwise_is_told_and_the_lock_counts() -> None:
    need, notes = held(replace(NEED, digest=OTHER, urls=("https://h/other?token=secret",)), PIN)
    assert (need.digest, need.urls[0]) == (SHA, "hf:o/r/x@c")
    assert [f"the workflow pins {OTHER}" in notes[0], "another link" in notes[1]] == [True, True]
    assert "secret" not in "".join(notes)


@pytest.mark.parametrize(
    "agreeing",
    [
        replace(NEED, digest=SHA),
        replace(NEED, digest=Digest("autov2", SHA.hex[:10])),
        replace(NEED, urls=("https://h/c",)),
        replace(NEED, urls=()),
    ],
)
def test_what_says_the_same_in_other_words_is_no_contradiction(agreeing) -> None:
    assert held(agreeing, PIN)[1] == []


def test_a_new_commit_with_the_same_bytes_is_no_difference() -> None:
    assert differences([PIN], [replace(PIN, id="hf:o/r/x@d", url="https://h/d")]) == []
    assert differences([PIN], [replace(PIN, declared=("https://h/c",))]) == []


def test_every_difference_is_named() -> None:
    other = replace(PIN, name="y.safetensors")
    assert differences([PIN], [PIN, other]) == ["vae/y.safetensors is needed and not locked"]
    assert differences([PIN, other], [PIN]) == ["vae/y.safetensors is locked and not needed"]
    assert differences([PIN], [replace(PIN, digest=OTHER)]) == [
        f"vae/x.safetensors is locked to {SHA} and is {OTHER}"
    ]
    assert "another link" in differences([PIN], [replace(PIN, declared=("https://h/new",))])[0]
