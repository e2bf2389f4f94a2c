"""Locks of folder models: each file pinned, and the whole held to that, here and elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from makers import PIPELINE, diffusers_repo, save_workflow

from modelget.hub import EmbeddedHub, HubRules, ModelScopeRules

REPO = "o/sdxl"
FILES = diffusers_repo(REPO)
UNET = "unet/diffusion_pytorch_model.safetensors"
CHANGED = FILES | {f"{REPO}/vae/config.json": b'{"d": 2}'}
AT_MODELSCOPE = HubRules(
    files=diffusers_repo(f"modelscope/{REPO}"),
    modelscope=ModelScopeRules(files={REPO: tuple(key.removeprefix(f"{REPO}/") for key in FILES)}),
)


def hub_rules(files=FILES) -> HubRules:
    return HubRules(files=files, closed=frozenset({REPO}))


@pytest.fixture
def rules() -> HubRules:
    return hub_rules()


def pipeline(url: str = f"https://huggingface.co/{REPO}") -> dict[str, Any]:
    declared = [{"name": "sdxl", "url": url, "directory": "diffusers"}]
    return {
        "id": 7,
        "type": "DiffusersLoader",
        "mode": 0,
        "inputs": [],
        "outputs": [],
        "properties": {"models": declared},
        "widgets_values": ["sdxl"],
    }


@pytest.fixture
def workflow(tmp_path: Path) -> Path:
    return save_workflow(tmp_path / "x.json", pipeline())


def lock_of(workflow: Path) -> dict[str, Any]:
    root = json.loads((workflow.parent / "modelget.lock.json").read_text(encoding="utf-8"))
    (model,) = root["workflows"][workflow.name]
    return model


def only(ran) -> dict[str, Any]:
    (item,) = ran.document["requirements"]
    return item


def test_each_file_is_pinned_with_path_digest_size_and_link(modelget, hub, workflow) -> None:
    ran = modelget("lock", workflow)
    assert ran.code == 0, ran.out + ran.err
    commit, model = hub.commit(REPO), lock_of(workflow)
    assert (model["id"], model["folder"]) == (f"hf:{REPO}@{commit}", "diffusers")
    assert model["url"] == f"https://huggingface.co/{REPO}/tree/{commit}"
    assert (model["sha256"], model["licence"]) == (None, "apache-2.0")
    parts = {part["path"]: part for part in model["files"]}
    assert sorted(parts) == PIPELINE
    assert model["size"] == sum(part["size"] for part in parts.values())
    content = hub.content(f"{REPO}/{UNET}")
    assert parts[UNET] == {
        "path": UNET,
        "id": f"hf:{REPO}/{UNET}@{commit}",
        "url": f"https://huggingface.co/{REPO}/resolve/{commit}/{UNET}",
        "digest": f"sha256:{content.sha256}",
        "size": content.size,
    }
    small = hub.content(f"{REPO}/vae/config.json")
    assert parts["vae/config.json"]["digest"] == f"git-sha1:{small.git_sha1}"


def test_the_copy_of_the_workflow_declares_the_commit_and_no_digest(modelget, hub, workflow) -> None:
    modelget("lock", workflow)
    copy = json.loads(workflow.with_name("x.locked.json").read_text())
    (entry,) = copy["nodes"][0]["properties"]["models"]
    assert entry["url"] == f"https://huggingface.co/{REPO}/tree/{hub.commit(REPO)}"
    assert (entry["name"], entry["directory"]) == ("sdxl", "diffusers")
    assert not {"hash", "hash_type"} & set(entry)
    assert only(modelget("plan", workflow.with_name("x.locked.json"), "--json"))["status"] == "fetch"


def test_the_same_lock_is_written_whether_the_model_is_here_or_not(modelget, workflow) -> None:
    modelget("lock", workflow)
    before = (workflow.parent / "modelget.lock.json").read_bytes()
    assert modelget("install", workflow, "--yes").code == 0
    assert modelget("lock", workflow).code == 0
    assert (workflow.parent / "modelget.lock.json").read_bytes() == before
    assert modelget("lock", workflow, "--check").code == 0


def test_what_is_locked_is_fetched_as_it_was(modelget, hub, models, workflow) -> None:
    modelget("lock", workflow)
    ran = modelget("install", workflow, "--yes", "--json")
    assert (ran.code, only(ran)["status"]) == (0, "present")
    assert only(ran)["candidates"][0]["evidence"] == "SAME_DIGEST"
    for path in PIPELINE:
        assert (models / "diffusers/sdxl" / path).read_bytes() == hub.content(f"{REPO}/{path}").read()


def test_a_repository_that_has_other_files_is_not_fetched_in_its_place(
    modelget, modelget_at, workflow
) -> None:
    modelget("lock", workflow)
    with EmbeddedHub(hub_rules(CHANGED)) as moved:
        ran = modelget_at(moved)("plan", workflow, "--json")
    assert (ran.code, only(ran)["status"]) == (3, "choose")
    assert all(candidate["evidence"] == "SAME_NAME" for candidate in only(ran)["candidates"])
    assert any("not what the lock pins" in note for note in only(ran)["candidates"][0]["notes"])


def test_what_lies_beside_the_locked_files_since_is_not_taken(
    modelget, modelget_at, models, workflow
) -> None:
    modelget("lock", workflow)
    with EmbeddedHub(hub_rules(FILES | {f"{REPO}/unet/new.json": b"{}"})) as moved:
        ran = modelget_at(moved)("install", workflow, "--yes", "--json")
    assert ran.code == 0, ran.out
    assert not (models / "diffusers/sdxl/unet/new.json").exists()
    assert (models / "diffusers/sdxl/unet/config.json").exists()


def test_a_lock_of_other_files_is_out_of_date(modelget, modelget_at, workflow) -> None:
    modelget("lock", workflow)
    with EmbeddedHub(hub_rules(CHANGED)) as moved:
        ran = modelget_at(moved)("lock", workflow, "--check")
    assert ran.code == 3
    assert "out of date" in ran.out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda path: path.write_bytes(path.read_bytes() + b" "), "is another file"),
        (lambda path: path.unlink(), "it lacks tokenizer/vocab.json"),
    ],
)
def test_a_folder_that_is_here_is_held_to_its_lock(modelget, models, workflow, change, said) -> None:
    modelget("lock", workflow)
    modelget("install", workflow, "--yes")
    change(models / "diffusers/sdxl/tokenizer/vocab.json")
    ran = modelget("plan", workflow, "--json")
    assert (ran.code, only(ran)["status"]) == (3, "choose")
    assert said in only(ran)["hint"]


def test_verify_reads_each_file_and_compares_it_with_the_lock(modelget, models, workflow) -> None:
    modelget("lock", workflow)
    modelget("install", workflow, "--yes")
    right = modelget("verify", workflow, "--json")
    assert right.code == 0
    assert {file["basis"] for file in right.document["files"]} == {"workflow"}
    path = models / "diffusers/sdxl" / UNET
    body = bytearray(path.read_bytes())
    body[-1] ^= 1
    path.write_bytes(body)
    wrong = modelget("verify", workflow, "--json")
    assert wrong.code == 1
    assert [file["path"] for file in wrong.document["files"] if file["problem"]] == [str(path)]


def test_a_folder_with_a_file_of_its_own_is_not_locked(modelget, models, workflow) -> None:
    modelget("install", workflow, "--yes")
    (models / "diffusers/sdxl/vae/config.json").write_bytes(b'{"d": 9}')
    ran = modelget("lock", workflow)
    assert ran.code == 3
    assert "vae/config.json has other bytes than hf:o/sdxl/vae/config.json@" in ran.out


@pytest.mark.parametrize("rules", [HubRules(files=FILES, gated=frozenset({REPO}), closed=frozenset({REPO}))])
def test_a_folder_that_may_not_be_listed_stays_open(modelget, workflow) -> None:
    ran = modelget("lock", workflow)
    assert ran.code == 3
    assert "does not tell which files it has" in ran.out


@pytest.mark.parametrize("rules", [AT_MODELSCOPE])
def test_a_folder_of_modelscope_is_locked_file_by_file(modelget, hub, models, tmp_path) -> None:
    workflow = save_workflow(tmp_path / "x.json", pipeline(f"https://modelscope.cn/models/{REPO}"))
    assert modelget("lock", workflow).code == 0
    parts = {part["path"]: part for part in lock_of(workflow)["files"]}
    assert sorted(parts) == PIPELINE
    assert all(part["digest"].startswith("sha256:") for part in parts.values())
    assert parts[UNET]["url"].startswith(f"https://modelscope.cn/models/{REPO}/resolve/")
    assert modelget("install", workflow, "--yes").code == 0
    assert modelget("lock", workflow, "--check").code == 0
