"""Our nodes in a prompt, with the owner's permission to fetch what is sure: models come, are proven, and are loaded."""

from __future__ import annotations

import hashlib
import json
from io import BytesIO

import pytest
import requests
from host.tiny_models import tiny_vae, upscaler
from PIL import Image

from modelget.hub import HubRules
from modelget.workflow import parse
from modelget.workflow.packs import OWN_WIDGETS

ENVIRON = {"MODELGET_AUTOFETCH": "auto"}
HUB = HubRules(
    files={
        **{f"o/r/{name}.safetensors": tiny_vae() for name in ("vae1", "vae2", "vae3", "vae4")},
        "o/r/up1.safetensors": upscaler(),
        "o/r/up2.safetensors": upscaler(8),
        "o/r/wrong.safetensors": tiny_vae(),
    }
)
FROM_SOURCE = "(as its source calls it)"
VAE_SHA = hashlib.sha256(tiny_vae()).hexdigest()


def pixels(vae_node: dict, prefix: str = "made") -> dict:
    """Decode an empty latent with what a node gives as VAE, and save the picture."""
    return {
        "1": vae_node,
        "2": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}},
        "3": {"class_type": "VAEDecode", "inputs": {"samples": ["2", 0], "vae": ["1", 0]}},
        "4": {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "filename_prefix": prefix}},
    }


def node(kind: str, **inputs: object) -> dict:
    return {"class_type": f"Modelget{kind}", "inputs": inputs}


def ran(client, prompt: dict) -> dict:
    answer = client.queue(prompt)
    assert answer.status_code == 200, answer.text
    outcome = client.outcome(answer.json()["prompt_id"])
    assert outcome["status"]["status_str"] == "success", outcome["status"]
    return outcome["outputs"]


def failure(client, prompt: dict) -> str:
    """Queue a prompt that fails while it runs, and return what the node said."""
    answer = client.queue(prompt)
    assert answer.status_code == 200, answer.text
    outcome = client.outcome(answer.json()["prompt_id"])
    assert outcome["status"]["status_str"] == "error", outcome
    (message,) = [data for kind, data in outcome["status"]["messages"] if kind == "execution_error"]
    return message["exception_message"]


def refusal(client, prompt: dict) -> str:
    """Queue a prompt that is refused before it runs, and return why."""
    answer = client.queue(prompt)
    assert answer.status_code == 400, answer.text
    return answer.text


def test_a_vae_that_is_missing_is_fetched_proven_and_makes_a_picture(client, models):
    prompt = pixels(
        node("LoadVAE", model="vae1.safetensors", source="hf:o/r/vae1.safetensors", sha256=VAE_SHA)
    )
    (image,) = ran(client, prompt)["4"]["images"]
    shown = requests.get(f"{client.url}/view", params=image, timeout=30)
    with Image.open(BytesIO(shown.content)) as picture:
        assert picture.size == (64, 64)
    assert hashlib.sha256((models / "vae" / "vae1.safetensors").read_bytes()).hexdigest() == VAE_SHA


def test_without_a_name_the_file_is_called_as_its_source_calls_it(client, models):
    ran(client, pixels(node("LoadVAE", model=FROM_SOURCE, source="hf:o/r/vae2.safetensors", sha256="")))
    assert (models / "vae" / "vae2.safetensors").is_file()


def test_an_upscaler_is_fetched_and_enlarges(client):
    prompt = pixels(node("LoadVAE", model="vae1.safetensors", source="hf:o/r/vae1.safetensors"))
    prompt["5"] = node("LoadUpscaleModel", model="up1.safetensors", source="hf:o/r/up1.safetensors")
    prompt["6"] = {
        "class_type": "ImageUpscaleWithModel",
        "inputs": {"upscale_model": ["5", 0], "image": ["3", 0]},
    }
    prompt["4"]["inputs"]["images"] = ["6", 0]
    assert ran(client, prompt)["4"]["images"]


def test_get_model_gives_its_name_to_a_loader_of_anybody(client, models):
    prompt = pixels({"class_type": "VAELoader", "inputs": {"vae_name": ["7", 0]}})
    prompt["7"] = node(
        "GetModel", folder="vae", model="sub/vae3.safetensors", source="hf:o/r/vae3.safetensors"
    )
    assert ran(client, prompt)["4"]["images"]
    assert (models / "vae" / "sub" / "vae3.safetensors").is_file()


def test_a_digest_that_the_bytes_have_not_stops_the_prompt_and_nothing_is_placed(client, models):
    wrong = node("LoadVAE", model="wrong.safetensors", source="hf:o/r/wrong.safetensors", sha256="0" * 64)
    said = failure(client, pixels(wrong))
    assert "wrong.safetensors" in said
    assert not (models / "vae" / "wrong.safetensors").exists()


def test_an_installed_file_is_compared_with_the_digest_that_the_node_names(client, models):
    (models / "vae").mkdir(parents=True, exist_ok=True)
    (models / "vae" / "mine.safetensors").write_bytes(tiny_vae())
    said = failure(client, pixels(node("LoadVAE", model="mine.safetensors", source="", sha256="1" * 64)))
    assert "mine.safetensors: expected sha256:1111" in said
    ran(client, pixels(node("LoadVAE", model="mine.safetensors", source="", sha256=VAE_SHA)))


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"model": "x.safetensors", "source": "https://evil.example/x.safetensors"}, "is not an id"),
        ({"model": "x.safetensors", "source": "file:///etc/passwd"}, "is not an id"),
        ({"model": "x.safetensors", "source": "../../x.safetensors"}, "is not an id"),
        ({"model": "x.safetensors", "source": "hf:o/r/x.safetensors", "sha256": "short"}, "64 hexadecimal"),
        ({"model": FROM_SOURCE, "source": ""}, "Choose an installed model"),
    ],
)
def test_links_paths_and_nonsense_are_refused_before_anything_runs(client, hub, inputs, words):
    before = hub.storage_bytes
    assert words in refusal(client, pixels(node("LoadVAE", **inputs)))
    assert hub.storage_bytes == before


