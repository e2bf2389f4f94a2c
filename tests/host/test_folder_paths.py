"""The library and the real ``folder_paths.py`` must name the same places; needs COMFYUI_DIR."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from real_host import COMFYUI, ask_folder_paths

from modelget.library import open_library

pytestmark = pytest.mark.skipif(not COMFYUI, reason="COMFYUI_DIR is not set")

NOT_MODELS = {"custom_nodes", "configs", "datasets"}
YAML = """\
nothing:
first:
  base_path: {disk}/a
  vae: VAE/
  unet: |
    u1
    ../a/./u2
  ipadapter: ip
default:
  base_path: $MODELGET_TEST_DISK
  is_default: true
  loras: |
    lora one
    lora two
  diffusion_models: dm
  custom_nodes: nodes
  configs: lora one
tilde:
  base_path: ~/models
  clip: c
relative:
  base_path: side/by
  checkpoints: ck
bare:
  checkpoints: |
    models/checkpoints
    {disk}/absolute
  vae: models//vae/
moved:
  is_default: true
  controlnet: models/t2i_adapter
"""
FILES = [
    "models/vae/a.pt", "models/vae/sub/b.pt", "{disk}/a/VAE/a.pt", "{disk}/a/VAE/c.pt", "{disk}/a/u1/u.pt",
    "models/diffusion_models/u.pt", "models/unet/w.pt", "{disk}/lora one/l.pt", "{disk}/lora two/l.pt",
    "output/clip/t.pt", "output/loras/o.pt", "{disk}/a/ip/i.pt", "side/by/ck/k.pt", "models/t2i_adapter/n.pt",
    "models/checkpoints/.hidden.pt", "models/checkpoints/odd name!.safetensors",
]  # fmt: skip
FOLDERS = ["vae", "unet", "diffusion_models", "loras", "clip", "text_encoders", "checkpoints", "controlnet",
           "ipadapter", "nope", "VAE"]  # fmt: skip
NAMES = ["a.pt", "sub/b.pt", "b.pt", "c.pt", "u.pt", "w.pt", "l.pt", "t.pt", "o.pt", "i.pt", "k.pt", "n.pt", "sub",
         "broken.pt", "linked.pt", ".hidden.pt", "odd name!.safetensors", "A.PT", "missing.pt"]  # fmt: skip


@pytest.mark.parametrize("yaml", [None, YAML, "example"], ids=["defaults", "extra", "example"])
def test_the_library_names_the_places_that_comfyui_names(tmp_path, monkeypatch, yaml):
    base, disk = tmp_path / "base", tmp_path / "disk"
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("MODELGET_TEST_DISK", str(disk))
    for name in FILES:
        path = base / name.format(disk=disk)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (base / "models" / "vae" / "broken.pt").symlink_to("nowhere")
    (base / "models" / "vae" / "linked.pt").symlink_to(disk / "a" / "u1" / "u.pt")
    if yaml == "example":
        lines = (Path(COMFYUI) / "extra_model_paths.yaml.example").read_text(encoding="utf-8").splitlines()
        commented = (
            line.removeprefix("#")
            for line in lines
            if not line.startswith(("#R", "#config", "#your", "#all", "#  ")) or ":" in line or "/" in line
        )
        yaml = "\n".join(
            line for line in commented if not line.startswith((" For", "Rename", "config", "your", "all"))
        )
    if yaml:
        (base / "extra_model_paths.yaml").write_text(yaml.format(disk=disk), encoding="utf-8")

    questions = [(folder, name) for folder in FOLDERS for name in NAMES]
    host = ask_folder_paths(base, questions)

    library = open_library(comfyui=base)
    ours = {name: [str(root) for root in roots] for name, roots in library.folders.items()}
    assert ours == {
        name: [os.path.normpath(p) for p in paths]
        for name, paths in host["roots"].items()
        if name not in NOT_MODELS
    }
    found = [library.find(folder, name) for folder, name in questions]
    assert [str(file.path) if file else None for file in found] == host["found"]
    assert sum(file is not None for file in found) > 5
