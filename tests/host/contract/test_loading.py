"""What our loaders hand to ComfyUI: the same weights as its own loaders do, from files that are what they say."""

from __future__ import annotations

import hashlib
import io
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import requests
import torch
from host.contract.test_nodes import failure, node, pixels, ran
from host.tiny_models import tiny_vae, upscaler
from PIL import Image
from safetensors.torch import load

from modelget.hub import HubRules

pytest.importorskip("torch")


def pickled(content: object, *, as_zip: bool = True) -> bytes:
    written = io.BytesIO()
    torch.save(content, written, _use_new_zipfile_serialization=as_zip)
    return written.getvalue()


WEIGHTS = load(tiny_vae())
OPTIMIZER = {"state": {0: {"exp_avg": torch.zeros(3)}}, "param_groups": [{"lr": 1e-4, "params": [0]}]}
CHECKPOINT = pickled({"state_dict": WEIGHTS, "optimizer_states": [OPTIMIZER], "epoch": 3})
NESTED = pickled({"model": WEIGHTS, "optimizer": OPTIMIZER, "epoch": 3}, as_zip=False)
HUB = HubRules(files={"o/r/fetched.ckpt": CHECKPOINT})


def put(folder: Path, name: str, content: bytes) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return name


def picture(client, prompt: dict) -> bytes:
    (image,) = ran(client, prompt)["4"]["images"]
    shown = requests.get(f"{client.url}/view", params=image, timeout=30)
    with Image.open(BytesIO(shown.content)) as opened:
        return opened.tobytes()


def as_comfyui_loads(client, name: str) -> bytes:
    return picture(client, pixels({"class_type": "VAELoader", "inputs": {"vae_name": name}}))


def as_we_load(client, name: str, **more: str) -> bytes:
    return picture(client, pixels(node("LoadVAE", model=name, source="", **more)))


def enlarged(client, loader: dict, prompt: dict) -> bytes:
    prompt["5"] = loader
    prompt["6"] = {
        "class_type": "ImageUpscaleWithModel",
        "inputs": {"upscale_model": ["5", 0], "image": ["3", 0]},
    }
    prompt["4"]["inputs"]["images"] = ["6", 0]
    return picture(client, prompt)


def test_a_picture_is_the_same_to_the_last_bit_whoever_loaded_the_vae(client, models):
    name = put(models / "vae", "same.safetensors", tiny_vae())
    assert as_we_load(client, name) == as_comfyui_loads(client, name)


def test_a_picture_is_the_same_to_the_last_bit_whoever_loaded_the_upscaler(client, models):
    vae = {
        "class_type": "VAELoader",
        "inputs": {"vae_name": put(models / "vae", "v.safetensors", tiny_vae())},
    }
    name = put(models / "upscale_models", "u.safetensors", upscaler())
    theirs = {"class_type": "UpscaleModelLoader", "inputs": {"model_name": name}}
    assert enlarged(client, node("LoadUpscaleModel", model=name, source=""), pixels(vae)) == enlarged(
        client, theirs, pixels(vae)
    )


def test_an_installed_checkpoint_with_optimizer_state_gives_its_weights(client, models):
    name = put(models / "vae", "old.ckpt", CHECKPOINT)
    put(models / "vae", "new.safetensors", tiny_vae())
    assert as_we_load(client, name) == as_comfyui_loads(client, "new.safetensors")


def test_weights_that_are_nested_where_comfyui_does_not_look_are_found(client, models):
    name = put(models / "vae", "nested.pt", NESTED)
    put(models / "vae", "new.safetensors", tiny_vae())
    assert as_we_load(client, name) == as_comfyui_loads(client, "new.safetensors")


def test_tensors_under_the_name_of_a_pickle_are_loaded_as_what_they_are(client, models):
    name = put(models / "vae", "tensors.pt", tiny_vae())
    put(models / "vae", "new.safetensors", tiny_vae())
    assert as_we_load(client, name) == as_comfyui_loads(client, "new.safetensors")


def test_a_pickle_under_the_name_of_tensors_is_refused_before_it_is_loaded(client, models):
    name = put(models / "vae", "hidden.safetensors", CHECKPOINT)
    said = failure(client, pixels(node("LoadVAE", model=name, source="")))
    assert "hidden.safetensors" in said
    assert "this is a pickle, which can run code when loaded" in said


class Hostile:
    """Makes a file when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> Any:
        return (open, (str(self.canary), "w"))


def test_an_installed_pickle_that_asks_for_code_runs_none_and_says_so(client, models, tmp_path):
    canary = tmp_path / "canary"
    name = put(models / "vae", "hostile.pt", pickled({"a": Hostile(canary)}))
    assert "asks for code" in failure(client, pixels(node("LoadVAE", model=name, source="")))
    assert not canary.exists()


def test_a_pickle_that_must_be_fetched_needs_consent_first(client, models):
    vae = node("LoadVAE", model="fetched.ckpt", source="hf:o/r/fetched.ckpt")
    assert "fetched.ckpt" in failure(client, pixels(vae))
    plan = client.post("plan", {"workflow": pixels(vae)})
    client.post(f"plans/{plan['plan']}/install", {"item": "0", "allow_pickle": True}, status=202)
    client.wait_for("vae/fetched.ckpt", "present")
    sha256 = hashlib.sha256(CHECKPOINT).hexdigest()
    put(models / "vae", "new.safetensors", tiny_vae())
    assert as_we_load(client, "fetched.ckpt", sha256=sha256) == as_comfyui_loads(client, "new.safetensors")


def test_a_broken_file_is_told_in_the_hosts_own_words(client, models):
    name = put(models / "vae", "cut.safetensors", tiny_vae()[:-1])
    assert failure(client, pixels(node("LoadVAE", model=name, source="")))
