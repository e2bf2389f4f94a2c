"""A link to a paper lists where to look, fetches nothing, and the file that a person then names arrives."""

from __future__ import annotations

import pytest
from makers import loader, save_workflow

from modelget.hub import HubRules, PaperRules

PAPER = "https://huggingface.co/papers/2312.08914"


@pytest.fixture
def rules() -> HubRules:
    return HubRules(papers=PaperRules(linked={"2312.08914": {"o/r": 9, "o/s": 7}, "2401.00001": {"o/r": 1}}))


def test_get_lists_the_repositories_instead_of_fetching(modelget, hub) -> None:
    ran = modelget("get", PAPER, "--yes")
    assert ran.code == 3
    assert "hf:o/r or hf:o/s" in ran.out
    assert "modelget get hf:o/r/FILE" in ran.out
    assert hub.storage_bytes == 0


def test_get_as_json_says_the_same(modelget) -> None:
    ran = modelget("get", PAPER, "--json")
    (item,) = ran.document["requirements"]
    assert (ran.code, item["status"], item["name"]) == (3, "choose", PAPER)
    assert [(one["id"], one["evidence"]) for one in item["candidates"]] == [
        ("hf:o/r", "SIMILAR_NAME"),
        ("hf:o/s", "SIMILAR_NAME"),
    ]


@pytest.mark.parametrize("link", [PAPER, "https://arxiv.org/abs/2401.00001"], ids=["several", "only one"])
def test_a_workflow_that_links_to_a_paper_waits_for_a_person_who_then_chooses(
    modelget, hub, models, tmp_path, link
) -> None:
    workflow = save_workflow(tmp_path / "x.json", loader(1, "ae.safetensors", "vae", link))
    ran = modelget("install", workflow, "--yes")
    assert (ran.code, hub.storage_bytes) == (3, 0)
    assert "hf:o/r" in ran.out
    ran = modelget("install", workflow, "--yes", "--choose", "ae.safetensors=hf:o/r/ae.safetensors")
    assert ran.code == 0
    assert (models / "vae" / "ae.safetensors").exists()
