"""The library and the real ``folder_paths.py`` must name the same places; needs COMFYUI_DIR."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from modelget.library import open_library

COMFYUI = os.environ.get("COMFYUI_DIR", "")
PYTHON = os.environ.get("COMFYUI_PYTHON", sys.executable)

pytestmark = pytest.mark.skipif(not COMFYUI, reason="COMFYUI_DIR is not set")

ASK = """
import json, os, sys
base, questions = sys.argv[1], json.loads(sys.argv[2])
sys.argv[1:] = ["--base-directory", base]
sys.path.insert(0, os.environ["COMFYUI_DIR"])
import comfy.options
comfy.options.enable_args_parsing()
import folder_paths, utils.extra_config
file = os.path.join(base, "extra_model_paths.yaml")
if os.path.isfile(file):
    utils.extra_config.load_extra_path_config(file)
for name in ("checkpoints", "clip", "vae", "diffusion_models", "loras"):  # as main.py does
    folder_paths.add_model_folder_path(name, os.path.join(folder_paths.get_output_directory(), name))
print(json.dumps({
    "roots": {name: paths for name, (paths, _) in folder_paths.folder_names_and_paths.items()},
    "found": [folder_paths.get_full_path(*question) for question in questions],
}))
"""
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
    answer = subprocess.run(
        [PYTHON, "-c", ASK, str(base), json.dumps(questions)], capture_output=True, text=True, timeout=120
    )
    assert answer.returncode == 0, answer.stderr
    host = json.loads(answer.stdout.splitlines()[-1])

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
