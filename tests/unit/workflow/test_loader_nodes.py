from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelget.model_folders import current_folder
from modelget.workflow.loader_nodes import CORE, folder_of, places_of

FACTS = json.loads((Path(__file__).parent / "data" / "core_loaders.json").read_bytes())["loaders"]


def test_the_core_table_says_exactly_what_a_running_comfyui_says() -> None:
    table = sorted(
        [node, name, position, folder]
        for node, rows in CORE.items()
        for name, (position, folder) in rows.items()
    )
    assert table == sorted(FACTS)


@pytest.mark.parametrize(("node", "name", "position", "folder"), FACTS)
def test_each_core_input_has_its_folder(node: str, name: str, position: int, folder: str) -> None:
    assert folder_of(node, name, "x.safetensors") == folder
    assert (name, position, folder) in places_of(node)


def test_an_unknown_input_of_a_loader_with_a_single_folder_lies_there() -> None:
    assert folder_of("DualCLIPLoader", None, "x.safetensors") == "text_encoders"


def test_an_unknown_input_of_a_loader_with_two_folders_is_not_guessed() -> None:
    assert folder_of("LTXAVTextEncoderLoader", None, "x.safetensors") is None


def test_an_unknown_node_has_no_folder() -> None:
    assert folder_of("SomebodysLoader", "ckpt_name", "x.safetensors") is None


def test_a_video_tae_chosen_as_vae_lies_in_vae_approx() -> None:
    assert folder_of("VAELoader", "vae_name", "taehv.safetensors") == "vae_approx"


@pytest.mark.parametrize("ending", ["MultiGPU", "DisTorchMultiGPU", "DisTorch2MultiGPU"])
def test_the_multi_gpu_twin_of_a_loader_has_the_same_folders(ending: str) -> None:
    assert folder_of("UNETLoader" + ending, "unet_name", "x.safetensors") == "diffusion_models"


@pytest.mark.parametrize(
    ("old", "new"), [("unet", "diffusion_models"), ("clip", "text_encoders"), ("vae", "vae")]
)
def test_legacy_folder_names_become_todays(old: str, new: str) -> None:
    assert current_folder(old) == new
