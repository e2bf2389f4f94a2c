"""Folder models from end to end: one item of the plan, complete or absent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from makers import (
    LANGUAGE_MODEL,
    PIPELINE,
    SHARDS,
    diffusers_repo,
    language_model_repo,
    save_workflow,
)

from modelget.hub import EmbeddedHub, HubRules, ModelScopeRules

REPO, LLM = "o/sdxl-base", "Qwen/Qwen2-7B-Instruct"
FILES = diffusers_repo(REPO) | language_model_repo(LLM)
UNET = f"{REPO}/unet/diffusion_pytorch_model.safetensors"


@pytest.fixture
def rules() -> HubRules:
    return HubRules(files=FILES, closed=frozenset({REPO, LLM}))


def below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def left_in_staging(models: Path) -> list[str]:
    return [name for name in below(models / ".modelget") if not name.endswith(".sqlite")]


def promised(staging: Path) -> int:
    """The bytes of unfinished files that the journals say are on the disk."""
    count = 0
    for journal in staging.glob("*.json"):
        with suppress(OSError, ValueError):  # it may be complete, and gone, meanwhile
            count += sum(stop - start for start, stop in json.loads(journal.read_text())["spans"])
    return count


def pipeline_node(url: str = f"https://huggingface.co/{REPO}", name: str = "sdxl") -> dict[str, object]:
    declared = [{"name": name, "url": url, "directory": "diffusers"}] if url else []
    return {
        "id": 7,
        "type": "DiffusersLoader",
        "mode": 0,
        "inputs": [],
        "outputs": [],
        "properties": {"models": declared},
        "widgets_values": [name],
    }


@pytest.fixture
def workflow(tmp_path: Path) -> Path:
    return save_workflow(tmp_path / "x.json", pipeline_node())


def test_get_fetches_what_loading_a_pipeline_needs_and_nothing_else(modelget, hub, models) -> None:
    ran = modelget("get", f"hf:{REPO}", "--folder", "diffusers", "--name", "sdxl", "--json")
    (item,) = ran.document["requirements"]
    place = models / "diffusers" / "sdxl"
    assert (ran.code, item["status"], item["path"]) == (0, "present", str(place))
    assert below(place) == PIPELINE
    for path in PIPELINE:
        assert (place / path).read_bytes() == hub.content(f"{REPO}/{path}").read()
    assert left_in_staging(models) == []


def test_the_document_lists_each_file_with_its_digest_and_their_sum(modelget, hub) -> None:
    ran = modelget("get", f"hf:{REPO}", "--folder", "diffusers", "--json")
    (candidate,) = ran.document["requirements"][0]["candidates"]
    sizes = {part["path"]: part["size"] for part in candidate["files"]}
    assert sorted(sizes) == PIPELINE
    assert candidate["size"] == sum(sizes.values()) == ran.document["fetch_bytes"]
    digests = {part["path"]: part["digest"] for part in candidate["files"]}
    assert digests["vae/config.json"] == f"git-sha1:{hub.content(f'{REPO}/vae/config.json').git_sha1}"
    assert digests["unet/diffusion_pytorch_model.safetensors"] == f"sha256:{hub.content(UNET).sha256}"
    assert ran.document["transferred_bytes"] == candidate["size"]


def test_a_sharded_language_model_arrives_whole_under_its_own_name(modelget, models) -> None:
    (models / "LLM").mkdir()
    ran = modelget("get", f"https://huggingface.co/{LLM}/tree/main", "--folder", "LLM")
    assert ran.code == 0
    assert below(models / "LLM" / "Qwen2-7B-Instruct") == sorted(LANGUAGE_MODEL)


def test_a_folder_in_a_repository_is_a_model_of_its_own(modelget, models) -> None:
    ran = modelget("get", f"hf:{REPO}/vae", "--folder", "vae", "--name", "sdxl-vae")
    assert ran.code == 0
    assert below(models / "vae" / "sdxl-vae") == ["config.json", "diffusion_pytorch_model.safetensors"]


def test_a_workflow_that_names_a_pipeline_has_it_installed_once(modelget, hub, models, workflow) -> None:
    planned = modelget("plan", workflow)
    assert planned.code == 0
    assert "fetch  diffusers/sdxl" in planned.out
    assert modelget("install", workflow).code == 0
    before = len(hub.requests)
    again = modelget("install", workflow, "--json")
    assert (again.code, again.document["requirements"][0]["status"]) == (0, "present")
    assert len(hub.requests) == before


def test_a_folder_is_not_looked_for_among_the_names_of_files(modelget, hub, tmp_path) -> None:
    workflow = save_workflow(tmp_path / "x.json", pipeline_node(url=""))
    ran = modelget("plan", workflow)
    assert ran.code == 3
    assert "hf:owner/repo" in ran.out
    assert hub.requests == []


def test_a_person_may_choose_the_repository(modelget, models, tmp_path) -> None:
    workflow = save_workflow(tmp_path / "x.json", pipeline_node(url=""))
    assert modelget("plan", workflow).code == 3
    ran = modelget("install", workflow, "--choose", f"sdxl=hf:{REPO}@v1.0")
    assert ran.code == 0
    assert below(models / "diffusers" / "sdxl") == PIPELINE


@pytest.mark.parametrize("rules", [HubRules(files=FILES, corrupt=frozenset({UNET}))])
def test_one_file_with_wrong_bytes_and_nothing_appears(modelget, models, workflow) -> None:
    ran = modelget("install", workflow, "--json")
    (item,) = ran.document["requirements"]
    assert (ran.code, item["error"]["kind"]) == (1, "DigestMismatch")
    assert not (models / "diffusers").exists()
    assert not any("diffusion_pytorch_model" in name and "unet" in name for name in left_in_staging(models))


def test_what_arrived_before_a_failure_is_not_fetched_again(modelget, modelget_at, models, workflow) -> None:
    with EmbeddedHub(HubRules(files=FILES, corrupt=frozenset({UNET}))) as bad:
        assert modelget_at(bad)("install", workflow).code == 1
    ran = modelget("install", workflow, "--json")
    assert ran.code == 0
    assert 0 < ran.document["transferred_bytes"] < ran.document["fetch_bytes"]
    assert below(models / "diffusers" / "sdxl") == PIPELINE


@pytest.mark.parametrize("lost", ["vae/diffusion_pytorch_model.safetensors", "vae/config.json", "tokenizer"])
def test_a_local_folder_that_lacks_a_part_is_a_complaint_and_stays_as_it_is(
    modelget, models, workflow, lost
) -> None:
    modelget("install", workflow)
    place = models / "diffusers" / "sdxl" / lost
    for path in [place] if place.is_file() else place.iterdir():
        path.unlink()
    before = below(models / "diffusers")
    ran = modelget("install", workflow, "--json")
    (item,) = ran.document["requirements"]
    assert (ran.code, item["status"]) == (3, "choose")
    assert lost.replace("diffusion_pytorch_model.safetensors", "") in item["hint"]
    assert below(models / "diffusers") == before


def test_a_shard_that_is_cut_short_is_a_complaint(modelget, models) -> None:
    (models / "LLM").mkdir()
    get = ("get", f"hf:{LLM}", "--folder", "LLM")
    modelget(*get)
    shard = models / "LLM" / "Qwen2-7B-Instruct" / SHARDS[1]
    os.truncate(shard, 1000)
    ran = modelget(*get, "--json")
    assert ran.code == 3
    assert SHARDS[1] in ran.document["requirements"][0]["hint"]


INCOMPLETE = {key: content for key, content in FILES.items() if not key.endswith(SHARDS[2])}


@pytest.mark.parametrize("rules", [HubRules(files=INCOMPLETE, closed=frozenset({LLM}))])
def test_a_repository_without_one_of_its_shards_is_no_model(modelget, models) -> None:
    ran = modelget("get", f"hf:{LLM}", "--folder", "diffusers", "--json")
    (item,) = ran.document["requirements"]
    assert (ran.code, item["status"]) == (3, "denied")
    assert SHARDS[2] in item["hint"]
    assert not (models / "diffusers").exists()


def test_the_users_own_folder_of_that_name_is_left_alone(modelget, models, workflow) -> None:
    mine = models / "diffusers" / "sdxl"
    mine.mkdir(parents=True)
    (mine / "mine.txt").write_text("mine")
    ran = modelget("install", workflow)
    assert ran.code == 3
    assert below(mine) == ["mine.txt"]


def test_two_workflows_that_want_other_folders_under_one_name_are_a_decision(modelget, tmp_path) -> None:
    one = save_workflow(tmp_path / "a.json", pipeline_node())
    two = save_workflow(tmp_path / "b.json", pipeline_node(f"https://huggingface.co/{LLM}"))
    first, second = modelget("plan", one, two, "--json").document
    assert first["requirements"][0]["status"] == "fetch"
    assert second["requirements"][0]["status"] == "choose"


def test_the_same_folder_under_a_second_name_is_linked(modelget, models, workflow) -> None:
    modelget("install", workflow)
    ran = modelget("get", f"hf:{REPO}", "--folder", "diffusers", "--name", "again", "--json")
    small = sum(FILES[f"{REPO}/{path}"].__len__() for path in PIPELINE if not path.endswith(".safetensors"))
    assert ran.code == 0
    assert ran.document["transferred_bytes"] == ran.document["fetch_bytes"] == small
    unet = "unet/diffusion_pytorch_model.safetensors"
    assert (models / "diffusers" / "again" / unet).samefile(models / "diffusers" / "sdxl" / unet)


PICKLED = {
    key: content
    for key, content in FILES.items()
    if not (key.startswith(f"{REPO}/text_encoder/model") and key.endswith("safetensors"))
}


@pytest.mark.parametrize("rules", [HubRules(files=PICKLED, closed=frozenset({REPO}))])
def test_a_pickle_in_a_folder_needs_consent_by_the_models_name(modelget, models, workflow) -> None:
    asked = modelget("install", workflow)
    assert asked.code == 3
    assert "text_encoder/pytorch_model.bin" in asked.out
    assert "--allow-pickle sdxl" in asked.out
    assert not (models / "diffusers").exists()
    assert modelget("install", workflow, "--allow-pickle", "sdxl").code == 0
    assert "text_encoder/pytorch_model.bin" in below(models / "diffusers" / "sdxl")
    assert "text_encoder/model.onnx" not in below(models / "diffusers" / "sdxl")


@pytest.mark.parametrize(
    "rules", [HubRules(files=language_model_repo(LLM, **{"modeling.py": b"import os", "setup.sh": b"ls"}))]
)
def test_code_is_never_fetched_and_the_plan_says_so(modelget, models) -> None:
    ran = modelget("get", f"hf:{LLM}", "--folder", "diffusers")
    assert ran.code == 0
    assert "code is never fetched" in ran.out
    assert below(models / "diffusers" / "Qwen2-7B-Instruct") == sorted(LANGUAGE_MODEL)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("nul/config.json", "Windows device"),
        ("ab:c.json", "it holds one of"),
        ("Config.json", "differs only in case"),
        ("deep/" * 9 + "x.json", "folders deep"),
        ("trailing./x.json", "dot"),
    ],
)
def test_a_name_that_some_system_cannot_hold_refuses_the_folder(modelget_at, models, name, word) -> None:
    with EmbeddedHub(HubRules(files=language_model_repo(LLM, **{name: b"{}"}))) as hostile:
        ran = modelget_at(hostile)("get", f"hf:{LLM}", "--folder", "diffusers", "--json")
    assert ran.code == 3
    assert word in ran.document["requirements"][0]["hint"]
    assert below(models) == []


@pytest.mark.parametrize("name", ["../../../evil.json", "a/../../evil.json", "/etc/evil.json", "a//b.json"])
def test_a_path_out_of_the_folder_refuses_the_repository(modelget_at, models, name) -> None:
    with EmbeddedHub(HubRules(files=language_model_repo(LLM, **{name: b"{}"}))) as hostile:
        ran = modelget_at(hostile)("get", f"hf:{LLM}", "--folder", "diffusers")
        assert not any(".." in record.path or "evil" in record.path for record in hostile.requests)
    assert ran.code == 3
    assert "no program should use" in ran.out
    assert below(models) == []


def test_thousands_of_files_are_no_model(modelget_at) -> None:
    flood = {f"vocab{number}.json": b"{}" for number in range(1500)}
    with EmbeddedHub(HubRules(files=language_model_repo(LLM, **flood))) as hub:
        ran = modelget_at(hub)("get", f"hf:{LLM}", "--folder", "diffusers")
    assert ran.code == 3
    assert "more than 1000 files" in ran.out


GATED = HubRules(files=FILES, gated=frozenset({REPO}), closed=frozenset({REPO}))


@pytest.mark.parametrize("rules", [GATED])
def test_a_gated_repository_is_denied_with_what_to_do(modelget, workflow) -> None:
    ran = modelget("plan", workflow)
    assert ran.code == 3
    assert "Accept its terms" in ran.out


def test_verify_judges_each_file_of_a_folder(modelget, models, workflow) -> None:
    modelget("install", workflow)
    place = models / "diffusers" / "sdxl"
    for target in (workflow, place):
        ran = modelget("verify", target, "--json")
        assert ran.code == 0
        assert len(ran.document["files"]) == len(PIPELINE)
        assert {file["verdict"] for file in ran.document["files"]} == {"right"}
    with (place / "vae" / "config.json").open("r+") as file:
        file.write('{"e"')
    (place / "unet" / "config.json").unlink()
    ran = modelget("verify", workflow, "--json")
    wrong = [
        Path(file["path"]).relative_to(place).as_posix() for file in ran.document["files"] if file["problem"]
    ]
    assert ran.code == 1
    assert wrong == [".", "vae/config.json"]


def test_a_folder_that_is_not_here_is_absent(modelget, workflow) -> None:
    ran = modelget("verify", workflow, "--json")
    assert (ran.code, ran.document["absent"]) == (3, [{"name": "sdxl", "folder": "diffusers"}])


def test_offline_nobody_can_tell_what_is_in_a_repository(modelget, hub, workflow) -> None:
    ran = modelget("plan", workflow, "--offline", "--json")
    (item,) = ran.document["requirements"]
    assert (ran.code, item["status"], item["failures"][0]["kind"]) == (3, "unresolved", "offline")
    assert hub.requests == []


def test_a_file_is_not_taken_for_a_folder(modelget, workflow) -> None:
    ran = modelget("plan", workflow, "--choose", f"sdxl=hf:{REPO}/sd_xl_base_1.0.safetensors")
    assert ran.code == 3
    assert "is one file, and this model is a folder" in ran.out


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_killed_fetch_leaves_nothing_under_the_name_and_goes_on_where_it_was(
    modelget_at, models, workflow
) -> None:
    big = FILES | {UNET: 90 * 2**20}
    with EmbeddedHub(HubRules(files=big), bytes_per_second=40e6) as slow:
        words = ["install", str(workflow), "--models-dir", str(models), "--yes"]
        environ = os.environ | modelget_at(slow).environ
        process = subprocess.Popen(
            [sys.executable, "-m", "modelget", *words], env=environ, stdout=subprocess.DEVNULL
        )
        staging = models / ".modelget"
        deadline = time.monotonic() + 60
        # The journal says that the first 32 MiB of the largest file are on the disk.
        while time.monotonic() < deadline and promised(staging) < 2**20:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not (models / "diffusers").exists()
    arrived = {path.name for path in staging.glob("*.folder/**/*") if path.is_file()}
    assert "model_index.json" in arrived
    with EmbeddedHub(HubRules(files=big)) as hub:
        ran = modelget_at(hub)("install", workflow, "--json")
    assert ran.code == 0
    assert ran.document["transferred_bytes"] < ran.document["fetch_bytes"] - 2**20
    assert below(models / "diffusers" / "sdxl") == PIPELINE
    assert left_in_staging(models) == []


def test_the_record_of_each_file_says_where_it_came_from(modelget, models, workflow) -> None:
    from modelget.library import open_library

    modelget("install", workflow)
    library = open_library(models_dir=models)
    place = models / "diffusers" / "sdxl"
    origins = [library.origin_of(place / path) for path in PIPELINE]
    assert all(
        origin and origin.startswith(f"hf:{REPO}/{path}@")
        for origin, path in zip(origins, PIPELINE, strict=True)
    )


AT_MODELSCOPE = HubRules(
    files=diffusers_repo("modelscope/o/sdxl"),
    modelscope=ModelScopeRules(files={"o/sdxl": tuple(key[2:] for key in diffusers_repo("x"))}),
)


@pytest.mark.parametrize("rules", [AT_MODELSCOPE])
def test_a_pipeline_comes_from_modelscope_as_well(modelget, hub, models, tmp_path) -> None:
    workflow = save_workflow(tmp_path / "x.json", pipeline_node("https://modelscope.cn/models/o/sdxl"))
    ran = modelget("install", workflow, "--yes", "--json")
    place = models / "diffusers" / "sdxl"
    assert (ran.code, ran.document["requirements"][0]["path"]) == (0, str(place))
    assert below(place) == PIPELINE
    for path in PIPELINE:
        assert (place / path).read_bytes() == hub.content(f"modelscope/o/sdxl/{path}").read()
    assert modelget("verify", place).code == 0
