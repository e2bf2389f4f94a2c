"""What the owner's licence policy lets through, and what it says about the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelget.library import open_library
from modelget.licence_policy import choose_licensed, remark_on_present
from modelget.licences import terms_of
from modelget.plan import make_plan
from modelget.types import (
    Candidate,
    Decisions,
    Digest,
    Evidence,
    ModelFile,
    PlanItem,
    Requirement,
    Resolution,
    Status,
    Terms,
)

SAME = Digest("sha256", "a" * 64)
NEED = Requirement("sub/x.safetensors", "vae")
FREE, FORBIDDEN, CONDITIONAL = terms_of("mit"), terms_of("cc-by-nc-4.0"), terms_of("stabilityai-ai-community")


def candidate(terms: Terms, number: int = 1, **known) -> Candidate:
    known = {"digest": SAME, **known}
    return Candidate(
        "s", f"s:{number}", "https://x", "x.safetensors", Evidence.DECLARED_URL, terms=terms, **known
    )


@pytest.fixture
def decide(models: Path):
    def make(
        *candidates: Candidate, policy: str = "commercial", need: Requirement = NEED, **known
    ) -> PlanItem:
        present = known.pop("present", None)
        resolution = Resolution(need, present, candidates=candidates)
        library = open_library(models_dir=models)
        (item,) = make_plan("x", [resolution], library, Decisions(**known), "ask", policy).items
        return item

    return make


def test_what_clearly_allows_commercial_use_is_fetched(decide) -> None:
    assert decide(candidate(FREE)).status is Status.FETCH


@pytest.mark.parametrize("terms", [FORBIDDEN, CONDITIONAL, terms_of("other"), terms_of(None), Terms()])
def test_everything_is_fetched_where_the_owner_has_no_policy(decide, terms) -> None:
    assert decide(candidate(terms), policy="any").status is Status.FETCH


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        (FORBIDDEN, "Its licence (cc-by-nc-4.0) does not allow commercial use: its text forbids it. "),
        (
            CONDITIONAL,
            "Its licence (stabilityai-ai-community) does not clearly allow commercial use: it is free only",
        ),
        (
            terms_of("mine"),
            "Its licence (mine) does not clearly allow commercial use: what this licence allows is not",
        ),
        (terms_of(None), "Nobody says that it may be used commercially: no licence is stated, so all rights"),
        (Terms(), "Nobody says that it may be used commercially: its place states no licence."),
    ],
)
def test_what_does_not_is_denied_with_the_licence_the_reason_and_what_to_do(decide, terms, words) -> None:
    item = decide(candidate(terms))
    assert (item.status, item.download) == (Status.DENIED, None)
    assert item.hint.startswith(words)
    assert "--choose sub/x.safetensors=ID" in item.hint
    assert "--accept-licence sub/x.safetensors if you have the right" in item.hint


@pytest.mark.parametrize("name", ["sub/x.safetensors", "x.safetensors"])
def test_who_has_the_right_to_a_file_gets_it(decide, name) -> None:
    assert decide(candidate(FORBIDDEN), accept_licence=frozenset({name})).status is Status.FETCH


def test_the_right_to_one_file_is_no_right_to_another(decide) -> None:
    assert decide(candidate(FORBIDDEN), accept_licence=frozenset({"y.safetensors"})).status is Status.DENIED


def test_choosing_a_file_is_no_right_to_use_it(decide) -> None:
    chosen = {"sub/x.safetensors": "s:1"}
    assert decide(candidate(FORBIDDEN), choose=chosen).status is Status.DENIED


def test_bytes_that_are_here_under_another_name_are_linked(decide, models) -> None:
    assert decide(candidate(FORBIDDEN, local=models / "y.safetensors")).status is Status.FETCH


def test_of_two_places_of_the_same_bytes_the_one_that_states_a_licence_is_taken() -> None:
    chosen, objection = choose_licensed([candidate(terms_of(None), 1), candidate(FREE, 2)], "commercial")
    assert (chosen.id, objection) == ("s:2", None)


def test_who_uploads_a_file_again_cannot_allow_what_its_author_forbids(decide) -> None:
    item = decide(candidate(FREE, 1), candidate(FORBIDDEN, 2))
    assert item.status is Status.DENIED
    assert "cc-by-nc-4.0" in item.hint


def test_the_policy_never_decides_between_two_different_files(decide) -> None:
    other = candidate(FREE, 2, digest=Digest("sha256", "b" * 64))
    assert decide(candidate(FORBIDDEN), other).status is Status.CHOOSE


def test_a_file_that_is_here_is_reported_and_not_refused(decide, models) -> None:
    here = ModelFile(models / "vae/sub/x.safetensors", 5)
    item = decide(candidate(FORBIDDEN), present=here)
    assert item.status is Status.PRESENT
    assert item.hint.startswith("It is here already, so nothing is refused. Its licence (cc-by-nc-4.0)")
    assert decide(present=here).hint == "It is here already, and no place says under which licence."
    assert decide(candidate(FREE), present=here).hint is None
    assert decide(candidate(FORBIDDEN), present=here, policy="any").hint is None


def test_without_a_policy_nothing_is_remarked() -> None:
    assert remark_on_present([candidate(FORBIDDEN)], "any") is None
