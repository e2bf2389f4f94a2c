from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelget.errors import UnsafePath
from modelget.library import Library, disk, open_library, places

FORBIDDEN = [
    "custom_nodes",
    "configs",
    "datasets",
    "Custom_Nodes",
    "CONFIGS",
    "custom\uff3fnodes",
    "configs.",
    " datasets ",
]


def refused(library: Library, folder: str, name: str) -> UnsafePath:
    with pytest.raises(UnsafePath) as caught:
        library.places().destination(folder, name)
    return caught.value


def test_a_new_file_goes_into_its_folder(library, models):
    assert (
        library.places().destination("vae", "sub\\ae.safetensors")
        == models / "vae" / "sub" / "ae.safetensors"
    )


def test_asking_creates_nothing(library, models):
    library.places().destination("gligen", "a/b/x.pt")
    assert not (models / "gligen").exists()


@pytest.mark.parametrize("name", ["unet", "diffusion_models", "clip", "text_encoders"])
def test_a_new_file_goes_into_the_folder_of_todays_name(library, models, name):
    today = {"unet": "diffusion_models", "clip": "text_encoders"}.get(name, name)
    assert library.places().destination(name, "x.gguf").parent == models / today


def test_the_owners_default_root_wins(comfyui, tmp_path):
    (comfyui / "extra_model_paths.yaml").write_text(
        f"disk:\n  base_path: {tmp_path}\n  is_default: true\n  unet: big/unet\n  vae: big/VAE\n"
    )
    library = open_library(comfyui=comfyui)
    assert library.places().destination("diffusion_models", "x.pt") == tmp_path / "big" / "unet" / "x.pt"
    assert library.places().destination("vae", "x.pt") == tmp_path / "big" / "VAE" / "x.pt"


def test_the_owner_may_make_the_old_folder_the_default(comfyui):
    (comfyui / "extra_model_paths.yaml").write_text("here:\n  is_default: true\n  unet: models/unet\n")
    library = open_library(comfyui=comfyui)
    assert library.places().destination("diffusion_models", "x.pt").parent == comfyui / "models" / "unet"


def test_an_extra_root_that_is_no_default_gets_no_new_files(comfyui, tmp_path):
    (comfyui / "extra_model_paths.yaml").write_text(f"disk:\n  base_path: {tmp_path}\n  vae: VAE\n")
    assert (
        open_library(comfyui=comfyui).places().destination("vae", "x.pt").parent == comfyui / "models" / "vae"
    )


def test_a_first_root_outside_the_models_folder_was_put_there_by_the_owner(tmp_path):
    roots = (tmp_path / "disk", tmp_path / "models" / "unet", tmp_path / "models" / "diffusion_models")
    library = Library({"diffusion_models": roots}, tmp_path / "models")
    assert library.places().destination("diffusion_models", "x.pt").parent == tmp_path / "disk"


@pytest.mark.parametrize("folder", FORBIDDEN, ids=ascii)
def test_a_folder_that_is_not_for_models_is_refused_however_it_is_spelt(library, models, folder):
    assert "never" in refused(library, folder, "x.safetensors").reason


def test_an_unknown_folder_is_refused_and_the_hint_says_what_to_do(library):
    error = refused(library, "ipadapter", "x.safetensors")
    assert "not one of ComfyUI's model folders" in error.reason
    assert "create it" in error.hint


def test_a_folder_that_a_pack_made_is_accepted(library, models):
    (models / "ipadapter").mkdir()
    assert library.places().destination("ipadapter", "x.pt") == models / "ipadapter" / "x.pt"


@pytest.mark.parametrize(
    "folder", ["a/b", "a\\b", "..", ".", "", ".modelget", "ipadapter/..", "nul", "a.", "C:", "\0", "\ud800"]
)
def test_a_pack_folder_must_be_one_safe_component(library, models, folder):
    for made in ("a/b", ".modelget", "ipadapter"):
        (models / made).mkdir(parents=True)
    refused(library, folder, "x.pt")


def test_a_file_in_the_models_folder_is_not_a_pack_folder(library, models):
    (models / "readme").touch()
    refused(library, "readme", "x.pt")


