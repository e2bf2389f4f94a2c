"""A model of Kaggle arrives by its link, alone or out of the archive of its version, and no other bytes do."""

from __future__ import annotations

import pytest
from makers import loader, save_workflow

from modelget.hub import HubRules, KaggleRules

FEW, MANY = "google/unet/pyTorch/base", "google/big/pyTorch/s"
PATHS = ("w/x.pth", "readme.md")
RULES = KaggleRules(files={FEW: PATHS, MANY: (*PATHS, *(f"n{number}.txt" for number in range(30)))})


@pytest.fixture
def install(modelget, tmp_path):
    def install(link: str):
        workflow = save_workflow(tmp_path / "x.json", loader(1, "x.pth", "vae", link))
        return modelget("install", workflow, "--json", "--allow-pickle", "x.pth")

    return install


@pytest.mark.parametrize("rules", [HubRules(kaggle=RULES)])
@pytest.mark.parametrize("handle", [FEW, MANY], ids=["a file by itself", "out of the archive of all"])
def test_it_arrives_by_the_link_to_its_version(install, hub, models, handle) -> None:
    owner, model, framework, variation = handle.split("/")
    link = f"https://www.kaggle.com/models/{owner}/{model}/frameworks/{framework}/variations/{variation}/versions/1"
    ran = install(link)
    assert (ran.code, ran.document["requirements"][0]["status"]) == (0, "present")
    assert (models / "vae" / "x.pth").read_bytes() == hub.content(f"kaggle/{handle}/1/w/x.pth").read()


@pytest.mark.parametrize("rules", [HubRules(kaggle=RULES, corrupt=frozenset({f"kaggle/{FEW}/1/w/x.pth"}))])
def test_one_wrong_byte_is_caught_by_the_md5(install, models) -> None:
    ran = install(f"kaggle:{FEW}/1/w/x.pth")
    (item,) = ran.document["requirements"]
    assert (ran.code, item["error"]["kind"]) == (1, "DigestMismatch")
    assert item["candidates"][0]["digest"].startswith("md5:")
    assert not (models / "vae" / "x.pth").exists()
