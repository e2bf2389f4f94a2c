"""Our nodes while the owner wants to be asked first: the error says what is missing and what to press."""

from __future__ import annotations

from host.contract.test_nodes import failure, node, pixels, ran
from host.tiny_models import tiny_vae

from modelget.hub import HubRules

HUB = HubRules(files={"o/r/asked.safetensors": tiny_vae()})


def test_a_missing_model_is_an_error_with_size_source_and_what_to_press(client, models):
    said = failure(
        client, pixels(node("LoadVAE", model="asked.safetensors", source="hf:o/r/asked.safetensors"))
    )
    assert "vae/asked.safetensors is missing: " in said
    assert "MB from hf:o/r/asked.safetensors@" in said
    assert "Press Install in the Modelget panel" in said
    assert not (models / "vae" / "asked.safetensors").exists()


def test_after_install_was_pressed_the_same_prompt_runs(client):
    vae = node("LoadVAE", model="asked.safetensors", source="hf:o/r/asked.safetensors")
    prompt = pixels(vae)
    plan = client.post("plan", {"workflow": prompt})
    client.post(f"plans/{plan['plan']}/install", status=202)
    assert ran(client, prompt)["4"]["images"]