def test_another_spelling_of_a_known_folder_is_refused_because_comfyui_would_not_look_there(library, models):
    (models / "VAE").mkdir(exist_ok=True)
    refused(library, "VAE", "x.pt")


def test_a_pack_folder_that_links_to_code_is_refused(library, comfyui, models):
    (models / "sneaky").symlink_to(comfyui / "custom_nodes")
    assert "code" in refused(library, "sneaky", "x.pt").reason


def test_a_root_around_the_code_folder_never_reaches_into_it(comfyui):
    (comfyui / "extra_model_paths.yaml").write_text("here:\n  loras: .\n  is_default: true\n")
    library = open_library(comfyui=comfyui)
    assert library.places().destination("loras", "x.pt") == comfyui / "x.pt"
    assert (
        library.places().destination("loras", "custom_nodes/x.pt").parent
        == comfyui / "models" / "loras" / "custom_nodes"
    )


def test_a_code_folder_of_another_name_is_off_limits_too(comfyui, tmp_path):
    (comfyui / "extra_model_paths.yaml").write_text(
        f"x:\n  base_path: {tmp_path}\n  custom_nodes: plugins\n  ipadapter: plugins/ip/models\n"
    )
    assert "code" in refused(open_library(comfyui=comfyui), "ipadapter", "x.pt").reason


def test_a_whole_installation_below_somebodys_custom_nodes_works(tmp_path):
    home = tmp_path / "custom_nodes" / "modelget" / "demo"
    (home / "models").mkdir(parents=True)
    assert open_library(comfyui=home).places().destination("vae", "x.pt") == home / "models" / "vae" / "x.pt"


def test_a_linked_root_is_the_owners_choice(library, models, tmp_path):
    (tmp_path / "big disk").mkdir()
    (models / "loras").rmdir()
    (models / "loras").symlink_to(tmp_path / "big disk")
    assert library.places().destination("loras", "sub/x.pt") == models / "loras" / "sub" / "x.pt"


@pytest.mark.parametrize("target", ["{tmp}/elsewhere", "../checkpoints", "{tmp}", "/"])
def test_a_linked_sub_folder_that_leads_out_is_refused(library, models, tmp_path, target):
    (models / "loras" / "out").symlink_to(target.format(tmp=tmp_path))
    assert "leads out" in refused(library, "loras", "out/x.pt").reason
    assert "leads out" in refused(library, "loras", "out/deeper/x.pt").reason


def test_a_neighbour_with_the_same_beginning_is_outside(library, models):
    (models / "loras-private").mkdir()
    (models / "loras" / "out").symlink_to(models / "loras-private")
    refused(library, "loras", "out/x.pt")


def test_a_linked_sub_folder_that_stays_inside_is_fine(library, models):
    (models / "loras" / "real").mkdir()
    (models / "loras" / "alias").symlink_to("real")
    assert library.places().destination("loras", "alias/x.pt") == models / "loras" / "alias" / "x.pt"


def test_a_link_in_the_files_place_is_refused_even_when_it_is_broken(library, models, tmp_path):
    for name, target in (
        ("a.pt", tmp_path / "nowhere"),
        ("b.pt", models / "vae"),
        ("c.pt", models.parent / "main.py"),
    ):
        (models / "loras" / name).symlink_to(target)
        assert "has this name" in refused(library, "loras", name).reason


def test_a_folder_in_the_files_place_is_refused(library, models):
    (models / "loras" / "x.pt").mkdir()
    assert "has this name" in refused(library, "loras", "x.pt").reason


@pytest.mark.parametrize("blocker", ["file", "broken link", "loop"])
def test_something_that_is_no_folder_in_the_way_is_refused(library, models, blocker):
    place = models / "loras" / "sub"
    if blocker == "file":
        place.touch()
    else:
        place.symlink_to("sub" if blocker == "loop" else "missing")
    assert "not a folder" in refused(library, "loras", "sub/x.pt").reason
    assert "not a folder" in refused(library, "loras", "sub/deeper/x.pt").reason


def test_an_existing_file_of_the_same_name_is_the_fetchers_business(library, models):
    (models / "loras" / "x.pt").touch()
    assert library.places().destination("loras", "x.pt") == models / "loras" / "x.pt"


