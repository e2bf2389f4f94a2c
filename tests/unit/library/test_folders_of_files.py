"""Folder models on disk: where one is, where a new one goes, and the paths inside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelget.errors import UnsafePath
from modelget.library import inside
from modelget.types import Requirement

ROOT = Path("/models/diffusers/x")


def test_a_folder_is_found_with_the_size_of_all_its_files(library, models) -> None:
    place = models / "diffusers" / "mine" / "sdxl"
    (place / "vae").mkdir(parents=True)
    (place / "a.json").write_bytes(b"12345")
    (place / "vae" / "b.json").write_bytes(b"123")
    for name in ("mine/sdxl", "mine\\sdxl"):
        found = library.find_folder("diffusers", name)
        assert (found.path, found.size) == (place, 8)
    assert library.locate(Requirement("mine/sdxl", "diffusers", is_folder=True)) == found
    assert library.locate(Requirement("mine/sdxl", "diffusers")) is None


@pytest.mark.parametrize("name", ["", ".", "..", "../vae", "C:\\x", "none", "a.json"])
def test_what_is_no_folder_below_its_model_folder_is_not_found(library, models, name) -> None:
    (models / "diffusers").mkdir(exist_ok=True)
    (models / "diffusers" / "a.json").touch()
    assert library.find_folder("diffusers", name) is None
    assert library.find_folder(None, name) is None


def test_a_new_folder_goes_below_its_model_folder_and_asking_creates_nothing(library, models) -> None:
    assert (
        library.places().folder_destination("diffusers", "mine\\sdxl-1.0")
        == models / "diffusers" / "mine" / "sdxl-1.0"
    )
    assert not (models / "diffusers" / "mine").exists()


@pytest.mark.parametrize(
    "name", ["", "..", "a/../..", "/abs", "C:\\x", "nul", "a:b", ".hidden", "a.", "a\nb", "x/" * 9 + "x"]
)
def test_an_unsafe_name_is_refused(library, name) -> None:
    with pytest.raises(UnsafePath):
        library.places().folder_destination("diffusers", name)


def test_a_name_that_is_taken_is_refused_whatever_has_it(library, models) -> None:
    place = models / "diffusers"
    (place / "Folder").mkdir(parents=True)
    (place / "file").touch()
    (place / "link").symlink_to(models / "loras", target_is_directory=True)
    for name in ("Folder", "folder", "link"):
        with pytest.raises(UnsafePath):
            library.places().folder_destination("diffusers", name)


@pytest.mark.parametrize("folder", ["custom_nodes", "configs", "nonsense"])
def test_a_folder_that_is_none_for_models_is_refused(library, folder) -> None:
    with pytest.raises(UnsafePath):
        library.places().folder_destination(folder, "x")


def test_the_files_of_a_model_lie_below_it() -> None:
    assert inside(ROOT, ["a.json", "unet/b.safetensors"]) == (
        ROOT / "a.json",
        ROOT / "unet" / "b.safetensors",
    )


@pytest.mark.parametrize(
    "names",
    [
        ["../x.json"],
        ["a/../../x.json"],
        ["/x.json"],
        ["C:/x.json"],
        ["..\\x.json"],
        ["x.py"],
        ["x"],
        ["aux.json"],
        [".x.json"],
        ["a.json", "A.json"],
        ["u/a.json", "U/A.JSON"],
        ["\u00e9.json", "e\u0301.json"],
        ["a.json", "a.json/b.json"],
        ["a.json/b.json", "A.json"],
    ],
)
def test_names_that_could_lead_elsewhere_or_mean_one_file_are_refused(names) -> None:
    with pytest.raises(UnsafePath):
        inside(ROOT, names)


@given(st.lists(st.text(max_size=12).map(lambda text: f"{text}.json"), max_size=4))
def test_whatever_the_names_are_no_path_leaves_the_folder(names) -> None:
    try:
        paths = inside(ROOT, names)
    except UnsafePath:
        return
    assert all(Path(os.path.normpath(path)).is_relative_to(ROOT) and path != ROOT for path in paths)
    assert len({str(path).casefold() for path in paths}) == len(names)
