"""How sure a mere name makes us, with lists and answers made by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from modelget.by_name import find_by_name
from modelget.errors import SourceUnavailable
from modelget.hosts import HostPolicy
from modelget.http import Http
from modelget.types import Barrier, Candidate, Digest, Evidence, Listing, Requirement, SourceFailure, Terms

ONE, OTHER = Digest("sha256", "a" * 64), Digest("sha256", "b" * 64)
WANTED = Requirement("ae.safetensors", "vae")
FAULT = SourceFailure("huggingface", "rate-limited", "busy", 7.0)
TRUSTED, SAME, SIMILAR = Evidence.TRUSTED_NAME, Evidence.SAME_NAME, Evidence.SIMILAR_NAME


class Named:
    """A list with these lines for whatever it is asked, and perhaps a fault at the end."""

    def __init__(
        self, *lines: Listing, fault: SourceUnavailable | None = None, only_suggests: bool = False
    ) -> None:
        self.name, self.only_suggests = "a list", only_suggests
        self._lines, self._fault = lines, fault
        self.asked: list[Requirement] = []

    def listings(self, wanted: Requirement, http: Http) -> Iterator[Listing]:
        self.asked.append(wanted)
        yield from self._lines
        if self._fault:
            raise self._fault


def line(url: str = "x:1", name: str = "ae.safetensors", folder: str | None = "vae", **more) -> Listing:
    return replace(Listing(name, folder, url, "the list", TRUSTED), **more)


def own(url: str = "x:own", **more) -> Listing:
    return line(url, trust=Evidence.DECLARED_URL, named_by="your catalog.toml", **more)


def file(url: str, digest: Digest | None = ONE, **known) -> Candidate:
    return Candidate(
        "shelf", url, url, "published.safetensors", Evidence.DECLARED_URL, digest=digest, **known
    )


@pytest.fixture
def find():
    """``find(wanted, lists, {url: candidate, list of candidates, or a failure})``."""
    http = Http(HostPolicy(), offline=True)

    def look(wanted, lists, answers, questions=None):
        def ask(question):
            (url,) = question.urls
            if questions is not None:
                questions.append(question)
            answer = answers.get(url, [])
            if isinstance(answer, SourceFailure):
                return [], [answer]
            return (answer if isinstance(answer, list) else [answer]), []

        return find_by_name(wanted, lists, ask, http)

    yield look
    http.close()


def test_a_name_and_folder_on_a_list_are_believed_and_whose_word_it_is_is_told(find) -> None:
    (found,), failures = find(WANTED, [Named(line())], {"x:1": file("x:1")})
    assert (found.evidence, found.named_by, found.folder) == (TRUSTED, "the list", "vae")
    assert failures == []


def test_the_lists_say_where_and_the_place_says_what(find) -> None:
    (found,), _failures = find(WANTED, [Named(line())], {"x:1": file("x:1", size=7, terms=Terms("mit"))})
    assert (found.size, found.digest, found.terms.licence) == (7, ONE, "mit")


@pytest.mark.parametrize(
    ("wanted", "listed", "evidence"),
    [
        (WANTED, line(), TRUSTED),
        (replace(WANTED, name="flux/ae.safetensors"), line(name="sub/ae.safetensors"), TRUSTED),
        (replace(WANTED, folder=None), line(), TRUSTED),
        (WANTED, line(folder=None), TRUSTED),
        (WANTED, line(folder="loras"), SAME),
        (WANTED, line(name="AE.safetensors"), SAME),
        (WANTED, line(name="ae.ckpt"), SIMILAR),
        (WANTED, line(trust=SAME), SAME),
        (WANTED, line(trust=SAME, name="a-e.safetensors"), SIMILAR),
        (replace(WANTED, name="ae"), line(), SAME),
        (WANTED, own(), Evidence.DECLARED_URL),
        (WANTED, own(folder="loras"), SAME),
    ],
)
def test_how_much_a_name_says(find, wanted, listed, evidence) -> None:
    (found,), _failures = find(wanted, [Named(listed)], {listed.url: file(listed.url)})
    assert found.evidence is evidence


@pytest.mark.parametrize(
    "name",
    [
        "model.safetensors",
        "Model.fp16.safetensors",
        "diffusion_pytorch_model.safetensors",
        "diffusion_pytorch_model.fp16.safetensors",
        "open_clip_pytorch_model.bin",
        "pytorch_model.bin",
        "pytorch_lora_weights.safetensors",
        "model-00001-of-00002.safetensors",
        "sub/vae.safetensors",
        "1.safetensors",
    ],
)
def test_a_name_that_a_tool_gives_to_every_file_is_never_sure(find, name) -> None:
    wanted = replace(WANTED, name=name)
    (found,), _failures = find(wanted, [Named(line(name=name))], {"x:1": file("x:1")})
    assert found.evidence is SAME
    (found,), _failures = find(wanted, [Named(own(name=name))], {"x:own": file("x:own")})
    assert found.evidence is Evidence.DECLARED_URL, "a person may mean it"


def test_several_places_with_the_same_bytes_are_one_file(find) -> None:
    found, _failures = find(WANTED, [Named(line(), line("x:2"))], {"x:1": file("x:1"), "x:2": file("x:2")})
    assert [one.evidence for one in found] == [TRUSTED, TRUSTED]


GATED = Barrier("gated", "it is gated", "Open the page.")


@pytest.mark.parametrize(
    "second",
    [
        file("x:2", OTHER),
        file("x:2", None),
        file("x:2", OTHER, barrier=GATED),
        file("x:2", Digest("sha256-prefix", "a" * 8)),
        FAULT,
    ],
    ids=["other bytes", "no digest", "gated with other bytes", "a few digits", "no answer"],
)
def test_unless_all_places_are_known_to_have_the_same_bytes_a_person_chooses_among_them(find, second) -> None:
    found, failures = find(WANTED, [Named(line(), line("x:2"))], {"x:1": file("x:1"), "x:2": second})
    assert {one.evidence for one in found} == {SAME}
    assert len(found) + len(failures) == 2


def test_a_file_that_is_not_what_its_list_pins_casts_doubt_and_one_that_the_workflow_rules_out_does_not(
    find,
) -> None:
    lists = [Named(line(), line("x:2", digest=OTHER))]
    answers = {"x:1": file("x:1"), "x:2": replace(file("x:2", Digest("sha256", "c" * 64)), evidence=SAME)}
    found, _failures = find(WANTED, lists, answers)
    assert {one.evidence for one in found} == {SAME}
    found, _failures = find(replace(WANTED, digest=ONE), lists, answers)
    assert [one.evidence for one in found] == [TRUSTED, SAME]


def test_where_a_line_has_name_and_folder_nobody_asks_for_the_others(find) -> None:
    lists, questions = [Named(line("x:2", folder="loras"), line())], []
    answers = {"x:1": file("x:1"), "x:2": FAULT}
    (found,), failures = find(WANTED, lists, answers, questions)
    assert (found.evidence, failures) == (TRUSTED, [])
    assert [question.urls for question in questions] == [("x:1",)]


def test_more_places_than_can_be_compared_are_never_sure(find) -> None:
    many = [line(f"x:{number}") for number in range(40)]
    questions: list[Requirement] = []
    found, _failures = find(WANTED, [Named(*many)], {one.url: file(one.url) for one in many}, questions)
    assert {one.evidence for one in found} == {SAME}
    assert len(questions) == len(found) < 20


def test_a_list_that_answers_in_part_is_not_sure_and_its_failure_is_told(find) -> None:
    lists = [Named(line(), fault=SourceUnavailable("busy", "rate-limited", 7.0))]
    (found,), failures = find(WANTED, lists, {"x:1": file("x:1")})
    assert found.evidence is SAME
    assert failures == [SourceFailure("a list", "rate-limited", "busy", 7.0)]


def test_the_next_list_is_asked_only_when_no_place_has_a_file_of_exactly_the_name(find) -> None:
    later = Named(line("x:2"))
    find(WANTED, [Named(line()), later], {"x:1": file("x:1")})
    assert later.asked == []
    find(WANTED, [Named(line(), line("x:3")), later], {"x:1": file("x:1"), "x:3": file("x:3", OTHER)})
    assert later.asked == [], "what an earlier list leaves open, no later one decides"
    (found,), _failures = find(WANTED, [Named(line()), later], {"x:2": file("x:2")})
    assert (found.id, found.evidence) == ("x:2", TRUSTED)
    found, _failures = find(
        WANTED, [Named(line(folder="loras")), later], {"x:1": file("x:1"), "x:2": file("x:2")}
    )
    assert [(one.id, one.evidence) for one in found] == [("x:1", SAME), ("x:2", TRUSTED)]


def test_a_file_that_is_not_what_its_list_pins_is_not_made_sure_by_the_next_list(find) -> None:
    changed, later = replace(file("x:1", OTHER), evidence=SAME), Named(line())
    (found,), _failures = find(WANTED, [Named(line(digest=ONE)), later], {"x:1": changed})
    assert found.evidence is SAME
    assert later.asked == []
    find(replace(WANTED, digest=ONE), [Named(line()), later], {"x:1": changed})
    assert len(later.asked) == 1, "other places may have what the workflow pins"


def test_a_search_is_asked_only_when_nobody_knows_anything(find) -> None:
    search = Named(line("x:2", trust=SAME), only_suggests=True)
    find(WANTED, [Named(line(folder="loras")), search], {"x:1": file("x:1")})
    assert search.asked == []
    (found,), _failures = find(WANTED, [Named(), search], {"x:2": file("x:2")})
    assert found.evidence is SAME


def test_a_persons_entry_wins_over_all_lists(find) -> None:
    others = Named(line(digest=OTHER))
    found, _failures = find(
        WANTED, [Named(own()), others], {"x:own": file("x:own"), "x:1": file("x:1", OTHER)}
    )
    assert [one.id for one in found] == ["x:own"]
    assert others.asked == []


def test_what_a_persons_entry_pins_is_asked_for_there_and_everywhere_else(find) -> None:
    others, questions = Named(line()), []
    find(WANTED, [Named(own(digest=ONE)), others], {}, questions)
    assert [(question.urls, question.digest) for question in questions] == [
        (("x:own",), ONE),
        (("x:1",), ONE),
    ]


def test_an_outage_is_no_reason_to_take_another_file_than_a_person_named(find) -> None:
    others = Named(line())
    assert find(WANTED, [Named(own()), others], {"x:own": FAULT}) == ([], [FAULT])
    assert others.asked == []


def test_a_persons_licence_is_shown_instead_of_none(find) -> None:
    (found,), _failures = find(WANTED, [Named(own(licence="mit"))], {"x:own": file("x:own")})
    assert found.terms.licence == "mit"


def test_the_digest_of_the_workflow_counts_more_than_that_of_a_list(find) -> None:
    questions: list[Requirement] = []
    find(replace(WANTED, digest=ONE), [Named(line(digest=OTHER))], {}, questions)
    assert questions[0].digest == ONE


def test_a_file_that_has_the_workflows_own_digest_is_proven_by_it(find) -> None:
    proven = replace(file("x:1"), evidence=Evidence.SAME_DIGEST)
    (found,), _failures = find(replace(WANTED, digest=ONE), [Named(line(name="b.pt"))], {"x:1": proven})
    assert found.evidence is Evidence.SAME_DIGEST
    (found,), _failures = find(WANTED, [Named(line(digest=ONE))], {"x:1": proven})
    assert found.evidence is TRUSTED, "a list's digest is worth what the list is"


def test_other_bytes_than_pinned_stay_unsure(find) -> None:
    weak = replace(file("x:1", OTHER), evidence=SAME)
    (found,), _failures = find(replace(WANTED, digest=ONE), [Named(line())], {"x:1": weak})
    assert found.evidence is SAME
