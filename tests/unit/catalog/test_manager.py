"""ComfyUI-Manager's list of models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelget.catalog.manager import read_manager_lists
from modelget.types import Evidence

URL = "https://huggingface.co/o/r/resolve/main/x.safetensors"


def row(**more: object) -> dict[str, object]:
    """A row as the list of ComfyUI-Manager 4.3 has them."""
    return {
        "name": "X (fp16)",
        "type": "lora",
        "base": "SDXL",
        "save_path": "loras",
        "description": "A LoRA",
        "reference": "https://huggingface.co/o/r",
        "filename": "x.safetensors",
        "url": URL,
        "size": "123.4MB",
        **more,
    }


def save(folder: Path, *rows: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model-list.json"
    path.write_text(json.dumps({"models": list(rows)}))
    return path


def read(comfyui: Path, *rows: object):
    save(comfyui / "custom_nodes" / "comfyui-manager", *rows)
    return list(read_manager_lists([], comfyui))


def test_a_row_is_a_name_a_folder_and_a_link(comfyui) -> None:
    (found,) = read(comfyui, row())
    assert (found.name, found.folder, found.url) == ("x.safetensors", "loras", URL)
    assert (found.named_by, found.trust) == ("ComfyUI-Manager's list", Evidence.TRUSTED_NAME)


@pytest.mark.parametrize(
    ("kind", "save_path", "folder", "name"),
    [
        ("upscale", "default", "upscale_models", "x.safetensors"),
        ("VAE", "default", "vae", "x.safetensors"),
        ("clip", "default", "text_encoders", "x.safetensors"),
        ("T2I-Adapter", "default", "controlnet", "x.safetensors"),
        ("checkpoint", "checkpoints/SDXL", "checkpoints", "SDXL/x.safetensors"),
        ("clip", "clip/t5", "text_encoders", "t5/x.safetensors"),
        ("diffusion_model", "unet", "diffusion_models", "x.safetensors"),
        ("Ultralytics", "ultralytics/bbox", "ultralytics", "bbox/x.safetensors"),
        ("checkpoint", "checkpoints\\SDXL", "checkpoints", "SDXL/x.safetensors"),
    ],
)
def test_the_place_becomes_a_model_folder(comfyui, kind, save_path, folder, name) -> None:
    (found,) = read(comfyui, row(type=kind, save_path=save_path))
    assert (found.folder, found.name) == (folder, name)


@pytest.mark.parametrize(
    "odd",
    [
        None,
        5,
        "x",
        [],
        {},
        row(filename="<huggingface>"),
        row(filename=None),
        row(filename=["x.safetensors"]),
        row(filename="../x.safetensors"),
        row(filename="x.py"),
        row(filename="x"),
        row(url=None),
        row(url="o/r"),
        row(url="https://x y"),
        row(save_path="custom_nodes/pack/models"),
        row(save_path="../.."),
        row(save_path="loras/../../x"),
        row(save_path="/etc"),
        row(save_path="default", type="something new"),
        row(save_path=7, type=None),
    ],
)
def test_a_row_that_is_no_file_in_a_model_folder_is_left_out(comfyui, odd) -> None:
    found = read(comfyui, odd, row(filename="good.safetensors"))
    assert [one.name for one in found] == ["good.safetensors"]


@pytest.mark.parametrize("content", ["", "[]", "{", '{"models": {}}', "[" * 100_000, '{"models": null}'])
def test_a_broken_list_is_no_list(comfyui, content) -> None:
    save(comfyui / "custom_nodes" / "m").write_text(content)
    assert list(read_manager_lists([], comfyui)) == []


def test_the_pip_package_counts_too(tmp_path) -> None:
    save(tmp_path / "comfyui_manager", row())
    assert len(list(read_manager_lists([tmp_path], None))) == 1
