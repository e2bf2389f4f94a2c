"""``POST /prompt`` under ``autofetch = ask``: ComfyUI's own validation, and what we add to its refusals."""

from __future__ import annotations

import requests
from makers import hub_link, loader

ENVIRON = {"MODELGET_AUTOFETCH": "ask"}

IMAGE = {"class_type": "EmptyImage", "inputs": {"width": 16, "height": 16, "batch_size": 1, "color": 0}}


def saving(image, name="saved"):
    return {"class_type": "SaveImage", "inputs": {"images": [image, 0], "filename_prefix": name}}


def decoded_with(vae):
    return {
        "1": {"class_type": "VAELoader", "inputs": {"vae_name": vae}},
        "2": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}},
        "3": {"class_type": "VAEDecode", "inputs": {"samples": ["2", 0], "vae": ["1", 0]}},
        "4": saving("3"),
    }


def test_a_prompt_whose_models_are_here_goes_through_unchanged(client):
    answer = client.queue({"1": IMAGE, "2": saving("1")})
    assert answer.status_code == 200
    assert answer.json()["node_errors"] == {}
    outcome = client.outcome(answer.json()["prompt_id"])
    assert outcome["status"]["status_str"] == "success"
    assert outcome["outputs"]["2"]["images"]


def test_a_missing_model_is_refused_by_comfyui_and_we_say_what_to_do(client, hub):
    asked = len(hub.requests)
    answer = client.queue(decoded_with("gone.safetensors"))
    assert answer.status_code == 400
    body = answer.json()
    (error,) = body["node_errors"]["1"]["errors"]
    assert (body["error"]["type"], error["type"]) == ("prompt_outputs_failed_validation", "value_not_in_list")
    told = body["error"]["extra_info"]["modelget"]
    assert [one["file"] for one in told["missing"]] == ["vae/gone.safetensors"]
    assert "Install" in told["hint"]
    assert "autofetch" in told["hint"]
    assert len(hub.requests) == asked


def test_the_place_that_the_browsers_workflow_declares_is_told(client):
    link = hub_link("o/r", "declared.safetensors")
    workflow = {"nodes": [loader(1, "declared.safetensors", "vae", link)], "links": [], "version": 0.4}
    answer = client.queue(
        decoded_with("declared.safetensors"), extra_data={"extra_pnginfo": {"workflow": workflow}}
    )
    assert answer.status_code == 400
    (missing,) = answer.json()["error"]["extra_info"]["modelget"]["missing"]
    assert missing["source"] == link


def test_a_good_output_runs_beside_a_bad_one(client):
    answer = client.queue(decoded_with("gone.safetensors") | {"8": IMAGE, "9": saving("8")})
    assert answer.status_code == 200
    assert set(answer.json()["node_errors"]) == {"1"}
    assert client.outcome(answer.json()["prompt_id"])["outputs"]["9"]["images"]


def test_other_refusals_of_comfyui_stay_as_they_are(client):
    unknown = ("missing_node_type", "invalid_prompt")  # the second from 0.3.64
    for prompt, kinds in (({"1": {"class_type": "NoSuchNode", "inputs": {}}}, unknown), ({"1": IMAGE}, ("prompt_no_outputs",))):  # fmt: skip
        answer = client.queue(prompt)
        assert answer.status_code == 400
        assert answer.json()["error"]["type"] in kinds
        assert "modelget" not in answer.json()["error"]["extra_info"]
    answer = requests.post(f"{client.url}/api/prompt", json={"nonsense": 1}, timeout=30)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "no_prompt")


def test_a_body_that_is_no_json_is_left_to_comfyui(client):
    answer = requests.post(f"{client.url}/prompt", data=b"{", timeout=30)
    assert answer.status_code in (400, 500)
    assert requests.get(f"{client.url}/prompt", timeout=30).status_code == 200
