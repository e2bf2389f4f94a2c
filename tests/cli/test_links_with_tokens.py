"""A token in a workflow's link is nobody's business: it is not sent, shown or written down."""

from __future__ import annotations

import pytest
from makers import loader, save_workflow

from modelget.hub import CivitaiVersion, HubRules

SECRET = "0123456789abcdefSecretSecret"


@pytest.fixture
def rules() -> HubRules:
    return HubRules(
        civitai=(CivitaiVersion(71, barrier="login"), CivitaiVersion(72, barrier="early-access")),
        missing=frozenset({"civitai/73"}),
    )


@pytest.mark.parametrize("version", [70, 71, 72, 73])
@pytest.mark.parametrize("words", [(), ("-v",), ("--json",)])
def test_a_token_in_a_link_of_civitai_goes_nowhere(modelget, hub, models, tmp_path, version, words) -> None:
    link = f"https://civitai.com/api/download/models/{version}?type=Model&token={SECRET}"
    workflow = save_workflow(tmp_path / "x.json", loader(1, "ae.safetensors", "vae", link))
    runs = [modelget("plan", workflow, *words), modelget("install", workflow, "--yes", *words)]
    runs.append(modelget("get", link, "--folder", "vae", "--yes", *words))
    assert not any(SECRET in ran.out + ran.err for ran in runs)
    assert not any(SECRET in value for record in hub.requests for value in (record.path, repr(record)))
    state = [path for path in models.rglob("*") if path.is_file()]
    assert not any(SECRET.encode() in path.read_bytes() for path in state)
