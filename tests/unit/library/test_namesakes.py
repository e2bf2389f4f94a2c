"""A name without a suffix finds the one file that bears it, and never silently one of two."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelget.library import open_library


def put(path: Path, size: int = 7) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"w" * size)
    return path


@pytest.mark.parametrize("suffix", [".safetensors", ".ckpt", ".pt", ".gguf", ".SafeTensors"])
def test_a_stem_finds_its_file_in_whatever_format(library, models, suffix):
    path = put(models / "checkpoints" / f"dreamshaper_8{suffix}")
    found = library.find("checkpoints", "dreamshaper_8")
    assert found is not None
    assert (found.path, found.size) == (path, 7)


def test_a_stem_with_dots_is_no_suffix(library, models):
    path = put(models / "loras" / "lcm v1.5.safetensors")
    assert library.find("loras", "lcm v1.5").path == path


def test_a_stem_finds_its_file_in_a_sub_folder(library, models):
    path = put(models / "loras" / "SDXL" / "style" / "x.safetensors")
    for name in ("x", "SDXL/style/x", "SDXL\\style\\x", "SDXL_style_x"):
        assert library.find("loras", name).path == path
    assert library.find("loras", "style/x") is None
    assert library.find("loras", "X") is None


def test_a_whole_name_still_means_that_very_place(library, models):
    put(models / "loras" / "SDXL" / "x.safetensors")
    assert library.find("loras", "x.safetensors") is None


@pytest.mark.parametrize("name", ["bad.pt", "bad", "sub/bad", "sub/bad.pt"])
def test_comfyui_finds_an_embedding_in_any_sub_folder(library, models, name):
    path = put(models / "embeddings" / "sub" / "bad.pt")
    assert library.find("embeddings", name).path == path


def test_of_one_embedding_in_several_formats_comfyui_takes_the_first(library, models):
    for suffix in (".bin", ".pt", ".safetensors", ".ckpt"):
        path = put(models / "embeddings" / f"bad{suffix}", len(suffix))
        if suffix != ".ckpt":
            assert library.find("embeddings", "bad").path == path


def test_two_formats_of_one_stem_are_both_told_and_neither_is_taken(library, models):
    both = [put(models / "checkpoints" / f"x{suffix}") for suffix in (".ckpt", ".safetensors")]
    assert library.find("checkpoints", "x") is None
    assert [file.path for file in library.find_all("checkpoints", "x")] == both


def test_the_sub_folder_that_the_name_states_decides(library, models):
    put(models / "loras" / "a" / "x.pt")
    path = put(models / "loras" / "b" / "x.safetensors")
    assert library.find("loras", "b/x").path == path
    top = put(models / "loras" / "x.safetensors", 9)
    assert library.find("loras", "x").path == top


def test_copies_in_two_sub_folders_are_one_file(library, models):
    paths = [put(models / "loras" / place / "x.safetensors") for place in ("a", "b")]
    assert library.find("loras", "x").path == paths[0]
    put(models / "loras" / "c" / "x.safetensors", 8)
    assert library.find("loras", "x") is None


def test_what_is_no_model_file_bears_no_name(library, models):
    put(models / "loras" / "x.txt")
    put(models / "loras" / "x.preview.png")
    put(models / "loras" / ".git" / "x.safetensors")
    (models / "loras" / "x.safetensors").mkdir()
    assert library.find_all("loras", "x") == ()


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "/x", "C:x", "a//b", "x\0"])
def test_a_stem_that_leads_elsewhere_finds_nothing(library, models, name):
    put(models / "x.safetensors")
    put(models / "loras" / "x.safetensors")
    assert library.find_all("loras", name) == ()


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_link_that_leads_back_up_ends(library, models):
    path = put(models / "loras" / "a" / "x.safetensors")
    (models / "loras" / "a" / "loop").symlink_to(models / "loras", target_is_directory=True)
    assert library.find("loras", "x").path == path


def test_the_first_root_hides_the_same_name_in_the_second(library, models):
    put(models / "diffusion_models" / "x.safetensors", 8)
    first = put(models / "unet" / "x.safetensors")
    assert library.find("diffusion_models", "x").path == first


def test_any_folder_is_searched_when_none_is_known(tmp_path):
    models = tmp_path / "models"
    path = put(models / "vae" / "sub" / "x.safetensors")
    assert open_library(models_dir=models).find(None, "x").path == path


def test_a_library_holds_what_lies_in_a_folder_of_that_name(library, models):
    path = put(models / "loras" / "a" / "x.safetensors")
    assert library.holds("loras", path)
    assert not library.holds("vae", path)
    assert not library.holds(None, path)
