"""``modelget plan`` and ``install`` of what a picture's text names: infotext, recipe, prompt."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelget.hub import CivitaiFile, CivitaiVersion, HubRules

LORA = CivitaiVersion(
    70, 7, model_name="Detail", files=(CivitaiFile(700, "more_details.safetensors", primary=True),)
)
CHECKPOINT = CivitaiVersion(
    80, 8, type="Checkpoint", files=(CivitaiFile(800, "dream_v8.safetensors", primary=True),)
)
EMBEDDING = CivitaiVersion(
    90, 9, type="TextualInversion", files=(CivitaiFile(900, "bad.pt", format="PickleTensor"),)
)
KNOWN = HubRules(civitai=(LORA, CHECKPOINT, EMBEDDING), files={"civitai/80/dream_v8.safetensors": 3 * 2**20})
SETTINGS = "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512"


@pytest.fixture
def rules() -> HubRules:
    return KNOWN


@pytest.fixture
def lora(hub):
    return hub.content("civitai/70/more_details.safetensors")


def infotext(path: Path, fields: str, prompt: str = "a cat") -> Path:
    path.write_text(f"{prompt}\nNegative prompt: dog\n{SETTINGS}, {fields}", encoding="utf-8")
    return path


def brief(document) -> list[tuple[str, str, str, str | None]]:
    return [
        (f"{need['folder']}/{need['name']}", need["how"], need["status"], name_of(need["destination"]))
        for need in document["requirements"]
    ]


def name_of(path: str | None) -> str | None:
    return Path(path).name if path else None


def test_a_lora_hash_that_civitai_knows_is_fetched_by_the_same_digest(
    modelget, lora, models, tmp_path
) -> None:
    text = infotext(
        tmp_path / "x.txt", f'Lora hashes: "add_detail: {lora.tensors_sha256[:12]}"', "<lora:add_detail:1>"
    )
    ran = modelget("plan", text, "--json")
    assert ran.code == 0
    (need,) = ran.document["requirements"]
    assert (need["name"], need["folder"], need["how"], need["status"]) == (
        "add_detail",
        "loras",
        "infotext",
        "fetch",
    )
    assert need["destination"] == str(models / "loras" / "more_details.safetensors")
    (candidate,) = need["candidates"]
    assert (candidate["id"], candidate["evidence"]) == ("civitai:70+700", "SAME_DIGEST")
    assert (candidate["name"], candidate["sha256"]) == ("more_details.safetensors", lora.sha256)


def test_a_person_reads_what_the_file_will_be_called_and_what_the_text_calls_it(
    modelget, lora, tmp_path
) -> None:
    text = infotext(tmp_path / "x.txt", f'Lora hashes: "add_detail: {lora.sha256[:12]}"')
    ran = modelget("plan", text, "-v")
    assert "loras/more_details.safetensors (add_detail)" in ran.out
    assert "named in the infotext" in ran.out


def test_an_unknown_hash_is_unresolved_with_words_a_person_understands(modelget, tmp_path) -> None:
    ran = modelget("plan", infotext(tmp_path / "x.txt", "Model hash: 0123456789, Model: lost_v1"))
    assert ran.code == 3
    assert "unresolved  checkpoints/lost_v1" in ran.out
    assert "No place knows a file with the digest autov2:0123456789" in ran.out
    assert "--choose lost_v1=ID" in ran.out


def test_a_model_that_only_has_a_name_is_unresolved_too(modelget, tmp_path) -> None:
    ran = modelget("plan", infotext(tmp_path / "x.txt", "Hires upscaler: 4x-UltraSharp"), "--json")
    assert brief(ran.document) == [("upscale_models/4x-UltraSharp", "infotext", "unresolved", None)]


def test_the_old_hash_is_a_hint_that_a_person_must_confirm(modelget, hub, tmp_path) -> None:
    autov1 = hub.content("civitai/80/dream_v8.safetensors").autov1
    text = infotext(tmp_path / "x.txt", f"Model hash: {autov1}, Model: dream")
    ran = modelget("plan", text, "--json")
    (need,) = ran.document["requirements"]
    assert (ran.code, need["status"], need["candidates"][0]["evidence"]) == (3, "choose", "SAME_NAME")
    assert need["hint"] == "Not surely the same file. Pass --choose dream=ID with civitai:80+800."
    assert modelget("plan", text, "--choose", "dream=civitai:80+800").code == 0


def test_an_id_of_civitai_is_a_declared_place(modelget, tmp_path) -> None:
    resources = [{"type": "checkpoint", "modelVersionId": 80}, {"air": "urn:air:sdxl:lora:civitai:7@70"}]
    ran = modelget(
        "plan", infotext(tmp_path / "x.txt", f"Civitai resources: {json.dumps(resources)}"), "--json"
    )
    assert brief(ran.document) == [
        ("checkpoints/civitai:80", "infotext", "fetch", "dream_v8.safetensors"),
        ("loras/civitai:70", "infotext", "fetch", "more_details.safetensors"),
    ]


def test_what_was_installed_from_an_infotext_is_present_the_next_time(
    modelget, hub, lora, models, tmp_path
) -> None:
    resources = json.dumps([{"type": "checkpoint", "modelVersionId": 80}])
    fields = f'Lora hashes: "add_detail: {lora.tensors_sha256[:12]}", Civitai resources: {resources}'
    text = infotext(tmp_path / "x.txt", fields)
    assert modelget("install", text, "--yes").code == 0
    assert (models / "loras" / "more_details.safetensors").read_bytes() == lora.read()
    sent = hub.storage_bytes
    again = modelget("install", text, "--yes", "--json")
    assert [need["status"] for need in again.document["requirements"]] == ["present", "present"]
    assert again.code == 0
    assert hub.storage_bytes - sent <= 2  # the first byte of each, to learn its size


def test_a_file_that_bears_the_stem_is_present_without_asking_anybody(
    modelget, hub, models, tmp_path
) -> None:
    place = models / "checkpoints" / "SD15" / "dreamshaper_8.safetensors"
    place.parent.mkdir(parents=True)
    place.write_bytes(hub.content("o/r/x.safetensors").read())
    text = infotext(tmp_path / "x.txt", "Model hash: 0123456789, Model: dreamshaper_8")
    ran = modelget("plan", text, "--json")
    assert (ran.code, ran.document["requirements"][0]["path"]) == (0, str(place))
    assert hub.requests == []
    assert "checkpoints/dreamshaper_8.safetensors" in modelget("plan", text).out


def test_two_formats_of_one_stem_are_for_a_person(modelget, hub, models, tmp_path) -> None:
    (models / "checkpoints").mkdir()
    for suffix in (".safetensors", ".ckpt"):
        (models / "checkpoints" / f"m{suffix}").write_bytes(hub.content(f"o/r/m{suffix}").read())
    ran = modelget("plan", infotext(tmp_path / "x.txt", "Model: m"))
    assert ran.code == 3
    assert "so is m.safetensors, and the name has no suffix that tells them apart" in ran.out


def test_an_embedding_in_a_prompt_keeps_its_name_and_takes_the_suffix_of_what_is_chosen(
    modelget, models, tmp_path
) -> None:
    prompt = {
        "6": {"class_type": "CLIPTextEncode", "inputs": {"clip": ["4", 1], "text": "embedding:easy, blurry"}}
    }
    path = tmp_path / "prompt.json"
    path.write_text(json.dumps(prompt))
    open_ = modelget("plan", path, "--json").document["requirements"][0]
    assert (open_["name"], open_["folder"], open_["how"], open_["wanted_by"]) == (
        "easy",
        "embeddings",
        "prompt",
        ["6"],
    )
    assert open_["status"] == "unresolved"
    words = ("--choose", "easy=civitai:90+900", "--allow-pickle", "easy.pt")
    chosen = modelget("plan", path, "--json", *words).document["requirements"][0]
    assert chosen["destination"] == str(models / "embeddings" / "easy.pt")


def test_a_recipe_is_planned_by_its_digests_and_ids(modelget, hub, lora, tmp_path) -> None:
    recipe = {
        "title": "x",
        "loras": [
            {"file_name": "add_detail", "hash": lora.sha256, "modelVersionId": 70},
            {"file_name": "gone", "hash": "0" * 64, "modelVersionId": 0},
        ],
        "checkpoint": {"file_name": "dream", "modelVersionId": 80},
        "gen_params": {"prompt": "a cat"},
    }
    path = tmp_path / "x.recipe.json"
    path.write_text(json.dumps(recipe))
    ran = modelget("plan", path, "--json")
    assert ran.code == 3
    assert brief(ran.document) == [
        ("checkpoints/dream", "recipe", "fetch", "dream_v8.safetensors"),
        ("loras/add_detail", "recipe", "fetch", "more_details.safetensors"),
        ("loras/gone", "recipe", "unresolved", None),
    ]
    assert ran.document["requirements"][1]["candidates"][0]["evidence"] == "SAME_DIGEST"


def test_an_id_whose_bytes_are_others_than_the_digest_says_is_for_a_person(modelget, tmp_path) -> None:
    recipe = {"loras": [{"file_name": "x", "hash": "0" * 64, "modelVersionId": 70}], "gen_params": {}}
    path = tmp_path / "x.recipe.json"
    path.write_text(json.dumps(recipe))
    (need,) = modelget("plan", path, "--json").document["requirements"]
    assert (need["status"], need["candidates"][0]["evidence"]) == ("choose", "SAME_NAME")


def test_offline_nobody_can_say_the_format_of_an_id(modelget, hub, tmp_path) -> None:
    text = infotext(tmp_path / "x.txt", 'Civitai resources: [{"type": "lora", "modelVersionId": 70}]')
    ran = modelget("plan", text, "--json", "--offline")
    (need,) = ran.document["requirements"]
    assert (need["status"], hub.requests) == ("choose", [])
    assert "in what format" in need["hint"]


def test_an_infotext_comes_in_on_standard_input(modelget, tmp_path, monkeypatch) -> None:
    path = infotext(tmp_path / "x.txt", "Model: m")
    with path.open("rb") as file, monkeypatch.context() as patched:
        patched.setattr("sys.stdin", type("Stdin", (), {"buffer": file})())
        ran = modelget("plan", "-", "--json")
    assert brief(ran.document) == [("checkpoints/m", "infotext", "unresolved", None)]


def test_verify_does_not_take_a_short_hash_for_a_proof(modelget, hub, lora, models, tmp_path) -> None:
    (models / "loras").mkdir()
    (models / "loras" / "add_detail.safetensors").write_bytes(lora.read())
    text = infotext(tmp_path / "x.txt", f'Lora hashes: "add_detail: {lora.tensors_sha256[:12]}"')
    (file,) = modelget("verify", text, "--json").document["files"]
    assert (file["verdict"], file["basis"], file["expected"]) == (
        "right",
        "published",
        f"sha256:{lora.sha256}",
    )
    other = infotext(tmp_path / "y.txt", 'Lora hashes: "add_detail: 0123456789ab"')
    (models / "loras" / "add_detail.safetensors").write_bytes(hub.content("o/r/y.safetensors").read())
    (file,) = modelget("verify", other, "--json").document["files"]
    assert file["verdict"] == "wrong"  # by what was recorded, not by the short hash
    assert file["basis"] == "recorded"
