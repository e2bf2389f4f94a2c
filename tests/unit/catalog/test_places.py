"""Where packages are looked for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from modelget.catalog.places import package_folders


@pytest.mark.parametrize(
    "place",
    [
        "ComfyUI/venv/lib/python3.12/site-packages",
        "ComfyUI/.venv/lib/python3.10/site-packages",
        "ComfyUI/env/Lib/site-packages",
        "venv/lib/python3.13/site-packages",
        ".venv/Lib/site-packages",
        "python_embeded/Lib/site-packages",
    ],
)
def test_the_environment_beside_comfyui_comes_first(tmp_path: Path, place: str) -> None:
    (tmp_path / "ComfyUI").mkdir()
    (tmp_path / place).mkdir(parents=True)
    assert package_folders(tmp_path / "ComfyUI")[0].resolve() == tmp_path / place


def test_without_one_the_running_python_counts(tmp_path: Path) -> None:
    assert package_folders(tmp_path) == package_folders(None)
    assert package_folders(None)


def test_the_current_folder_and_scripts_are_no_place_for_packages(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(sys, "path", ["", ".", str(tmp_path), str(tmp_path / "site-packages")])
    assert package_folders(None) == (tmp_path / "site-packages",)
