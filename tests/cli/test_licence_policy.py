"""Licences on the command line: what is shown, and what the owner's policy refuses."""

from __future__ import annotations

import json

import pytest
from makers import hub_link, loader, save_workflow

from modelget.hub import CivitaiVersion, HubRules

FREE = loader(1, "free.safetensors", "vae", hub_link("o/free", "free.safetensors"))
CLOSED = loader(2, "closed.safetensors", "vae", hub_link("o/closed", "closed.safetensors"))
UNSTATED = loader(3, "unstated.safetensors", "vae", hub_link("o/unstated", "unstated.safetensors"))
LORA = loader(4, "lora.safetensors", "loras", "https://civitai.com/models/7?modelVersionId=70")
RULES = HubRules(
    licences={"o/free": "mit", "o/closed": "cc-by-nc-4.0", "o/unstated": None},
    civitai=(CivitaiVersion(70, nsfw=True, allow_commercial_use=("None",)),),
)

pytestmark = pytest.mark.parametrize("rules", [RULES])


@pytest.fixture
def workflow(tmp_path):
    return save_workflow(tmp_path / "x.json", FREE, CLOSED, UNSTATED, LORA)


def statuses(ran) -> dict[str, str]:
    return {need["name"].partition(".")[0]: need["status"] for need in ran.document["requirements"]}


def test_the_table_has_a_mark_and_the_details_come_with_v(modelget, workflow) -> None:
    short, full = modelget("plan", workflow).out, modelget("plan", workflow, "-v").out
    assert "cc-by-nc-4.0 [non-commercial]" in short
    assert "licence not stated" in short
    assert "civitai (none) [non-commercial, NSFW]" in short
    assert "https://creativecommons.org" not in short
    assert "licence: cc-by-nc-4.0 (https://creativecommons.org/licenses/by-nc/4.0/)" in full
    assert "commercial use: not allowed: its text forbids it" in full
    assert "restrictions: non-commercial, not-for-all-audiences" in full


@pytest.mark.parametrize("way", ["option", "variable", "file"])
def test_the_policy_refuses_what_does_not_clearly_allow_commercial_use(
    modelget, workflow, tmp_path, way
) -> None:
    option = ["--licence-policy", "commercial"] if way == "option" else []
    if way == "variable":
        modelget.environ["MODELGET_LICENCE_POLICY"] = "commercial"
    if way == "file":
        (tmp_path / "modelget.toml").write_text('licence_policy = "commercial"\n')
        modelget.environ["MODELGET_CONFIG"] = str(tmp_path / "modelget.toml")
    ran = modelget("plan", workflow, "--json", *option)
    assert ran.code == 3
    assert statuses(ran) == {"free": "fetch", "closed": "denied", "unstated": "denied", "lora": "denied"}


def test_without_a_policy_all_of_it_is_fetched(modelget, workflow) -> None:
    assert set(statuses(modelget("plan", workflow, "--json")).values()) == {"fetch"}


def test_install_fetches_only_what_the_policy_allows_and_what_a_person_has_the_right_to(
    modelget, workflow, models
) -> None:
    words = ("--licence-policy", "commercial", "--accept-licence", "closed.safetensors", "--yes")
    ran = modelget("install", workflow, *words)
    assert ran.code == 3
    assert sorted(path.name for path in (models / "vae").iterdir()) == [
        "closed.safetensors",
        "free.safetensors",
    ]
    assert "Nobody says that it may be used commercially" in ran.out


def test_choosing_does_not_override_the_policy(modelget, workflow) -> None:
    words = (
        "--choose",
        "closed.safetensors=hf:o/closed/closed.safetensors",
        "--licence-policy",
        "commercial",
    )
    assert statuses(modelget("plan", workflow, "--json", *words))["closed"] == "denied"


def test_another_file_with_a_free_licence_is_the_way_out(modelget, workflow) -> None:
    words = ("--choose", "closed.safetensors=hf:o/free/other.safetensors", "--licence-policy", "commercial")
    assert statuses(modelget("plan", workflow, "--json", *words))["closed"] == "fetch"


def test_what_is_here_is_reported_and_used(modelget, workflow, hub) -> None:
    modelget("install", workflow, "--yes")
    ran = modelget("plan", workflow, "--json", "--licence-policy", "commercial")
    assert ran.code == 0
    closed = next(need for need in ran.document["requirements"] if need["name"] == "closed.safetensors")
    assert closed["status"] == "present"
    assert "so nothing is refused. Its licence (cc-by-nc-4.0)" in closed["hint"]
    asked = len(hub.requests)
    modelget("plan", workflow, "--json")
    assert len(hub.requests) == asked  # without a policy, nobody is asked about a file that is here


def test_get_is_bound_by_the_policy_too(modelget, models) -> None:
    words = ("get", "hf:o/closed/closed.safetensors", "--folder", "vae", "--licence-policy", "commercial")
    refused = modelget(*words)
    assert refused.code == 3
    assert "does not allow commercial use" in refused.out
    assert modelget(*words, "--accept-licence").code == 0
    assert (models / "vae/closed.safetensors").is_file()


def test_an_unknown_policy_is_refused(modelget, workflow) -> None:
    modelget.environ["MODELGET_LICENCE_POLICY"] = "strict"
    ran = modelget("plan", workflow)
    assert ran.code == 2
    assert "MODELGET_LICENCE_POLICY" in ran.err
    assert "any, commercial" in ran.err


def test_the_json_document_tells_the_terms(modelget, workflow) -> None:
    needs = json.loads(modelget("plan", workflow, "--json").out)["requirements"]
    terms = {need["name"].partition(".")[0]: need["candidates"][0] for need in needs}
    keys = ("licence", "commercial_use", "restrictions", "gated")
    assert [terms["closed"][key] for key in keys] == [
        "cc-by-nc-4.0",
        False,
        ["non-commercial", "credit-required"],
        False,
    ]
    assert [terms["unstated"][key] for key in keys] == [None, None, [], False]
    assert terms["lora"]["licence_link"].endswith("/models/7")
