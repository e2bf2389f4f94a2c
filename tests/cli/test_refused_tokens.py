"""A token that its place does not accept hides nothing that is public, and a person is told."""

from __future__ import annotations

import pytest
from makers import loader, save_workflow

from modelget.hub import GitHubRules, HubRules, ModelScopeRules

CANARY = "canaryCanaryCanary"
PLACES = {
    "huggingface": ("HF_TOKEN", "https://huggingface.co/o/r/resolve/main/ae.safetensors"),
    "civitai": ("CIVITAI_API_TOKEN", "https://civitai.com/api/download/models/70"),
    "github": ("GITHUB_TOKEN", "https://github.com/o/r/releases/download/v1/ae.safetensors"),
    "modelscope": ("MODELSCOPE_API_TOKEN", "modelscope:o/r/ae.safetensors"),
}


@pytest.fixture
def rules() -> HubRules:
    return HubRules(
        github=GitHubRules(releases={"o/r@v1": ("ae.safetensors",)}),
        modelscope=ModelScopeRules({"o/r": ("ae.safetensors",)}, refuses_strangers=True),
    )


@pytest.mark.parametrize("place", PLACES)
def test_public_files_come_all_the_same_and_a_note_says_that_the_token_is_not_accepted(
    modelget, tmp_path, place
) -> None:
    variable, link = PLACES[place]
    modelget.environ[variable] = CANARY
    workflow = save_workflow(tmp_path / "x.json", loader(1, "ae.safetensors", "vae", link))
    (need,) = modelget("plan", workflow, "--json").document["requirements"]
    assert need["status"] == "fetch"
    (note,) = need["candidates"][0]["notes"]
    assert "does not accept your token" in note
    ran = modelget("install", workflow, "--yes")
    assert ran.code == 0
    assert note in ran.out
    assert CANARY not in ran.out + ran.err


@pytest.mark.parametrize("place", PLACES)
def test_without_a_token_there_is_nothing_to_say(modelget, tmp_path, place) -> None:
    workflow = save_workflow(tmp_path / "x.json", loader(1, "ae.safetensors", "vae", PLACES[place][1]))
    (need,) = modelget("plan", workflow, "--json").document["requirements"]
    assert need["candidates"][0]["notes"] == []
