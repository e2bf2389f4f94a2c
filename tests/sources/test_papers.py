"""Papers: which repositories say that they belong to one, and that nothing is fetched because of it."""

from __future__ import annotations

import pytest

from modelget.errors import SourceUnavailable
from modelget.hub import PaperRules
from modelget.settings import Settings
from modelget.sources.papers import parse_reference
from modelget.types import Evidence

from .conftest import all_at, settings_for

NUMBER = "2312.08914"
PAPER = f"https://huggingface.co/papers/{NUMBER}"
LINKED = {"o/few": 3, "o/many": 900, "o/none": 0, "a/few": 3}


@pytest.fixture
def ask(asks, hub_with):
    def ask(linked=None, **rules):
        linked = {NUMBER: LINKED} if linked is None else linked
        return asks("papers", settings_for(hub_with(papers=PaperRules(linked=linked, **rules))))

    return ask


@pytest.mark.parametrize(
    ("reference", "meant"),
    [
        (PAPER, (NUMBER, "")),
        (f"https://hf.co/papers/{NUMBER}?x=y", (NUMBER, "")),
        (f"https://arxiv.org/abs/{NUMBER}", (NUMBER, "")),
        (f"https://arxiv.org/abs/{NUMBER}v3", (NUMBER, "")),
        (f"http://www.arxiv.org/pdf/{NUMBER}v3.pdf", (NUMBER, "")),
        ("https://arxiv.org/abs/math.GT/0309136", ("math.GT/0309136", "")),
        ("https://paperswithcode.com/paper/esrgan-enhanced", ("", "esrgan-enhanced")),
        ("https://huggingface.co/papers/trending", ("", "")),
        ("https://huggingface.co/papers", ("", "")),
        ("https://arxiv.org/list/cs.CV/recent", ("", "")),
        ("https://paperswithcode.com/sota/image-generation", ("", "")),
        ("https://arxiv.org.evil.example/abs/2312.08914", ("", "")),
        ("arxiv:2312.08914", ("", "")),
    ],
)
def test_a_link_names_a_paper(reference, meant) -> None:
    assert parse_reference(reference) == meant


def test_its_repositories_come_the_most_downloaded_first_and_none_is_sure(ask) -> None:
    found = ask()(PAPER)
    assert [one.id for one in found] == ["hf:o/many", "hf:a/few", "hf:o/few", "hf:o/none"]
    assert {one.evidence for one in found} == {Evidence.SIMILAR_NAME}
    assert all(one.barrier is None and one.digest is None for one in found)


def test_at_most_ten_are_listed(ask) -> None:
    found = ask({NUMBER: {f"o/r{number}": number for number in range(30)}})(PAPER)
    assert [one.id for one in found] == [f"hf:o/r{number}" for number in range(29, 19, -1)]


@pytest.mark.parametrize(
    "link", [f"https://arxiv.org/abs/{NUMBER}v2", "https://paperswithcode.com/paper/some-paper"]
)
def test_every_link_to_a_paper_leads_to_the_same_repositories(ask, link) -> None:
    question = ask(slugs={"some-paper": NUMBER})
    assert question(link) == question(PAPER)


def test_a_page_that_no_longer_leads_to_a_paper_says_so_and_where_to_search(ask) -> None:
    barrier = ask().one("https://paperswithcode.com/paper/some-old-paper").barrier
    assert (barrier.kind, "was closed" in barrier.message) == ("removed", True)
    assert "some%20old%20paper" in barrier.hint


def test_a_paper_without_models_says_so_and_names_its_code(ask) -> None:
    barrier = ask({NUMBER: {}}, code={NUMBER: "https://github.com/o/code"}).one(PAPER).barrier
    assert (barrier.kind, "no model on the Hub" in barrier.message) == ("by-hand", True)
    assert "https://github.com/o/code" in barrier.hint


def test_a_paper_that_the_hub_does_not_know_is_nothing(ask) -> None:
    assert ask({})(PAPER) == []


def test_offline_nobody_knows_what_belongs_to_a_paper(asks) -> None:
    with pytest.raises(SourceUnavailable) as caught:
        asks("papers", Settings(offline=True))(PAPER)
    assert caught.value.kind == "offline"


@pytest.fixture
def at(asks, site):
    return asks("papers", Settings(**all_at(site.origin)))


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("link", [PAPER, "https://paperswithcode.com/paper/x"])
def test_a_busy_or_broken_place_could_not_answer(at, site, status, link) -> None:
    site.says(f"/api/papers/{NUMBER}", status)
    site.says("/paper/x", status)
    with pytest.raises(SourceUnavailable) as caught:
        at(link)
    assert caught.value.kind == ("rate-limited" if status == 429 else "unavailable")


@pytest.mark.parametrize(
    "linked",
    [
        None,
        7,
        "x",
        [None, 7, []],
        [{}],
        [{"id": 7}],
        [{"id": "../../etc"}],
        [{"id": "gpt2"}],
        [{"id": "o/r/x"}],
        [{"id": "o/r\n"}],
        [{"id": "o/" + "r" * 10**5}],
    ],
)
def test_odd_entries_are_no_repositories(at, site, linked) -> None:
    site.says_json(f"/api/papers/{NUMBER}", {"linkedModels": linked, "githubRepo": "javascript:alert(1)"})
    barrier = at.one(PAPER).barrier
    assert barrier.kind == "by-hand"
    assert "javascript" not in barrier.hint


def test_odd_downloads_come_last(at, site) -> None:
    models = [{"id": "o/a", "downloads": "9"}, {"id": "o/b", "downloads": -1}, {"id": "o/c", "downloads": 1}]
    site.says_json(f"/api/papers/{NUMBER}", {"linkedModels": models})
    assert [one.id for one in at(PAPER)] == ["hf:o/c", "hf:o/a", "hf:o/b"]


def test_an_answer_that_is_no_paper_is_no_answer(at, site) -> None:
    site.says_json(f"/api/papers/{NUMBER}", ["x"])
    with pytest.raises(SourceUnavailable):
        at(PAPER)


def test_a_redirect_to_another_host_is_told(at, site) -> None:
    site.says("/paper/x", 302, Location="https://evil.example/papers/2312.08914")
    assert at.one("https://paperswithcode.com/paper/x").barrier.kind == "host"
