"""``POST /prompt`` under ``autofetch = off``: nothing of ours."""

from __future__ import annotations

from host.prompts import from_browser, picture

ENVIRON = {"MODELGET_AUTOFETCH": "off"}


def test_the_answer_is_comfyuis_own(client, hub):
    answer = client.queue(picture("gone.safetensors"), **from_browser(("gone.safetensors", "vae", "o/r")))
    assert answer.status_code == 400
    assert answer.json()["error"]["extra_info"] == {}
    assert hub.requests == []
