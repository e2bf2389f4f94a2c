"""What is installed for a workflow is what the real ComfyUI finds; needs COMFYUI_DIR."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from real_host import COMFYUI, ask_folder_paths
from templates import template_files, without_conflicts

from modelget.cli import main

pytestmark = pytest.mark.skipif(not COMFYUI, reason="COMFYUI_DIR is not set")


def test_comfyui_finds_every_installed_model_under_the_name_that_its_loader_has(
    hub, tmp_path, capsys
) -> None:
    base = tmp_path / "ComfyUI"
    (base / "models").mkdir(parents=True)
    chosen, places = without_conflicts(template_files(), at_least=60)
    environ = {"HF_ENDPOINT": hub.endpoint, "MODELGET_ALLOW_HOSTS": hub.storage_origin}

    assert main(["install", *map(str, chosen), "--json", "--comfyui", str(base)], environ) == 0

    found = ask_folder_paths(base, list(places))["found"]
    assert len(found) > 50
    for path, key in zip(found, places.values(), strict=True):
        assert path is not None, key
        assert hashlib.sha256(Path(path).read_bytes()).hexdigest() == hub.content(key).sha256
