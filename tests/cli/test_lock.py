"""``modelget lock``: what a workflow needs, pinned to its bytes, and held to them elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from makers import hub_link, loader, save_workflow
from templates import template_files

from modelget.cli import main
from modelget.hub import CivitaiVersion, EmbeddedHub, HubRules
from modelget.workflow import is_same_but_pins

VAE = loader(12, "ae.safetensors", "vae", hub_link("o/r", "vae/ae.safetensors"))
LORA = loader(4, "lora.safetensors", "loras", "https://civitai.com/models/7?modelVersionId=70&token=secret")
NOWHERE = loader(5, "mystery.safetensors", "loras")


@pytest.fixture
def workflow(tmp_path) -> Path:
    folder = tmp_path / "shared"
    folder.mkdir()
    path = save_workflow(folder / "x.json", VAE, LORA)
    path.write_text(json.dumps(json.loads(path.read_text()), indent=2))
    return path


@pytest.fixture
def elsewhere(tmp_path, capsys):
    """Run a command on an empty machine, against another hub if need be."""

    def run(command: str, workflow: Path, hub: EmbeddedHub, environ: dict[str, str], *words: str):
        from conftest import environ_of

        empty = tmp_path / "empty"
        empty.mkdir(exist_ok=True)
        capsys.readouterr()
        place = ["--models-dir", str(empty), "--json", *words]
        code = main([command, str(workflow), *place], environ_of(hub) | environ)
        return code, json.loads(capsys.readouterr().out)

    return run


def lock_of(workflow: Path) -> dict[str, dict]:
    root = json.loads((workflow.parent / "modelget.lock.json").read_text(encoding="utf-8"))
    assert root["version"] == 1
    return {model["name"]: model for model in root["workflows"][workflow.name]}


def test_it_pins_link_digest_size_and_licence_beside_the_workflow_and_in_a_copy(
    modelget, hub, workflow
) -> None:
    before = workflow.read_bytes()
    ran = modelget("lock", workflow)
    assert ran.code == 0, ran.out + ran.err
    content, commit = hub.content("o/r/vae/ae.safetensors"), hub.commit("o/r")
    model = lock_of(workflow)["ae.safetensors"]
    assert (model["sha256"], model["size"], model["folder"]) == (content.sha256, content.size, "vae")
    assert model["id"] == f"hf:o/r/vae/ae.safetensors@{commit}"
    assert model["url"] == f"https://huggingface.co/o/r/resolve/{commit}/vae/ae.safetensors"
    assert (model["source"], model["licence"], model["commercial_use"]) == ("huggingface", "apache-2.0", True)
    assert lock_of(workflow)["lora.safetensors"]["url"].startswith(
        "https://civitai.com/api/download/models/70?fileId="
    )
    assert workflow.read_bytes() == before
    copy = workflow.with_name("x.locked.json")
    assert is_same_but_pins(before, copy.read_bytes())
    entry = json.loads(copy.read_text())["nodes"][0]["properties"]["models"][0]
    assert entry == {
        "name": "ae.safetensors",
        "url": model["url"],
        "directory": "vae",
        "hash": content.sha256,
        "hash_type": "SHA256",
        "size": content.size,
        "licence": "apache-2.0",
    }


def test_no_token_gets_into_what_is_written(modelget, workflow) -> None:
    modelget.environ["HF_TOKEN"] = "hf_secret_of_the_owner"
    modelget.environ["CIVITAI_API_TOKEN"] = "secret_of_the_owner"
    modelget("lock", workflow)
    for file in (workflow.parent / "modelget.lock.json", workflow.with_name("x.locked.json")):
        assert "secret" not in file.read_text()


def test_locking_again_writes_the_same(modelget, workflow) -> None:
    modelget("lock", workflow)
    files = sorted(workflow.parent.iterdir())
    first = [file.read_bytes() for file in files]
    modelget("lock", workflow)
    assert [file.read_bytes() for file in sorted(workflow.parent.iterdir())] == first


@pytest.mark.parametrize("name", ["x.json", "x.locked.json"])
def test_an_empty_machine_plans_exactly_the_locked_bytes(modelget, hub, workflow, elsewhere, name) -> None:
    modelget("lock", workflow)
    assert ("x.json is held to" in modelget("plan", workflow.with_name(name)).err) == (name == "x.json")
    code, document = elsewhere("plan", workflow.with_name(name), hub, {})
    assert code == 0
    for need in document["requirements"]:
        best = need["candidates"][0]
        assert (need["status"], best["evidence"]) == ("fetch", "SAME_DIGEST")
        assert best["sha256"] == lock_of(workflow)[need["name"]]["sha256"]


@pytest.mark.parametrize("name", ["x.json", "x.locked.json"])
def test_a_file_that_changed_at_its_source_is_refused(modelget, workflow, elsewhere, name) -> None:
    modelget("lock", workflow)
    with EmbeddedHub(HubRules(files={"o/r/vae/ae.safetensors": 5000})) as changed:
        code, document = elsewhere("install", workflow.with_name(name), changed, {}, "--yes")
    vae, lora = document["requirements"]
    assert (code, vae["status"], vae["path"]) == (3, "choose", None)
    assert "Not surely the same file" in vae["hint"]
    assert lora["status"] == "present"


def test_bytes_that_are_not_the_locked_ones_never_get_the_name(
    modelget, workflow, elsewhere, tmp_path
) -> None:
    modelget("lock", workflow)
    with EmbeddedHub(HubRules(corrupt=frozenset({"o/r/vae/ae.safetensors"}))) as corrupt:
        code, document = elsewhere("install", workflow, corrupt, {}, "--yes")
    assert code == 1
    assert document["requirements"][0]["error"]["kind"] == "DigestMismatch"
    assert not (tmp_path / "empty/vae/ae.safetensors").exists()


def test_in_place_pins_the_workflow_itself_and_nothing_else_in_it(modelget, workflow) -> None:
    before = workflow.read_bytes()
    assert modelget("lock", workflow, "--in-place").code == 0
    assert is_same_but_pins(before, workflow.read_bytes())
    assert workflow.read_bytes() != before
    assert sorted(file.name for file in workflow.parent.iterdir()) == ["modelget.lock.json", "x.json"]
    assert modelget("lock", workflow, "--check").code == 0
    assert "the lock counts" not in modelget("plan", workflow).err


def test_another_workflow_under_the_copys_name_is_never_overwritten(modelget, workflow) -> None:
    other = save_workflow(workflow.with_name("x.locked.json"), NOWHERE)
    before = other.read_bytes()
    ran = modelget("lock", workflow)
    assert ran.code == 2
    assert "--in-place" in ran.err
    assert other.read_bytes() == before
    assert not (workflow.parent / "modelget.lock.json").exists()


def test_a_model_without_a_place_is_listed_and_the_exit_code_is_3(modelget, tmp_path) -> None:
    workflow = save_workflow(tmp_path / "x.json", VAE, NOWHERE)
    ran = modelget("lock", workflow, "--json")
    assert ran.code == 3
    assert [model["name"] for model in ran.document["models"]] == ["ae.safetensors"]
    (missing,) = ran.document["open"]
    assert (missing["name"], missing["active"]) == ("mystery.safetensors", True)
    assert "--choose mystery.safetensors=ID" in missing["reason"]
    chosen = modelget("lock", workflow, "--choose", "mystery.safetensors=hf:o/r/mystery.safetensors")
    assert chosen.code == 0
    assert lock_of(workflow)["mystery.safetensors"]["id"].startswith("hf:o/r/mystery.safetensors@")


def test_a_file_that_is_here_is_read_and_its_digest_pinned_without_any_place(
    modelget, hub, models, tmp_path
) -> None:
    (models / "loras").mkdir()
    (models / "loras/mystery.safetensors").write_bytes(hub.content("o/r/any.safetensors").read())
    workflow = save_workflow(tmp_path / "x.json", NOWHERE)
    assert modelget("lock", workflow).code == 0
    model = lock_of(workflow)["mystery.safetensors"]
    assert model["sha256"] == hub.content("o/r/any.safetensors").sha256
    assert (model["id"], model["url"], model["licence"]) == (None, None, None)


def test_a_file_that_is_here_with_other_bytes_than_its_place_has_is_not_locked(
    modelget, hub, models, tmp_path
) -> None:
    (models / "vae").mkdir()
    (models / "vae/ae.safetensors").write_bytes(hub.content("o/r/other.safetensors").read())
    workflow = save_workflow(tmp_path / "x.json", VAE)
    ran = modelget("lock", workflow)
    assert ran.code == 3
    assert "has other bytes" in ran.out
    assert lock_of(workflow) == {}


def test_an_installed_file_is_locked_to_the_place_it_came_from(modelget, tmp_path) -> None:
    workflow = save_workflow(tmp_path / "x.json", NOWHERE)
    modelget("install", workflow, "--yes", "--choose", "mystery.safetensors=hf:o/r/mystery.safetensors")
    assert modelget("lock", workflow).code == 0
    assert lock_of(workflow)["mystery.safetensors"]["id"].startswith("hf:o/r/mystery.safetensors@")


def test_check_writes_nothing_and_tells_what_is_out_of_date(modelget, workflow) -> None:
    first = modelget("lock", workflow, "--check")
    assert (first.code, list(workflow.parent.iterdir())) == (3, [workflow])
    assert "does not know x.json" in first.out
    modelget("lock", workflow)
    assert modelget("lock", workflow, "--check").code == 0
    save_workflow(workflow, VAE, loader(9, "more.safetensors", "vae", hub_link("o/r", "more.safetensors")))
    ran = modelget("lock", workflow, "--check")
    assert ran.code == 3
    assert "vae/more.safetensors is needed and not locked" in ran.out
    assert "loras/lora.safetensors is locked and not needed" in ran.out


def test_a_lock_that_contradicts_its_workflow_counts_and_is_told(modelget, hub, workflow) -> None:
    modelget("lock", workflow)
    other = loader(
        12, "ae.safetensors", "vae", hub_link("o/r", "other.safetensors"), hash="b" * 64, hash_type="sha256"
    )
    save_workflow(workflow, other, LORA)
    ran = modelget("plan", workflow, "--json")
    best = ran.document["requirements"][0]["candidates"][0]
    assert best["id"].startswith("hf:o/r/vae/ae.safetensors@")
    assert best["evidence"] == "SAME_DIGEST"
    assert f"the workflow pins sha256:{'b' * 64}, and its lock sha256:" in ran.err
    assert "another link than when it was locked" in ran.err


def test_two_workflows_of_a_folder_share_the_file_and_not_their_pins(modelget, workflow) -> None:
    second = save_workflow(workflow.with_name("y.json"), VAE)
    modelget("lock", workflow)
    modelget("lock", second)
    assert set(lock_of(workflow)) == {"ae.safetensors", "lora.safetensors"}
    assert set(lock_of(second)) == {"ae.safetensors"}


def test_a_folder_is_planned_without_its_lock_file(modelget, workflow) -> None:
    modelget("lock", workflow)
    ran = modelget("plan", workflow.parent, "--json")
    assert [Path(one["workflow"]).name for one in ran.document] == ["x.json", "x.locked.json"]
    assert "skipped" not in ran.err


def test_a_broken_lock_is_refused_and_not_ignored(modelget, workflow) -> None:
    (workflow.parent / "modelget.lock.json").write_text("{")
    ran = modelget("plan", workflow)
    assert ran.code == 2
    assert "modelget.lock.json: is no lock file" in ran.err


def test_an_api_prompt_gets_a_lock_file_only(modelget, tmp_path) -> None:
    prompt = tmp_path / "p.json"
    prompt.write_text(
        json.dumps({"3": {"class_type": "VAELoader", "inputs": {"vae_name": "ae.safetensors"}}})
    )
    assert modelget("lock", prompt, "--choose", "ae.safetensors=hf:o/r/ae.safetensors").code == 0
    assert sorted(file.name for file in tmp_path.iterdir() if file.is_file()) == [
        "modelget.lock.json",
        "p.json",
    ]
    assert modelget("plan", prompt).code == 0


@pytest.mark.parametrize(
    "rules", [HubRules(gated=frozenset({"o/r"}), files={"o/r/vae/ae.safetensors": 4096})]
)
def test_what_is_gated_can_be_locked_without_access(modelget, workflow) -> None:
    modelget("lock", workflow)
    assert lock_of(workflow)["ae.safetensors"]["gated"] is True


@pytest.mark.parametrize("rules", [HubRules(civitai=(CivitaiVersion(70, allow_commercial_use=("None",)),))])
def test_the_policy_does_not_keep_a_lock_from_telling_the_terms(modelget, workflow) -> None:
    modelget.environ["MODELGET_LICENCE_POLICY"] = "commercial"
    assert modelget("lock", workflow).code == 0
    assert lock_of(workflow)["lora.safetensors"]["restrictions"] == ["non-commercial"]


@pytest.mark.parametrize("path", template_files()[5::160], ids=lambda path: path.stem)
def test_an_official_template_is_locked_and_planned_from_its_lock(modelget, tmp_path, path) -> None:
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes())
    planned = modelget("plan", copy, "--json").document["requirements"]
    locked = modelget("lock", copy, "--json").document
    named = {need["name"] for need in planned if need["candidates"]}
    assert {model["name"] for model in locked["models"]} >= named
    again = modelget("plan", Path(locked["locked_workflow"]), "--json").document["requirements"]
    evidence = {need["name"]: need["candidates"][0]["evidence"] for need in again if need["candidates"]}
    assert evidence == dict.fromkeys(named, "SAME_DIGEST")


def test_a_place_that_cannot_answer_does_not_cost_the_pin_that_was_there(modelget, workflow) -> None:
    modelget("lock", workflow)
    before = lock_of(workflow)
    copy = workflow.with_name("x.locked.json").read_bytes()
    modelget.environ["MODELGET_CIVITAI_ENDPOINT"] = "http://127.0.0.1:9"
    ran = modelget("lock", workflow)
    assert ran.code == 3
    assert "civitai could not answer" in ran.out
    assert "Kept as they were locked before: loras/lora.safetensors." in ran.out
    assert lock_of(workflow) == before
    assert workflow.with_name("x.locked.json").read_bytes() == copy


def test_bytes_that_are_here_under_another_name_are_locked_to_where_they_came_from(
    modelget, hub, tmp_path
) -> None:
    modelget("get", "hf:o/r/first.safetensors", "--folder", "loras", "--yes")
    sha256 = hub.content("o/r/first.safetensors").sha256
    node = loader(5, "second.safetensors", "loras", "https://gone.example/x", hash=sha256, hash_type="sha256")
    workflow = save_workflow(tmp_path / "x.json", node)
    assert modelget("lock", workflow).code == 0
    model = lock_of(workflow)["second.safetensors"]
    assert model["sha256"] == sha256
    assert str(tmp_path) not in json.dumps(model)


def test_details_come_with_v(modelget, workflow) -> None:
    short, full = modelget("lock", workflow).out, modelget("lock", workflow, "-v").out
    assert "hf:o/r@" in short
    assert "licence: apache-2.0 (https://spdx.org/licenses/Apache-2.0.html)" in full
    assert "commercial use:" not in short


def test_verify_holds_files_to_the_lock(modelget, models, workflow) -> None:
    modelget("install", workflow, "--yes")
    modelget("lock", workflow)
    assert modelget("verify", workflow).code == 0
    with (models / "vae/ae.safetensors").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x7f")
    ran = modelget("verify", workflow)
    assert ran.code == 1
    assert f"expected sha256:{lock_of(workflow)['ae.safetensors']['sha256']}" in ran.out


@pytest.mark.parametrize("word", ["--check", "--in-place"])
def test_what_cannot_be_read_is_refused_and_nothing_is_written(modelget, tmp_path, word) -> None:
    ran = modelget("lock", tmp_path / "none.json", word)
    assert ran.code == 2
    assert [file.name for file in tmp_path.iterdir()] == ["models"]
