from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from modelget.library import Library, open_library

from_windows = "SDXL\\sub\\x.safetensors"


def put(path: Path, data: bytes = b"weights") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_a_file_is_found_with_its_size(library, models):
    path = put(models / "vae" / "ae.safetensors", b"12345")
    found = library.find("vae", "ae.safetensors")
    assert found is not None
    assert (found.path, found.size) == (path, 5)


def test_a_missing_file_is_not_found(library):
    assert library.find("vae", "ae.safetensors") is None


def test_a_file_of_another_folder_is_not_found(library, models):
    put(models / "loras" / "x.safetensors")
    assert library.find("vae", "x.safetensors") is None


def test_a_backslash_means_a_sub_folder(library, models):
    path = put(models / "checkpoints" / "SDXL" / "sub" / "x.safetensors")
    assert library.find("checkpoints", from_windows).path == path


def test_the_same_name_in_another_sub_folder_is_not_the_same_file(library, models):
    put(models / "checkpoints" / "x.safetensors")
    assert library.find("checkpoints", "SDXL/x.safetensors") is None
    assert library.find(None, "SDXL/x.safetensors") is None


def test_the_first_root_in_comfyuis_order_wins(library, models):
    second = put(models / "diffusion_models" / "x.safetensors")
    assert library.find("diffusion_models", "x.safetensors").path == second
    first = put(models / "unet" / "x.safetensors")
    assert library.find("diffusion_models", "x.safetensors").path == first


@pytest.mark.parametrize(("old", "place"), [("unet", "unet"), ("clip", "text_encoders"), ("clip", "clip")])
def test_old_folder_names_still_work(library, models, old, place):
    path = put(models / place / "x.safetensors")
    assert library.find(old, "x.safetensors").path == path


def test_a_directory_is_not_a_model_file(library, models):
    (models / "diffusers" / "x.safetensors").mkdir(parents=True)
    assert library.find("diffusers", "x.safetensors") is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_a_model_file(library, models):
    os.mkfifo(models / "vae" / "x.safetensors")
    assert library.find("vae", "x.safetensors") is None


def test_links_are_followed_as_comfyui_does(library, models, tmp_path):
    outside = put(tmp_path / "big disk" / "x.safetensors", b"123")
    (models / "vae" / "linked.safetensors").symlink_to(outside)
    (models / "loras" / "shared").symlink_to(outside.parent)
    assert library.find("vae", "linked.safetensors").size == 3
    assert library.find("loras", "shared/x.safetensors").size == 3


def test_a_broken_link_is_passed_over_for_the_next_root(library, models, tmp_path):
    (models / "unet").mkdir()
    (models / "unet" / "x.safetensors").symlink_to(tmp_path / "nowhere")
    path = put(models / "diffusion_models" / "x.safetensors")
    assert library.find("diffusion_models", "x.safetensors").path == path


def test_without_a_folder_every_model_folder_is_asked(library, models):
    path = put(models / "upscale_models" / "x.pth")
    assert library.find(None, "x.pth").path == path


def test_without_a_folder_the_folders_that_packs_made_are_asked_too(library, models):
    path = put(models / "ipadapter" / "x.safetensors")
    assert library.find(None, "x.safetensors").path == path
    assert library.find("ipadapter", "x.safetensors").path == path


def test_folders_that_hold_no_models_are_never_searched(library, comfyui, models):
    put(models / "configs" / "x.safetensors")
    put(comfyui / "custom_nodes" / "x.safetensors")
    put(models / ".modelget" / "x.safetensors")
    for folder in (
        None,
        "configs",
        "custom_nodes",
        "datasets",
        ".modelget",
        ".",
        "..",
        "",
        "../custom_nodes",
    ):
        assert library.find(folder, "x.safetensors") is None


@pytest.mark.parametrize(
    "name", ["../vae/x.pt", "..", "", "/etc/passwd", "a\0b", "\ud800.pt", "C:\\x.pt", "x" * 9000]
)
def test_an_unsafe_name_is_simply_not_found(library, models, name):
    put(models / "vae" / "x.pt")
    assert library.find("loras", name) is None
    assert library.find(None, name) is None


@pytest.mark.parametrize("folder", ["VAE", "nope", "a/b", "vae/", "vae/../vae", "\0", "\ud800", "x" * 999])
def test_an_unknown_folder_is_simply_empty(library, models, folder):
    put(models / "vae" / "x.pt")
    assert library.find(folder, "x.pt") is None


def test_a_name_is_looked_up_exactly_as_written(library, models):
    name = unicodedata.normalize("NFD", "é.safetensors")
    put(models / "vae" / name)
    assert library.find("vae", name) is not None


def test_opening_and_finding_write_nothing(comfyui):
    before = sorted(comfyui.rglob("*"))
    library = open_library(comfyui=comfyui)
    library.find(None, "x.pt")
    list(library.suspects("x.pt", 1))
    library.digest_of(comfyui / "main.py")
    library.places().staging(library.places().destination("vae", "x.pt"))
    assert sorted(comfyui.rglob("*")) == before


def test_the_folders_cannot_be_changed_from_outside(library):
    with pytest.raises(TypeError):
        library.folders["vae"] = ()


def test_a_library_takes_the_hosts_own_table(tmp_path):
    table = {"vae": (tmp_path / "vae",), "configs": (tmp_path,), "custom_nodes": (tmp_path / "nodes",)}
    assert dict(Library(table, tmp_path).folders) == {"vae": (tmp_path / "vae",)}
