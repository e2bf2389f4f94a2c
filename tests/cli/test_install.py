"""``modelget install`` carries the plan out, and nothing appears under its name unless it is right."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from makers import hub_link, loader, save_workflow

from modelget.hub import HubRules
from modelget.settings import Limits

URL = hub_link("o/r", "vae/ae.safetensors")
KEY = "o/r/vae/ae.safetensors"


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def files_below(folder: Path) -> list[str]:
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in found if not name.endswith(".sqlite") and "/notes/" not in name)


@pytest.fixture
def workflow(tmp_path) -> Path:
    return save_workflow(tmp_path / "x.json", loader(1, "ae.safetensors", "vae", URL))


def test_a_missing_model_arrives_where_comfyui_looks_and_its_document_says_so(
    modelget, hub, models, workflow
) -> None:
    ran = modelget("install", workflow, "--json")
    (item,) = ran.document["requirements"]
    assert ran.code == 0
    assert (item["status"], item["path"]) == ("present", str(models / "vae" / "ae.safetensors"))
    assert sha256(models / "vae" / "ae.safetensors") == hub.content(KEY).sha256
    assert ran.document["transferred_bytes"] == hub.content(KEY).size
    assert files_below(models) == ["vae/ae.safetensors"]


def test_installing_again_fetches_nothing(modelget, hub, workflow) -> None:
    modelget("install", workflow)
    before = hub.requests
    ran = modelget("install", workflow, "--json")
    assert (ran.code, ran.document["transferred_bytes"]) == (0, 0)
    assert hub.requests == before


@pytest.mark.parametrize("rules", [HubRules(corrupt=frozenset({KEY}))])
def test_wrong_bytes_never_get_the_name_and_both_digests_are_told(modelget, hub, models, workflow) -> None:
    ran = modelget("install", workflow, "--json")
    error = ran.document["requirements"][0]["error"]
    assert ran.code == 1
    assert error["kind"] == "DigestMismatch"
    assert hub.content(KEY).sha256 in error["message"]
    assert error["message"].count("sha256:") == 2
    assert files_below(models) == []


@pytest.mark.parametrize("rules", [HubRules(files={KEY: b"<!doctype html><title>Log in</title>"})])
def test_a_web_page_is_not_installed_as_a_model(modelget, models, workflow) -> None:
    ran = modelget("install", workflow)
    assert ran.code == 1
    assert "web page" in ran.out
    assert files_below(models) == []


@pytest.mark.parametrize("rules", [HubRules(corrupt=frozenset({KEY}))])
def test_one_failure_does_not_stop_the_others(modelget, models, tmp_path) -> None:
    bad = loader(1, "ae.safetensors", "vae", URL)
    good = loader(2, "l.safetensors", "loras", hub_link("o/r", "l.safetensors"))
    ran = modelget("install", save_workflow(tmp_path / "x.json", bad, good))
    assert ran.code == 1
    assert files_below(models) == ["loras/l.safetensors"]


@pytest.mark.parametrize("rules", [HubRules(files={"p/q/other.safetensors": KEY})])
def test_the_same_bytes_under_two_names_come_over_the_wire_once(modelget, hub, models, tmp_path) -> None:
    first = loader(1, "ae.safetensors", "vae", URL)
    second = loader(2, "sub/other.safetensors", "vae", hub_link("p/q", "other.safetensors"))
    ran = modelget("install", save_workflow(tmp_path / "x.json", first, second), "--json")
    assert ran.code == 0
    assert hub.storage_bytes == hub.content(KEY).size == ran.document["fetch_bytes"]
    assert sha256(models / "vae/sub/other.safetensors") == sha256(models / "vae/ae.safetensors")


@pytest.mark.parametrize("rules", [HubRules(files={"p/q/other.safetensors": KEY})])
def test_bytes_that_are_here_under_another_name_are_linked(modelget, hub, models, workflow, tmp_path) -> None:
    modelget("install", workflow)
    before = hub.storage_bytes
    node = loader(1, "renamed.safetensors", "vae", hub_link("p/q", "other.safetensors"))
    ran = modelget("install", save_workflow(tmp_path / "y.json", node), "--json")
    assert ran.code == 0
    assert ran.document["fetch_bytes"] == ran.document["transferred_bytes"] == 0
    assert hub.storage_bytes == before
    assert sha256(models / "vae/renamed.safetensors") == hub.content(KEY).sha256


def test_two_workflows_that_want_other_bytes_under_one_name_do_not_overwrite_each_other(
    modelget, hub, models, workflow, tmp_path
) -> None:
    node = loader(1, "ae.safetensors", "vae", hub_link("someone/else", "ae.safetensors"))
    ran = modelget("install", workflow, save_workflow(tmp_path / "y.json", node), "--json")
    first, second = (document["requirements"][0] for document in ran.document)
    assert ran.code == 3
    assert first["status"] == "present"
    assert second["status"] == "choose"
    assert "x.json" in second["hint"]
    assert sha256(models / "vae/ae.safetensors") == hub.content(KEY).sha256


def test_a_file_of_the_user_is_never_touched(modelget, models, workflow) -> None:
    own = models / "vae" / "ae.safetensors"
    own.parent.mkdir()
    own.write_bytes(b"mine, and cut short")
    ran = modelget("install", workflow)
    assert ran.code == 3
    assert "Move it away" in ran.out
    assert own.read_bytes() == b"mine, and cut short"


def test_too_small_a_disk_is_refused_before_the_first_byte(
    modelget, hub, models, workflow, monkeypatch
) -> None:
    needed = hub.content(KEY).size + Limits().spare_bytes
    monkeypatch.setattr("shutil.disk_usage", lambda place: type("Usage", (), {"free": needed - 1})())
    ran = modelget("install", workflow)
    assert ran.code == 1
    assert "needed" in ran.err
    assert "free" in ran.err
    assert hub.storage_bytes == 0
    assert files_below(models) == []


def test_a_sub_folder_in_the_name_is_kept_whichever_slash_it_has(modelget, models, tmp_path) -> None:
    node = loader(1, "SDXL\\x.safetensors", "loras", hub_link("o/r", "x.safetensors"))
    node["properties"]["models"][0]["name"] = "SDXL\\x.safetensors"
    assert modelget("install", save_workflow(tmp_path / "x.json", node)).code == 0
    assert files_below(models) == ["loras/SDXL/x.safetensors"]


@pytest.mark.parametrize("name", ["../../evil.safetensors", "/etc/evil.safetensors", "CON.safetensors"])
def test_a_hostile_name_leaves_everything_as_it_was(modelget, models, tmp_path, name) -> None:
    node = loader(1, name, "vae", hub_link("o/r", "x.safetensors"))
    ran = modelget("install", save_workflow(tmp_path / "x.json", node))
    assert ran.code in (0, 3)
    assert files_below(tmp_path) == ["x.json"]


@pytest.mark.parametrize(
    "rules", [HubRules(gated=frozenset({"o/r"}), tokens={"hf_good": frozenset({"o/r"})})]
)
def test_a_gated_model_installs_with_a_token_that_may_and_storage_never_sees_it(
    modelget, hub, models, workflow
) -> None:
    assert modelget("install", workflow).code == 3
    modelget.environ["HF_TOKEN"] = "hf_good"
    ran = modelget("install", workflow, "-v")
    assert ran.code == 0
    assert files_below(models) == ["vae/ae.safetensors"]
    assert not [record for record in hub.requests if record.origin == "storage" and record.authorized]
    assert "hf_good" not in ran.out + ran.err


@pytest.mark.parametrize("rules", [HubRules(tokens={"hf_good": frozenset()})])
def test_a_stale_token_does_not_hide_public_files(modelget, models, workflow) -> None:
    modelget.environ["HF_TOKEN"] = "hf_stale"
    assert modelget("install", workflow).code == 0
    assert files_below(models) == ["vae/ae.safetensors"]


def test_civitai_models_install_by_their_page(modelget, hub, models, tmp_path) -> None:
    node = loader(
        1, "style.safetensors", "loras", "https://civitai.com/models/12/some-style?modelVersionId=128"
    )
    ran = modelget("install", save_workflow(tmp_path / "x.json", node), "--json")
    assert ran.code == 0
    assert (
        sha256(models / "loras/style.safetensors")
        == hub.content("civitai/128/civitai_128.safetensors").sha256
    )
    assert not [record for record in hub.requests if record.origin == "storage" and record.authorized]


def test_a_digest_that_the_workflow_pins_must_be_met(modelget, hub, models, tmp_path) -> None:
    right = hub.content(KEY).sha256
    good = loader(1, "ae.safetensors", "vae", URL, hash=right.upper(), hash_type="SHA256")
    bad = loader(1, "other.safetensors", "vae", URL, hash="0" * 64, hash_type="SHA256")
    assert modelget("install", save_workflow(tmp_path / "good.json", good)).code == 0
    ran = modelget("install", save_workflow(tmp_path / "bad.json", bad), "--json")
    assert ran.code == 3
    assert ran.document["requirements"][0]["status"] == "choose"
    assert files_below(models) == ["vae/ae.safetensors"]


def test_an_interrupted_fetch_continues_where_it_stopped(modelget, hub, models, tmp_path) -> None:
    node = loader(1, "big-80MiB.safetensors", "vae", hub_link("o/r", "big-80MiB.safetensors"))
    workflow = save_workflow(tmp_path / "x.json", node)
    whole = hub.content("o/r/big-80MiB.safetensors")
    modelget.hub.expire_signed_urls()
    from modelget.library import open_library
    from modelget.pipeline import carry_out, open_workshop, plan_for
    from modelget.progress import Progress
    from modelget.settings import load_settings
    from modelget.workflow import read

    shop = open_workshop(load_settings(modelget.environ), open_library(models_dir=models))

    class Impatient:
        def report(self, progress: Progress) -> None:
            if progress.done > whole.size // 2:
                shop.stop.set()

    carry_out(plan_for([read(workflow)], shop), shop, Impatient())
    half = hub.storage_bytes
    ran = modelget("install", workflow, "--json")
    assert ran.code == 0
    assert ran.document["transferred_bytes"] <= whole.size // 2
    assert half > 0
    assert sha256(models / "vae/big-80MiB.safetensors") == whole.sha256
