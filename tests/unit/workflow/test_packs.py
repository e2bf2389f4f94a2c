"""The tables of community packs, and what they mean for a workflow."""

from __future__ import annotations

import re

import pytest
from graphs import declares, graph, needs, node

from modelget.types import Requirement
from modelget.workflow.loader_nodes import CORE, folder_of, places_of, selects_model
from modelget.workflow.packs import COMMUNITY
from modelget.workflow.packs.fetching import fetches_by_itself
from modelget.workflow.packs.images import IMAGES
from modelget.workflow.packs.suites import SUITES
from modelget.workflow.packs.videos import VIDEOS

FOLDER = re.compile(r"[A-Za-z0-9][\w-]*")


def test_no_node_type_stands_in_two_tables() -> None:
    assert len(COMMUNITY) == len(SUITES) + len(IMAGES) + len(VIDEOS) >= 300
    assert not set(COMMUNITY) & set(CORE)
    assert not [node_type for node_type in COMMUNITY if fetches_by_itself(node_type)]


@pytest.mark.parametrize("node_type", COMMUNITY)
def test_every_row_is_well_formed(node_type: str) -> None:
    row = COMMUNITY[node_type]
    positions = [position for position, _ in row.values() if position is not None]
    assert row
    assert len(set(positions)) == len(positions)
    assert all(folder is None or FOLDER.fullmatch(folder) for _, folder in row.values())
    assert not {folder for _, folder in row.values()} & {"unet", "clip", "unet_gguf", "clip_gguf"}


@pytest.mark.parametrize(
    ("node_type", "values", "folders"),
    [
        ("UnetLoaderGGUF", ["x.gguf"], ["diffusion_models"]),
        ("WanVideoVAELoader", ["x.safetensors", "bf16"], ["vae"]),
        ("UltralyticsDetectorProvider", ["bbox/face.pt"], ["ultralytics"]),
        ("NunchakuPuLIDLoaderV2", ["p.safetensors", "e.pt", "gpu"], ["pulid", "text_encoders"]),
        ("Efficient Loader", ["c.ckpt", "v.pt", -1, "l.pt", 1, 1], ["checkpoints", "vae", "loras"]),
        ("SeargeModelSelector", ["b.pt", "r.pt", "v.pt"], ["checkpoints", "checkpoints", "vae"]),
        ("ClownModelLoader", ["m.sft", "default", "t.sft", ".none", ".none", ".none", "flux", "v.sft"],
         [None, "text_encoders", "vae"]),
    ],
)  # fmt: skip
def test_a_community_loader_places_its_models(
    node_type: str, values: list[object], folders: list[str | None]
) -> None:
    assert [need.folder for need in needs(graph(node(1, node_type, *values)))] == folders


def test_of_an_input_with_files_of_two_folders_only_the_declaration_tells() -> None:
    loader = node(1, "FluxLoader", "m.sft", properties=declares("m.sft", "checkpoints"))
    assert needs(graph(loader))[0].folder == "checkpoints"
    assert folder_of("FluxLoader", "model_name", "m.sft") is None
    assert selects_model("FluxLoader", "model_name")


def test_a_node_of_multi_gpu_with_a_row_of_its_own_keeps_it() -> None:
    assert places_of("CheckpointLoaderAdvancedMultiGPU")[0].folder == "checkpoints"
    assert places_of("UnetLoaderGGUFDisTorch2MultiGPU")[0].folder == "diffusion_models"


# Files that a pack fetches by itself


@pytest.mark.parametrize(
    ("node_type", "name"),
    [("DWPreprocessor", "yolox_l.onnx"), ("RIFE VFI", "rife49.pth"), ("DownloadAndLoadSAM2Model", "sam2.pt")],
)
def test_what_a_node_fetches_by_itself_is_listed_apart_and_inactive(node_type: str, name: str) -> None:
    listed = Requirement(name, None, wanted_by=("1",), how="pack", active=False)
    assert needs(graph(node(1, node_type, name))) == (listed,)
    assert needs({"1": {"class_type": node_type, "inputs": {"ckpt_name": name}}}) == (listed,)


def test_a_file_that_another_node_selects_as_well_is_an_ordinary_need() -> None:
    for nodes in (["RIFE VFI", "VAELoader"], ["VAELoader", "RIFE VFI"]):
        found = needs(graph(*(node(at, node_type, "x.pth") for at, node_type in enumerate(nodes))))
        assert [(need.folder, need.how, need.active) for need in found] == [("vae", "widget", True)]
    both = needs(graph(node(1, "RIFE VFI", "x.pth"), node(2, "SomebodysLoader", "x.pth")))
    assert [(need.how, need.active, need.wanted_by) for need in both] == [("widget", True, ("1", "2"))]
