"""``modelget plan`` says what will happen and changes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from makers import hub_link, loader, save_workflow

from modelget.hub import CivitaiVersion, HubRules

VAE = loader(12, "ae.safetensors", "vae", hub_link("o/r", "split_files/vae/ae.safetensors"))


def test_the_json_document_has_the_promised_keys(modelget, hub, models, tmp_path) -> None:
    workflow = save_workflow(tmp_path / "x.json", VAE)

    ran = modelget("plan", workflow, "--json")

    content = hub.content("o/r/split_files/vae/ae.safetensors")
    commit = hub.commit("o/r")
    assert ran.code == 0
    assert ran.document == {
        "workflow": str(workflow),
        "requirements": [
            {
                "name": "ae.safetensors",
                "folder": "vae",
                "wanted_by": ["12"],
                "how": "widget",
                "active": True,
                "status": "fetch",
                "path": None,
                "destination": str(models / "vae" / "ae.safetensors"),
                "candidates": [
                    {
                        "source": "huggingface",
                        "id": f"hf:o/r/split_files/vae/ae.safetensors@{commit}",
                        "url": f"{hub.endpoint}/o/r/resolve/{commit}/split_files/vae/ae.safetensors",
                        "name": "ae.safetensors",
                        "title": None,
                        "size": content.size,
                        "sha256": content.sha256,
                        "digest": f"sha256:{content.sha256}",
                        "claimed_digest": None,
                        "archive": None,
                        "evidence": "DECLARED_URL",
                        "why": "the workflow names this place",
                        "named_by": None,
                        "copy": False,
                        "licence": "apache-2.0",
                        "licence_link": "https://spdx.org/licenses/Apache-2.0.html",
                        "commercial_use": True,
                        "restrictions": [],
                        "audience": None,
                        "gated": False,
                        "format": "safetensors",
                        "barrier": None,
                        "notes": [],
                    }
                ],
                "failures": [],
                "hint": None,
                "warning": None,
                "origin": None,
            }
        ],
        "fetch_bytes": content.size,
        "free_bytes": ran.document["free_bytes"],
    }
    assert ran.document["free_bytes"] > 0


def test_planning_writes_nothing(modelget, models, tmp_path) -> None:
    modelget("plan", save_workflow(tmp_path / "x.json", VAE))
    assert not list(models.iterdir())


def test_several_workflows_give_an_array_in_the_order_given(modelget, tmp_path) -> None:
    names = [save_workflow(tmp_path / name, VAE) for name in ("b.json", "a.json")]
    ran = modelget("plan", *names, "--json")
    assert [document["workflow"] for document in ran.document] == list(map(str, names))


def test_a_folder_stands_for_the_workflows_in_it_and_other_files_are_only_counted(modelget, tmp_path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    save_workflow(folder / "a.json", VAE)
    (folder / "package.json").write_text('["no workflow"]')
    ran = modelget("plan", folder, "--json")
    assert ran.code == 0
    assert [document["workflow"] for document in ran.document] == [str(folder / "a.json")]
    assert "skipped: 1 file in" in ran.err
    assert "package.json" in modelget("plan", folder, "-v").err


def test_what_a_node_fetches_by_itself_is_listed_apart_and_no_source_is_asked(
    modelget, hub, tmp_path
) -> None:
    hashed = {"models": [{"name": "yolox_l.onnx", "hash": "d" * 64, "hash_type": "sha256"}]}
    detector = {
        "id": 1,
        "type": "DWPreprocessor",
        "widgets_values": ["yolox_l.onnx"],
        "properties": hashed,
    }
    ran = modelget("plan", save_workflow(tmp_path / "x.json", detector, VAE), "--json")
    listed = ran.document["requirements"][0]
    assert (listed["how"], listed["active"], listed["status"]) == ("pack", False, "unresolved")
    assert listed["hint"] == "Its node fetches it by itself when it runs."
    assert ran.code == 0
    assert not [
        request for request in hub.requests if "yolox" in request.path or "d" * 10 in request.path.lower()
    ]


def test_a_muted_node_is_reported_and_not_fetched_unless_all_is_said(modelget, tmp_path) -> None:
    muted = loader(1, "l.safetensors", "loras", hub_link("o/r", "l.safetensors"), mode=2)
    workflow = save_workflow(tmp_path / "x.json", muted)
    plain, everything = modelget("plan", workflow, "--json"), modelget("plan", workflow, "--json", "--all")
    assert plain.document["requirements"][0]["active"] is False
    assert plain.document["fetch_bytes"] == 0
    assert everything.document["fetch_bytes"] > 0


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (HubRules(gated=frozenset({"o/r"})), "Accept its terms at"),
        (HubRules(private=frozenset({"o/r"})), "set HF_TOKEN"),
        (HubRules(disabled=frozenset({"o/r"})), "disabled"),
    ],
)
def test_what_cannot_be_had_is_denied_with_what_to_do_and_exit_code_3(modelget, tmp_path, words) -> None:
    ran = modelget("plan", save_workflow(tmp_path / "x.json", VAE))
    assert ran.code == 3
    assert "denied" in ran.out
    assert words in ran.out


def test_a_model_without_any_place_is_unresolved_and_the_hint_says_how_to_name_one(
    modelget, tmp_path
) -> None:
    workflow = save_workflow(tmp_path / "x.json", loader(1, "mystery.safetensors", "loras"))
    ran = modelget("plan", workflow)
    assert ran.code == 3
    assert "unresolved" in ran.out
    assert "--choose mystery.safetensors=ID" in ran.out


def test_choose_names_the_place_that_the_workflow_left_out(modelget, hub, tmp_path) -> None:
    workflow = save_workflow(tmp_path / "x.json", loader(1, "mystery.safetensors", "loras"))
    ran = modelget("plan", workflow, "--json", "--choose", "mystery.safetensors=civitai:4711")
    best = ran.document["requirements"][0]["candidates"][0]
    assert ran.code == 0
    assert best["id"].startswith("civitai:4711")
    assert best["sha256"] == hub.content("civitai/4711/civitai_4711.safetensors").sha256


def test_a_dead_source_is_named_and_the_other_models_still_planned(modelget, tmp_path) -> None:
    modelget.environ["MODELGET_CIVITAI_ENDPOINT"] = "http://127.0.0.1:9"
    other = loader(2, "c.safetensors", "loras", "https://civitai.com/api/download/models/5")
    ran = modelget("plan", save_workflow(tmp_path / "x.json", VAE, other), "--json")
    good, bad = ran.document["requirements"]
    assert ran.code == 3
    assert good["status"] == "fetch"
    assert bad["status"] == "unresolved"
    assert bad["failures"][0]["source"] == "civitai"
    assert bad["failures"][0]["kind"] == "unavailable"


def test_offline_plans_with_what_the_workflow_declares_and_asks_nobody(modelget, hub, tmp_path) -> None:
    ran = modelget("plan", save_workflow(tmp_path / "x.json", VAE), "--json", "--offline")
    assert ran.document["requirements"][0]["candidates"][0]["size"] is None
    assert not hub.requests


def test_a_pickle_waits_for_consent_to_that_very_file(modelget, tmp_path) -> None:
    node = loader(1, "old.ckpt", "checkpoints", hub_link("o/r", "old.ckpt"))
    workflow = save_workflow(tmp_path / "x.json", node)
    refused = modelget("plan", workflow, "--json")
    assert (refused.code, refused.document["requirements"][0]["status"]) == (3, "choose")
    assert "--allow-pickle old.ckpt" in refused.document["requirements"][0]["hint"]
    assert modelget("plan", workflow, "--allow-pickle", "old.ckpt").code == 0
    assert modelget("plan", workflow, "--allow-pickle", "other.ckpt").code == 3


@pytest.mark.parametrize("rules", [HubRules(civitai=(CivitaiVersion(70, barrier="login"),))])
def test_a_civitai_file_behind_a_login_says_which_key_to_set(modelget, tmp_path) -> None:
    node = loader(1, "c.safetensors", "loras", "https://civitai.com/models/7?modelVersionId=70")
    ran = modelget("plan", save_workflow(tmp_path / "x.json", node))
    assert ran.code == 3
    assert "CIVITAI_API_TOKEN" in ran.out


def test_names_cannot_steer_the_terminal(modelget, tmp_path) -> None:
    node = loader(1, "\x1b[2Jevil.safetensors", "vae", hub_link("o/r", "evil.safetensors"))
    ran = modelget("plan", save_workflow(tmp_path / "x.json", node))
    assert "\x1b" not in ran.out + ran.err


def test_a_workflow_comes_in_on_standard_input(modelget, tmp_path, monkeypatch) -> None:
    path = save_workflow(tmp_path / "x.json", VAE)
    with path.open("rb") as file, monkeypatch.context() as patched:
        patched.setattr("sys.stdin", type("Stdin", (), {"buffer": file})())
        ran = modelget("plan", "-", "--json")
    assert ran.document["requirements"][0]["name"] == "ae.safetensors"


def test_an_api_prompt_is_a_workflow_too(modelget, models, tmp_path) -> None:
    prompt = {"3": {"class_type": "VAELoader", "inputs": {"vae_name": "ae.safetensors"}}}
    path = tmp_path / "prompt.json"
    path.write_text(json.dumps(prompt))
    ran = modelget("plan", path, "--json", "--choose", "ae.safetensors=hf:o/r/ae.safetensors")
    assert ran.code == 0
    assert ran.document["requirements"][0] | {"candidates": []} == {
        "name": "ae.safetensors",
        "folder": "vae",
        "wanted_by": ["3"],
        "how": "input",
        "active": True,
        "status": "fetch",
        "path": None,
        "destination": str(models / "vae" / "ae.safetensors"),
        "candidates": [],
        "failures": [],
        "hint": None,
        "warning": None,
        "origin": None,
    }


def test_comfyui_is_found_by_its_folder_with_its_extra_model_paths(modelget, hub, tmp_path, capsys) -> None:
    from modelget.cli import main

    comfyui, shared = tmp_path / "ComfyUI", tmp_path / "shared"
    (comfyui / "models").mkdir(parents=True)
    (comfyui / "main.py").touch()
    (shared / "vaes").mkdir(parents=True)
    (shared / "vaes" / "ae.safetensors").write_bytes(hub.content("o/r/ae.safetensors").read())
    (comfyui / "extra_model_paths.yaml").write_text(f"mine:\n  base_path: {shared.as_posix()}\n  vae: vaes\n")
    workflow = save_workflow(tmp_path / "x.json", VAE)
    code = main(["plan", str(workflow), "--json", "--comfyui", str(comfyui)], modelget.environ)
    document = json.loads(capsys.readouterr().out)
    assert code == 0
    assert Path(document["requirements"][0]["path"]) == shared / "vaes" / "ae.safetensors"
