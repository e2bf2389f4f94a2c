"""Questions to a real ComfyUI's folder_paths, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

COMFYUI = os.environ.get("COMFYUI_DIR", "")
PYTHON = os.environ.get("COMFYUI_PYTHON", sys.executable)

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


def ask_folder_paths(base: Path, questions: list[tuple[str, str]]) -> Any:
    """Return {"roots", "found"}: every folder's roots, and the full path of each (folder, name)."""
    ran = subprocess.run(
        [PYTHON, "-c", ASK, str(base), json.dumps(questions)], capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])
