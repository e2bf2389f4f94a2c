"""ComfyUI's folders and nodes in the words of the core, as they are at the moment."""

from __future__ import annotations

import json
import threading

import pytest
from host.stand_in import StandIn
from host.stand_in.recorded import is_here, model_inputs

pytestmark = pytest.mark.skipif(not is_here(), reason="no recordings in ../shared/data/host")


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    with StandIn(tmp_path_factory.mktemp("host") / "ComfyUI") as running:
        yield running


@pytest.fixture(scope="module")
def pack(host):
    """The pack's modules by the names they have in the repository."""
    __import__(f"{host.pack.__name__}.adapters.office")

    class Pack:
        folders = __import__("sys").modules[f"{host.pack.__name__}.adapters.folders"]
        office = __import__("sys").modules[f"{host.pack.__name__}.adapters.office"]

    return Pack


def test_the_library_has_comfyuis_folders_and_keeps_its_index_while_they_stay(host, pack):
    folders = pack.folders.Folders()
    library = folders.library()
    assert library.models_root == host.models
    assert "vae" in library.folders
    assert not {"custom_nodes", "configs", "datasets"} & library.folders.keys()
    assert folders.library() is library


def test_a_place_that_is_added_later_counts_at_once(host, pack, tmp_path):
    folders, paths = pack.folders.Folders(), host.modules["folder_paths"]
    before = folders.library()
    (tmp_path / "later.safetensors").write_bytes(b"x")
    paths.add_model_folder_path("vae", str(tmp_path))
    paths.add_model_folder_path("of_a_pack", str(tmp_path / "new"))
    try:
        assert before.find("vae", "later.safetensors") is None
        assert folders.library().find("vae", "later.safetensors").path == tmp_path / "later.safetensors"
        assert "of_a_pack" in folders.library().folders
    finally:
        paths.folder_names_and_paths["vae"][0].remove(str(tmp_path))
        del paths.folder_names_and_paths["of_a_pack"]


def test_new_files_go_where_the_owner_put_the_default_and_else_into_the_folder_of_that_name(
    host, pack, tmp_path
):
    folders, paths = pack.folders.Folders(), host.modules["folder_paths"]
    assert (
        folders.library().places().destination("diffusion_models", "x.safetensors").parent
        == host.models / "diffusion_models"
    )
    paths.add_model_folder_path("loras", str(tmp_path), is_default=True)
    try:
        assert folders.library().places().destination("loras", "x.safetensors").parent == tmp_path
    finally:
        paths.folder_names_and_paths["loras"][0].remove(str(tmp_path))


def test_settings_are_kept_out_of_reach_of_the_routes_for_users(host, pack):
    assert pack.folders.home() == host.base / "user" / "__modelget"


def silent_about(places):
    """Return the loaders' inputs whose folder the host does not tell."""
    return {
        (node, name)
        for node, inputs in model_inputs().items()
        for name, folder in inputs.items()
        if folder not in {place.folder for place in places.get(node, ()) if place.input == name}
    }


def test_every_loader_of_comfyui_says_its_folder_even_when_it_is_empty(pack):
    # These two put a list together themselves: out of nothing, nothing that could tell.
    by_hand = {("VAELoader", "vae_name"), ("TrainLoraNode", "existing_lora")}
    assert silent_about(pack.folders.loaders().places) == by_hand


def test_a_file_tells_its_folder_though_others_hold_one_of_the_same_name(host, pack):
    for folder in ("vae", "loras", "checkpoints"):
        (host.models / folder / "same_name.safetensors").write_bytes(b"x")
    assert silent_about(pack.folders.loaders().places) == set()


def test_nodes_that_fail_or_are_unknown_say_nothing_and_other_threads_see_plain_lists(host, pack):
    class Broken:
        @classmethod
        def INPUT_TYPES(cls):  # noqa: N802
            raise RuntimeError("not ready")

    seen = []

    class Slow:
        @classmethod
        def INPUT_TYPES(cls):  # noqa: N802
            paths = host.modules["folder_paths"]
            other = threading.Thread(target=lambda: seen.append(type(paths.get_filename_list("vae"))))
            other.start()
            other.join()
            return {
                "required": {"name": (["None", *paths.get_filename_list("loras")], {})},
                "optional": {"n": ("INT",)},
            }

    classes = host.modules["nodes"].NODE_CLASS_MAPPINGS
    classes |= {"Broken": Broken, "Slow": Slow}
    (host.models / "loras" / "one.safetensors").write_bytes(b"x")
    places = pack.folders.loaders().places
    assert "Broken" not in places
    assert "NoSuchNode" not in places
    assert [(place.input, place.folder) for place in places["Slow"]] == [("name", "loras")]
    assert seen == [list]
    assert json.dumps(host.modules["folder_paths"].get_filename_list("loras"))
