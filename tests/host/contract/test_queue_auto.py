"""``POST /prompt`` under ``autofetch = auto``: the prompt waits for its models, and what is not sure is not fetched."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
import requests
from host.prompts import from_browser, picture
from host.tiny_models import tiny_vae, upscaler
from PIL import Image

from modelget.hub import DriveRules, HubRules

ENVIRON = {"MODELGET_AUTOFETCH": "auto"}
HUB = HubRules(
    files={
        **{f"o/r/{name}.safetensors": tiny_vae() for name in ("tiny_vae", "six", "found")},
        "o/r/tiny_upscaler.safetensors": upscaler(),
        "o/bad/wrong_bytes.safetensors": tiny_vae(16),  # bytes that are nowhere here yet
    },
    corrupt=frozenset({"o/bad/wrong_bytes.safetensors"}),
    gated=frozenset({"o/gated"}),
    google_drive=DriveRules(files={"0B_unproven": "unproven.safetensors"}),
)


def test_a_prompt_with_missing_models_waits_for_them_and_makes_its_picture(client, models):
    sent = from_browser(
        ("tiny_vae.safetensors", "vae", "o/r"), ("tiny_upscaler.safetensors", "upscale_models", "o/r")
    )
    answer = client.queue(picture("tiny_vae.safetensors", "tiny_upscaler.safetensors"), **sent)
    assert answer.status_code == 200, answer.text
    outcome = client.outcome(answer.json()["prompt_id"])
    assert outcome["status"]["status_str"] == "success", outcome
    (image,) = outcome["outputs"]["4"]["images"]
    found = requests.get(f"{client.url}/view", params=image, timeout=30)
    with Image.open(BytesIO(found.content)) as opened:
        assert opened.size in ((128, 128), (64, 64))  # enlarged, where the nodes are real
    assert (models / "vae" / "tiny_vae.safetensors").is_file()


def test_six_clients_that_send_the_same_prompt_share_one_fetch(client, hub):
    sent = from_browser(("six.safetensors", "vae", "o/r"))
    before = hub.storage_bytes
    with ThreadPoolExecutor(6) as pool:
        answers = list(
            pool.map(lambda n: client.queue(picture("six.safetensors", prefix=f"n{n}"), **sent), range(6))
        )
    assert [answer.status_code for answer in answers] == [200] * 6
    assert hub.storage_bytes - before < 2 * len(tiny_vae())


@pytest.mark.parametrize(
    ("name", "folder", "repo"),
    [
        ("wrong_bytes.safetensors", "vae", "o/bad"),
        ("behind_a_gate.safetensors", "vae", "o/gated"),
        ("runs_code.ckpt", "vae", "o/r"),
    ],
)
def test_what_is_wrong_gated_or_could_run_code_never_runs(client, models, name, folder, repo):
    answer = client.queue(picture(name), **from_browser((name, folder, repo)))
    assert answer.status_code == 400
    (missing,) = answer.json()["error"]["extra_info"]["modelget"]["missing"]
    assert missing["file"] == f"{folder}/{name}"
    assert not (models / folder / name).exists()


def test_what_its_place_proves_by_no_digest_waits_for_a_person(client, models):
    sent = from_browser(("unproven.safetensors", "vae", "o/r"))
    node = sent["extra_data"]["extra_pnginfo"]["workflow"]["nodes"][0]
    node["properties"]["models"][0]["url"] = "https://drive.google.com/file/d/0B_unproven/view"
    answer = client.queue(picture("unproven.safetensors"), **sent)
    assert answer.status_code == 400
    (missing,) = answer.json()["error"]["extra_info"]["modelget"]["missing"]
    assert "0B_unproven" in missing["source"]
    assert not (models / "vae" / "unproven.safetensors").exists()


def test_a_failure_is_told_with_its_reason(client):
    answer = client.queue(
        picture("wrong_bytes.safetensors"), **from_browser(("wrong_bytes.safetensors", "vae", "o/bad"))
    )
    (missing,) = answer.json()["error"]["extra_info"]["modelget"]["missing"]
    assert "expected sha256" in missing["problem"]


def test_a_link_to_a_host_that_is_not_listed_is_never_asked(client):
    sent = from_browser(("elsewhere.safetensors", "vae", "o/r"))
    node = sent["extra_data"]["extra_pnginfo"]["workflow"]["nodes"][0]
    node["properties"]["models"][0]["url"] = "http://169.254.169.254/elsewhere.safetensors"
    answer = client.queue(picture("elsewhere.safetensors"), **sent)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.9"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_who_may_not_change_anything_cannot_make_us_fetch(client, hub, models, headers):
    before = len(hub.requests)
    body = {"prompt": picture("found.safetensors")} | from_browser(("found.safetensors", "vae", "o/r"))
    answer = requests.post(f"{client.url}/prompt", json=body, headers=headers, timeout=60)
    assert answer.status_code == 400
    assert len(hub.requests) == before
    assert not (models / "vae" / "found.safetensors").exists()


def test_a_prompt_that_needs_nothing_asks_nobody(client, hub):
    before = len(hub.requests)
    image = {"class_type": "EmptyImage", "inputs": {"width": 16, "height": 16, "batch_size": 1, "color": 0}}
    saved = {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}
    assert client.queue({"1": image, "2": saved}).status_code == 200
    assert len(hub.requests) == before
