"""Paths of this disk as they are told to pages, whatever stands around them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest
from host.stand_in import PACK

from modelget.library import Library


@pytest.fixture(scope="module")
def shown_type():
    """The class out of the pack, with as little of the pack as it needs."""
    for name, folder in (
        ("shown_pack", PACK),
        ("shown_pack.adapters", PACK / "adapters"),
        ("shown_pack.modelget", PACK / "modelget"),
    ):
        module = ModuleType(name)
        module.__path__ = [str(folder)]
        sys.modules[name] = module
    yield importlib.import_module("shown_pack.adapters.shown").Shown
    for name in [name for name in sys.modules if name.startswith("shown_pack")]:
        del sys.modules[name]


def shown(shown_type, root: str, home: str):
    folders = {"vae": (Path(root) / "vae", Path("/disk/more vaes")), "loras": (Path(root) / "loras",)}
    return shown_type(Library(folders, Path(root)), Path(home))


@pytest.mark.skipif(sys.platform == "win32", reason="these paths are of another system")
@pytest.mark.parametrize("root", ["/home/me/ComfyUI/models", "/models", "/m"])
def test_a_path_is_told_by_its_model_folder_and_links_stay_whole(shown_type, root):
    tell = shown(shown_type, root, f"{root}/../user/__modelget").text
    assert (
        tell(f"{root}/vae/SD/a.safetensors is here, but cut short")
        == "vae/SD/a.safetensors is here, but cut short"
    )
    assert tell("/disk/more vaes/a.pt") == "vae/a.pt"
    assert tell(f"file:{root}/loras/x.pt") == "file:loras/x.pt"
    assert tell(f"{root}: 3 GiB needed") == "models: 3 GiB needed"
    for link in (
        f"https://x.example{root}/vae/a.safetensors",
        f"hf:o/r{root}/vae/a",
        f"{root}2/vae",
        f"/other{root}/vae/a",
    ):
        assert tell(link) == link


@pytest.mark.skipif(sys.platform == "win32", reason="these paths are of another system")
def test_settings_at_the_top_of_a_disk_garble_nothing(shown_type):
    tell = shown(shown_type, "/models", "/user/__modelget").text
    assert tell("/user/__modelget/modelget.toml: wrong") == "user/__modelget/modelget.toml: wrong"
    assert tell("https://x.example/a/b and a/b / c") == "https://x.example/a/b and a/b / c"


@pytest.mark.skipif(sys.platform == "win32", reason="these paths are of another system")
def test_a_path_elsewhere_is_told_by_its_name_alone(shown_type):
    assert shown(shown_type, "/m", "/u/__modelget").path(Path("/secret/place/a.pt")) == "a.pt"