@pytest.mark.parametrize(
    "name", ["../escaped.safetensors", "/etc/escaped.safetensors", "a/../../escaped.safetensors"]
)
def test_a_name_cannot_lead_out_of_its_folder(client, models, name):
    answer = client.queue(pixels(node("LoadVAE", model=name, source="hf:o/r/vae1.safetensors")))
    if answer.status_code == 200:
        outcome = client.outcome(answer.json()["prompt_id"])
        assert outcome["status"]["status_str"] == "error"
    assert not list(models.parent.rglob("escaped.safetensors"))


def test_a_pickle_is_not_fetched_for_a_node(client, models):
    said = failure(client, pixels(node("LoadVAE", model="old.ckpt", source="hf:o/r/old.ckpt")))
    assert "old.ckpt" in said
    assert not (models / "vae" / "old.ckpt").exists()


def test_verify_model_tells_right_from_wrong(client, models):
    (models / "vae").mkdir(parents=True, exist_ok=True)
    (models / "vae" / "check.safetensors").write_bytes(tiny_vae())
    right = ran(
        client, {"1": node("VerifyModel", folder="vae", model="check.safetensors", source="", sha256=VAE_SHA)}
    )
    assert "right" in right["1"]["text"][0]
    wrong = ran(
        client,
        {"1": node("VerifyModel", folder="vae", model="check.safetensors", source="", sha256="2" * 64)},
    )
    assert "WRONG" in wrong["1"]["text"][0]
    assert VAE_SHA in wrong["1"]["text"][0]


def test_a_model_card_tells_source_digest_and_licence_and_fetches_nothing(client, models):
    card = ran(
        client,
        {"1": node("ModelCard", folder="vae", model="vae4.safetensors", source="hf:o/r/vae4.safetensors")},
    )
    text = card["1"]["text"][0]
    assert "not here" in text
    assert f"sha256:{VAE_SHA}" in text
    assert "licence: " in text
    assert not (models / "vae" / "vae4.safetensors").exists()


def test_get_workflow_models_gets_all_that_a_pasted_workflow_names(client, models):
    workflow = """{"nodes": [{"id": 1, "type": "UpscaleModelLoader", "mode": 0, "widgets_values": ["up2.safetensors"],
      "properties": {"models": [{"name": "up2.safetensors", "directory": "upscale_models",
        "url": "https://huggingface.co/o/r/resolve/main/up2.safetensors"}]}}], "links": []}"""
    told = ran(client, {"1": node("GetWorkflowModels", workflow=workflow)})
    assert told["1"]["text"] == ["upscale_models/up2.safetensors: here"]
    assert (models / "upscale_models" / "up2.safetensors").is_file()


def test_every_node_is_described_with_its_inputs(client):
    info = requests.get(f"{client.url}/object_info", timeout=60).json()
    ours = {name: entry for name, entry in info.items() if name.startswith("Modelget")}
    assert len(ours) == 11
    for entry in ours.values():
        assert entry["description"]
        assert entry["category"] == "model/loaders/modelget"
        inputs = entry["input"]["required"] | entry["input"].get("optional", {})
        assert not {"url", "path"} & inputs.keys()


@pytest.mark.parametrize(("node_type", "widgets"), OWN_WIDGETS.items())
def test_a_workflow_keeps_the_values_in_the_order_in_which_we_read_them(client, node_type, widgets):
    info = requests.get(f"{client.url}/object_info/{node_type}", timeout=60).json()[node_type]["input"]
    inputs = info["required"] | info.get("optional", {})
    sockets = ("MODEL", "CLIP")
    assert [name for name, spec in inputs.items() if spec[0] not in sockets] == list(widgets)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_node_has_help_that_names_its_inputs(client, language):
    info = requests.get(f"{client.url}/object_info", timeout=60).json()
    for name in (name for name in info if name.startswith("Modelget")):
        help_page = requests.get(
            f"{client.url}/extensions/modelget-pack/docs/{name}/{language}.md", timeout=30
        )
        assert help_page.status_code == 200, name
        assert help_page.text.startswith("# ")


def test_the_page_gets_our_nodes_in_chinese(client):
    told = requests.get(f"{client.url}/i18n", timeout=30).json()
    info = requests.get(f"{client.url}/object_info", timeout=60).json()
    ours = {name: entry for name, entry in info.items() if name.startswith("Modelget")}
    assert told["zh"]["nodeDefs"].keys() == ours.keys()
    for name, entry in ours.items():
        inputs = entry["input"]["required"] | entry["input"].get("optional", {})
        assert set(told["zh"]["nodeDefs"][name]["inputs"]) <= set(inputs), name


def test_the_words_for_no_model_and_for_the_sources_own_name_are_read_as_such(client):
    told = requests.get(f"{client.url}/object_info/ModelgetLoadTextEncoder", timeout=60).json()
    inputs = told["ModelgetLoadTextEncoder"]["input"]
    (none, from_source, *_files) = inputs["optional"]["model2"][1]["options"]
    said = {"model1": from_source, "source1": "civitai:7", "model2": none, "source2": "civitai:8"}
    (need,) = parse(json.dumps({"1": node("LoadTextEncoder", **said)}).encode(), "prompt").requirements
    assert (need.name, need.urls) == ("", ("civitai:7",))
