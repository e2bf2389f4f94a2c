"""Tokens set over HTTP: kept where the settings read them, tried, cleared, and never shown again."""

from __future__ import annotations

import stat
import sys

import requests
from makers import hub_link, loader

from modelget.hub import HubRules

HUB = HubRules(gated=frozenset({"o/gated"}), tokens={"hf_right_token": frozenset({"o/gated"})})
ENVIRON = {"HF_TOKEN": ""}


def test_a_token_opens_what_was_closed_and_is_nowhere_to_be_read(client, host):
    assert client.get("settings")["credentials"]["huggingface"] == {"set": False, "stored": False}
    assert client.post("credentials/huggingface/test")["result"] == "none"
    node = loader(1, "closed.safetensors", "vae", hub_link("o/gated", "closed.safetensors"))
    plan = client.plan(node)
    assert plan["requirements"][0]["status"] == "denied"

    answer = client.post("credentials/huggingface", {"token": "hf_right_token"})

    assert answer["credentials"]["huggingface"] == {"set": True, "stored": True}
    assert client.post("credentials/huggingface/test")["result"] == "works"
    plan = client.post(f"plans/{plan['plan']}/rescan")
    assert plan["requirements"][0]["status"] == "fetch"
    client.post(f"plans/{plan['plan']}/install", status=202)
    assert client.wait_for("vae/closed.safetensors", "present", "failed")["phase"] == "present"

    told = [str(client.get(path)) for path in ("settings", "state", f"plans/{plan['plan']}")]
    assert not any("hf_right_token" in text for text in told)
    file = host.base / "user" / "__modelget" / "credentials.json"
    assert "hf_right_token" in file.read_text()
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for path in (
        "userdata/..%2f__modelget%2fcredentials.json",
        "userdata/__modelget%2fcredentials.json",
        "view?filename=..%2fuser%2f__modelget%2fcredentials.json",
    ):
        assert "hf_right_token" not in requests.get(f"{client.url}/{path}", timeout=30).text


def test_a_wrong_token_is_said_to_be_refused_and_can_be_cleared(client):
    client.post("credentials/huggingface", {"token": "hf_wrong_token"})
    tried = client.post("credentials/huggingface/test")
    assert tried["result"] == "refused"
    assert "hf_wrong_token" not in str(tried)
    cleared = client.post("credentials/huggingface", {"token": None})
    assert cleared["credentials"]["huggingface"] == {"set": False, "stored": False}


def test_what_is_no_token_is_refused_and_not_repeated(client):
    for token in ("with space", "line\nbreak", "x" * 5000, "é"):
        answer = client.send("credentials/huggingface", {"token": token})
        assert answer.status_code == 409
        assert token not in answer.text
    assert client.get("settings")["credentials"]["huggingface"]["stored"] is False
