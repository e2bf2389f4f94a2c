from __future__ import annotations

from pathlib import Path

import pytest

from modelget.library import Library, open_library


@pytest.fixture
def comfyui(tmp_path: Path) -> Path:
    home = tmp_path / "ComfyUI"
    for folder in ("models/checkpoints", "models/loras", "models/vae", "models/configs", "custom_nodes"):
        (home / folder).mkdir(parents=True)
    (home / "main.py").touch()
    return home


@pytest.fixture
def models(comfyui: Path) -> Path:
    return comfyui / "models"


@pytest.fixture
def library(comfyui: Path) -> Library:
    return open_library(comfyui=comfyui)
