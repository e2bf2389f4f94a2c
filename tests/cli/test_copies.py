"""The same bytes elsewhere: mirrors stand in when a place fails, CivArchive when a model was removed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from faults.bench import MIB, safetensors
from faults.server import Fault, FaultServer
from makers import hub_link, loader, save_workflow

from modelget.hub import (
    ArchivedCopy,
    CivArchiveRules,
    CivitaiVersion,
    EmbeddedHub,
    HubRules,
    MirrorRules,
    S3Rules,
)

NAME = "ae.safetensors"
URL, KEY = hub_link("o/r", f"vae/{NAME}"), f"o/r/vae/{NAME}"
MIRROR = MirrorRules({f"vae/{NAME}": KEY})
REMOVED = "civitai/120/civitai_120.safetensors"
GONE = CivitaiVersion(120, barrier="disabled")


def mirrored(**more) -> HubRules:
    return HubRules(mirror=MIRROR, **more)


def removed(*copies: str, **more) -> HubRules:
    archive = CivArchiveRules({REMOVED: tuple(map(ArchivedCopy, copies))})
    files = {KEY: REMOVED}
    return HubRules(civitai=(more.pop("version", GONE),), civarchive=archive, files=files, **more)


@pytest.fixture
def workflow(tmp_path) -> Path:
    return save_workflow(tmp_path / "x.json", loader(1, NAME, "vae", URL))


@pytest.fixture
def lora(tmp_path) -> Path:
    return save_workflow(tmp_path / "x.json", loader(1, "x.safetensors", "loras", "civitai:120"))


def arrived(models: Path, name: str = f"vae/{NAME}") -> str:
    return hashlib.sha256((models / name).read_bytes()).hexdigest()


def one(ran):
    (item,) = ran.document["requirements"]
    return item


@pytest.mark.parametrize("rules", [mirrored()])
def test_a_mirror_stands_behind_the_place_that_a_workflow_declares(modelget, hub, workflow) -> None:
    modelget.environ["MODELGET_MIRRORS"] = hub.mirror_url
    item = one(modelget("plan", workflow, "--json"))
    assert [found["source"] for found in item["candidates"]] == ["huggingface", "mirrors"]
    assert [found["copy"] for found in item["candidates"]] == [False, True]
    assert item["candidates"][0]["sha256"] == item["candidates"][1]["sha256"]


@pytest.mark.parametrize("rules", [mirrored()])
def test_a_mirror_gives_what_the_declared_place_refuses(modelget, hub, models, workflow, monkeypatch) -> None:
    monkeypatch.setattr(hub._storage, "signed_url", lambda *_words: hub.storage_origin + "/x")
    assert modelget("install", workflow, "--json").code == 1
    modelget.environ["MODELGET_MIRRORS"] = hub.mirror_url
    ran = modelget("install", workflow, "--json")
    assert (ran.code, one(ran)["origin"]) == (0, f"{hub.mirror_url}/vae/{NAME}")
    assert arrived(models) == hub.content(KEY).sha256


@pytest.mark.parametrize("death", [403, 404, 410], ids=lambda status: f"then {status}")
def test_a_mirror_goes_on_where_the_declared_place_died(modelget, models, tmp_path, death) -> None:
    body = safetensors(2 * MIB)
    half = len(body) // 2
    faults = [Fault(), Fault(cut_after=half)]  # the first answer is the plan's
    with (
        FaultServer(body, faults, always=Fault(status=death, body=b"")) as first,
        FaultServer(body) as second,
    ):
        digest = hashlib.sha256(body).hexdigest()
        node = loader(1, NAME, "vae", first.url, hash=digest, hash_type="SHA256")
        modelget.environ["MODELGET_ALLOW_HOSTS"] = first.origin
        modelget.environ["MODELGET_MIRRORS"] = f"{second.origin}/models"
        ran = modelget("install", save_workflow(tmp_path / "f.json", node), "--json")
    assert (ran.code, arrived(models)) == (0, digest)
    assert one(ran)["origin"] == f"{second.origin}/models/vae/{NAME}"
    assert ran.document["transferred_bytes"] == len(body)
    assert second.requests[-1].start == half


@pytest.mark.parametrize("rules", [mirrored()])
def test_a_person_reads_where_a_file_came_from_instead(modelget, hub, workflow, monkeypatch) -> None:
    monkeypatch.setattr(hub._storage, "signed_url", lambda *_words: hub.storage_origin + "/x")
    modelget.environ["MODELGET_MIRRORS"] = hub.mirror_url
    ran = modelget("install", workflow, "--yes")
    assert f"it came from {hub.mirror_url}/vae/{NAME}" in ran.out


@pytest.mark.parametrize("rules", [mirrored(corrupt=frozenset({KEY}))])
def test_when_all_places_lie_nothing_is_placed_and_each_is_named(modelget, hub, models, workflow) -> None:
    modelget.environ["MODELGET_MIRRORS"] = hub.mirror_url  # it has the same wrong bytes
    ran = modelget("install", workflow, "--json")
    error = one(ran)["error"]
    assert (ran.code, error["kind"]) == (1, "EveryPlaceFailed")
    assert "hf:o/r/vae/ae.safetensors@" in error["message"]
    assert hub.mirror_url in error["message"]
    assert not (models / "vae" / NAME).exists()


LIAR = HubRules(
    files={"right/x": KEY}, corrupt=frozenset({KEY}), mirror=MirrorRules({f"vae/{NAME}": "right/x"})
)


@pytest.mark.parametrize("rules", [LIAR])
def test_a_declared_place_that_sends_wrong_bytes_is_told_and_the_mirror_asked(
    modelget, hub, models, workflow
) -> None:
    modelget.environ["MODELGET_MIRRORS"] = hub.mirror_url
    ran = modelget("install", workflow, "--json")
    assert ran.code == 0
    assert "sent other bytes" in one(ran)["warning"]
    assert arrived(models) == hub.content(KEY).sha256


@pytest.mark.parametrize("rules", [mirrored(gated=frozenset({"o/r"}))])
def test_the_owners_mirror_has_a_pinned_file_that_is_gated_elsewhere(modelget, hub, models, tmp_path) -> None:
    digest = hub.content(KEY).sha256
    node = loader(1, NAME, "vae", URL, hash=digest, hash_type="SHA256")
    modelget.environ["MODELGET_MIRRORS"] = hub.mirror_url
    ran = modelget("install", save_workflow(tmp_path / "y.json", node), "--json")
    assert (ran.code, arrived(models)) == (0, digest)


@pytest.mark.parametrize("rules", [HubRules(mirror=MIRROR, missing=frozenset({KEY}))])
def test_a_mirror_alone_makes_nothing_sure(modelget, hub, workflow) -> None:
    modelget.environ["MODELGET_MIRRORS"] = hub.mirror_url
    ran = modelget("install", workflow, "--json")
    assert ran.code == 3
    assert not any(found["copy"] for found in one(ran)["candidates"])
    assert not any(record.path.startswith("/mirror") for record in hub.requests)


@pytest.mark.parametrize("rules", [mirrored(s3=S3Rules({"copies": {f"models/{NAME}": KEY}}))])
def test_a_bucket_is_a_mirror(modelget, hub, workflow) -> None:
    modelget.environ["MODELGET_MIRRORS"] = f"s3://copies/models,{hub.mirror_url}"
    found = one(modelget("plan", workflow, "--json"))["candidates"]
    assert {one["url"] for one in found if one["copy"]} == {
        f"{hub.endpoint}/copies/models/{NAME}",
        f"{hub.mirror_url}/vae/{NAME}",
    }


@pytest.mark.parametrize("rules", [HubRules(mirror=MirrorRules(status=503))])
def test_a_mirror_that_is_down_is_named_and_keeps_nothing_from_arriving(modelget, hub, workflow) -> None:
    modelget.environ["MODELGET_MIRRORS"] = hub.mirror_url
    ran = modelget("install", workflow, "--json")
    assert (ran.code, [failure["source"] for failure in one(ran)["failures"]]) == (0, ["mirrors"])


@pytest.mark.parametrize("rules", [HubRules(s3=S3Rules({"models": {NAME: KEY}}))])
def test_an_s3_link_in_a_workflow_arrives(modelget, hub, models, tmp_path) -> None:
    workflow = save_workflow(tmp_path / "s.json", loader(1, NAME, "vae", f"s3://models/{NAME}"))
    assert modelget("install", workflow, "--json").code == 0
    assert arrived(models) == hub.content(KEY).sha256


def test_an_s3_link_to_a_bucket_that_nobody_listed_is_denied(modelget, tmp_path) -> None:
    del modelget.environ["MODELGET_S3_ENDPOINT"]
    workflow = save_workflow(tmp_path / "s.json", loader(1, NAME, "vae", f"s3://models/{NAME}"))
    item = one(modelget("plan", workflow, "--json"))
    assert item["status"] == "denied"
    assert "https://models.s3.amazonaws.com" in item["hint"]


@pytest.mark.parametrize("rules", [removed(URL)])
def test_a_removed_model_says_how_to_ask_for_copies(modelget, hub, lora) -> None:
    item = one(modelget("plan", lora, "--json"))
    assert item["status"] == "denied"
    assert "disabled downloads" in item["hint"]
    assert "MODELGET_CIVARCHIVE=1" in item["hint"]
    assert not any(record.path.startswith("/api/sha256") for record in hub.requests)


@pytest.mark.parametrize("rules", [removed(URL)])
def test_a_removed_model_arrives_from_a_copy_with_a_warning(modelget, hub, models, lora) -> None:
    modelget.environ["MODELGET_CIVARCHIVE"] = "1"
    ran = modelget("install", lora, "--json")
    item = one(ran)
    assert (ran.code, item["status"]) == (0, "present")
    assert item["origin"].startswith("hf:o/r/")
    assert "removed" in item["warning"]
    assert "author" in item["warning"]
    assert arrived(models, "loras/x.safetensors") == hub.content(REMOVED).sha256


@pytest.mark.parametrize("rules", [removed(URL)])
def test_the_plan_warns_before_a_copy_is_fetched(modelget, lora) -> None:
    modelget.environ["MODELGET_CIVARCHIVE"] = "1"
    assert "removed from where it was published" in modelget("plan", lora).out


@pytest.mark.parametrize("rules", [removed("https://files.example/x.safetensors")])
def test_a_copy_on_an_unlisted_host_is_not_contacted_and_named(modelget, lora) -> None:
    modelget.environ["MODELGET_CIVARCHIVE"] = "1"
    item = one(modelget("plan", lora, "--json"))
    assert item["status"] == "denied"
    assert "A copy is at https://files.example/x.safetensors" in item["hint"]
    assert "MODELGET_ALLOW_HOSTS" in item["hint"]


@pytest.mark.parametrize("rules", [removed(URL, corrupt=frozenset({KEY}))])
def test_a_copy_with_other_bytes_is_refused(modelget, models, lora) -> None:
    modelget.environ["MODELGET_CIVARCHIVE"] = "1"
    ran = modelget("install", lora, "--json")
    assert ran.code == 1
    assert not (models / "loras" / "x.safetensors").exists()


@pytest.mark.parametrize(
    "barrier", ["login", "early-access", "forbidden", "region"], ids=lambda barrier: f"barrier {barrier}"
)
def test_what_is_only_closed_is_not_looked_for_among_copies(barrier, models, tmp_path, capsys, lora) -> None:
    from conftest import CommandLine

    with EmbeddedHub(removed(URL, version=CivitaiVersion(120, barrier=barrier))) as hub:
        modelget = CommandLine(hub, models, capsys)
        modelget.environ["MODELGET_CIVARCHIVE"] = "1"
        item = one(modelget("plan", lora, "--json"))
        assert item["status"] == "denied"
        assert not any(record.path.startswith("/api/sha256") for record in hub.requests)


@pytest.mark.parametrize("rules", [removed(URL)])
def test_a_page_of_civarchive_leads_to_a_copy(modelget, hub, models, tmp_path) -> None:
    page = f"https://civarchive.com/sha256/{hub.content(REMOVED).sha256}"
    workflow = save_workflow(tmp_path / "c.json", loader(1, "x.safetensors", "loras", page))
    assert one(modelget("plan", workflow, "--json"))["status"] == "denied"
    modelget.environ["MODELGET_CIVARCHIVE"] = "1"
    assert modelget("install", workflow, "--json").code == 0
    assert arrived(models, "loras/x.safetensors") == hub.content(REMOVED).sha256


@pytest.mark.parametrize("rules", [mirrored()])
def test_offline_no_mirror_is_asked(modelget, hub, workflow) -> None:
    modelget.environ["MODELGET_MIRRORS"] = hub.mirror_url
    modelget("plan", workflow, "--offline")
    assert hub.requests == []


@pytest.mark.parametrize("rules", [mirrored(), mirrored(gated=frozenset({"o/r"}))], ids=["open", "gated"])
def test_a_lock_names_the_publishers_place_and_never_the_owners_mirror(modelget, hub, tmp_path) -> None:
    node = loader(1, NAME, "vae", URL, hash=hub.content(KEY).sha256, hash_type="SHA256")
    workflow = save_workflow(tmp_path / "l.json", node)
    modelget.environ["MODELGET_MIRRORS"] = hub.mirror_url
    assert modelget("lock", workflow).code == 0
    text = (tmp_path / "modelget.lock.json").read_text()
    assert "hf:o/r/vae/ae.safetensors" in text
    assert hub.mirror_url not in text
