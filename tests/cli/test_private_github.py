"""Files of a private repository of GitHub, from the link in a workflow to the proven file."""

from __future__ import annotations

import pytest
from makers import loader, save_workflow

from modelget.hub import GitHubRules, HubRules

TOKEN = "ghp_CanaryCanary"
LINKS = {
    "https://github.com/o/r/releases/download/v1/ae-24MiB.safetensors": "github/o/r@v1/ae-24MiB.safetensors",
    "https://github.com/o/r/blob/main/vae/ae.safetensors": "github/o/r/vae/ae.safetensors",
}


@pytest.fixture
def rules() -> HubRules:
    return HubRules(
        github=GitHubRules(
            releases={"o/r@v1": ("ae-24MiB.safetensors",)},
            private=frozenset({"o/r"}),
            tokens=frozenset({TOKEN}),
        )
    )


@pytest.mark.parametrize("link", LINKS)
def test_a_private_file_is_fetched_with_a_token_that_its_storage_never_sees(
    modelget, hub, models, tmp_path, link
) -> None:
    modelget.environ["GITHUB_TOKEN"] = TOKEN
    workflow = save_workflow(tmp_path / "x.json", loader(1, "ae.safetensors", "vae", link))
    ran = modelget("install", workflow, "--yes")
    assert ran.code == 0
    assert (models / "vae" / "ae.safetensors").read_bytes() == hub.content(LINKS[link]).read()
    assert not any(record.authorized for record in hub.requests if record.origin == "storage")
    assert TOKEN not in ran.out + ran.err
    state = [path for path in models.rglob("*") if path.is_file() and path.suffix != ".safetensors"]
    assert not any(TOKEN.encode() in path.read_bytes() for path in state)


@pytest.mark.parametrize("link", LINKS)
def test_without_the_token_there_is_nothing_to_fetch(modelget, models, tmp_path, link) -> None:
    workflow = save_workflow(tmp_path / "x.json", loader(1, "ae.safetensors", "vae", link))
    assert modelget("install", workflow, "--yes").code == 3
    assert not (models / "vae").exists()