def test_a_name_that_differs_only_by_case_is_refused(library, models):
    (models / "loras" / "Style.safetensors").touch()
    assert "Style.safetensors" in refused(library, "loras", "style.SAFETENSORS").reason
    assert library.places().destination("loras", "sub/style.safetensors")


def test_a_file_that_macos_lists_decomposed_is_the_same_file(library, models, monkeypatch):
    monkeypatch.setattr(places, "names_in", lambda folder: ["e\u0301.pt"])
    assert library.places().destination("loras", "é.pt")
    assert "cannot tell" in refused(library, "loras", "É.pt").reason


def test_a_read_only_root_is_passed_over_for_the_next_one(library, comfyui, models, monkeypatch):
    # chmod does not stop root, and Windows has no such bit: take the permission away at the question.
    monkeypatch.setattr(disk.os, "access", lambda place, mode: not Path(place).is_relative_to(models))
    assert library.places().destination("vae", "x.pt") == comfyui / "output" / "vae" / "x.pt"


def test_with_nowhere_to_write_the_usual_place_is_named(library, models, monkeypatch):
    monkeypatch.setattr(disk.os, "access", lambda place, mode: False)
    assert library.places().destination("vae", "x.pt") == models / "vae" / "x.pt"


def test_two_windows_drives_are_never_inside_one_another(library, monkeypatch):
    def refuse(paths: tuple[str, str]) -> str:
        raise ValueError("Paths don't have the same drive")

    monkeypatch.setattr(os.path, "commonpath", refuse)
    assert "leads out" in refused(library, "vae", "x.pt").reason


PIECES = st.sampled_from(
    ["..", ".", "", "/", "\\", "a", "x.safetensors", "out", "inside", ".pt", "C:", "~", "custom_nodes", "nul", " ",
     "\0", "\u202e", "\u200b", "\uff0f", "\uff0e\uff0e", "\u2024\u2024", "%2e%2e", "\ud800", "é", "e\u0301", "\u2215",
     "//", "..\\", "../", "/..", "file://", "\\\\?\\", "$HOME", "`id`", ";", "\n", "con", ":", "*", "loop"]
)  # fmt: skip
NAMES = st.one_of(
    st.lists(PIECES, max_size=9).map("/".join),
    st.lists(PIECES, max_size=9).map("".join),
    st.lists(PIECES, max_size=6).map(lambda pieces: "/".join(pieces) + ".safetensors"),
    st.text(max_size=40).map(lambda text: f"{text}.pt"),
    st.text(alphabet="./\\ab\u202e:", max_size=12).map(lambda text: f"{text}x.pt"),
)
FOLDERS = st.one_of(
    st.sampled_from(["vae", "loras", "clip", "unet", "pack", "linked", *FORBIDDEN]),
    st.lists(PIECES, max_size=4).map("".join),
)


@pytest.fixture(scope="module")
def trapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("comfyui")
    (home / "custom_nodes").mkdir()
    for folder in ("vae", "loras", "pack", "configs", ".modelget"):
        (home / "models" / folder / "inside").mkdir(parents=True)
        (home / "models" / folder / "out").symlink_to(home)
        (home / "models" / folder / "loop").symlink_to("loop")
        (home / "models" / folder / "x.safetensors").symlink_to(home / "main.py")
    (home / "models" / "linked").symlink_to(home / "custom_nodes")
    return home


@settings(
    max_examples=2000, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
@given(folder=FOLDERS, name=NAMES)
def test_whatever_the_name_nothing_is_ever_outside_the_models_folder(trapped, folder, name):
    library = open_library(comfyui=trapped)
    library.find(folder, name)
    try:
        path = library.places().destination(folder, name)
    except UnsafePath:
        return
    roots = [*library.folders.get(folder, ()), trapped / "models"]
    real = Path(os.path.realpath(path))
    assert any(path.is_relative_to(root) and real.is_relative_to(os.path.realpath(root)) for root in roots)
    for forbidden in ("custom_nodes", "models/configs", "models/.modelget"):
        assert not real.is_relative_to(trapped / forbidden)
    assert not path.is_symlink()
    assert ".." not in path.parts
