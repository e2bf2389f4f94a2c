"""A model of each zoo and of ModelScope arrives by the link that a workflow declares, and no other bytes do."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from makers import loader, save_workflow

from modelget.hub import EmbeddedHub, HubRules, ModelScopeRules
from modelget.hub.detectron2 import DETECTRON2
from modelget.hub.modelscope import commit_of
from modelget.hub.openmmlab import OPENMMLAB
from modelget.hub.pytorch_hub import PYTORCH_HUB

ZOOS = {
    "detectron2": (DETECTRON2, "/detectron2/COCO-Detection/faster_rcnn/137849458/model_final.pkl"),
    "openmmlab": (OPENMMLAB, "/mmdetection/v2.0/faster_rcnn/faster_rcnn_20200130.pth"),
    "pytorch_hub": (PYTORCH_HUB, "/models/vgg16.pth"),
}
STRICT = ("detectron2", "pytorch_hub")


@pytest.fixture(params=ZOOS)
def zoo(request):
    return ZOOS[request.param]


def link_of(hub: EmbeddedHub, zoo) -> str:
    place, path = zoo
    return place.link(hub.content(place.key(path)), path)


def install(modelget, tmp_path: Path, link: str, name: str, **more):
    workflow = save_workflow(tmp_path / "x.json", loader(1, name, "vae", link, **more))
    return modelget("install", workflow, "--json", "--allow-pickle", name)


def test_a_file_of_a_zoo_arrives_by_its_link(modelget, hub, models, tmp_path, zoo) -> None:
    ran = install(modelget, tmp_path, link_of(hub, zoo), "x.pth")
    place, path = zoo
    (item,) = ran.document["requirements"]
    assert (ran.code, item["status"], item["warning"]) == (0, "present", None)
    arrived = (models / "vae" / "x.pth").read_bytes()
    assert hashlib.sha256(arrived).hexdigest() == hub.content(place.key(path)).sha256


@pytest.mark.parametrize(
    ("zoo", "rules"),
    [(ZOOS[name], HubRules(corrupt=frozenset({ZOOS[name][0].key(ZOOS[name][1])}))) for name in STRICT],
    ids=STRICT,
)
def test_one_wrong_byte_is_caught_by_the_first_digits(modelget, hub, models, tmp_path, zoo) -> None:
    ran = install(modelget, tmp_path, link_of(hub, zoo), "x.pth")
    (item,) = ran.document["requirements"]
    assert (ran.code, item["error"]["kind"]) == (1, "DigestMismatch")
    assert not (models / "vae" / "x.pth").exists()


OPENMMLAB_KEY = OPENMMLAB.key(ZOOS["openmmlab"][1])


@pytest.mark.parametrize(
    ("zoo", "rules"), [(ZOOS["openmmlab"], HubRules(corrupt=frozenset({OPENMMLAB_KEY})))], ids=["openmmlab"]
)
def test_where_names_are_not_all_right_another_file_than_named_is_kept_with_a_warning(
    modelget, hub, models, tmp_path, zoo
) -> None:
    link = link_of(hub, zoo)
    ran = install(modelget, tmp_path, link, "x.pth")
    (item,) = ran.document["requirements"]
    assert (ran.code, item["status"]) == (0, "present")
    assert hub.content(OPENMMLAB_KEY).sha256[:8] in item["warning"]
    assert (models / "vae" / "x.pth").exists()


@pytest.mark.parametrize("rules", [HubRules(corrupt=frozenset({OPENMMLAB_KEY}))])
def test_a_person_reads_the_warning_too(modelget, hub, tmp_path) -> None:
    link = link_of(hub, ZOOS["openmmlab"])
    workflow = save_workflow(tmp_path / "x.json", loader(1, "x.pth", "vae", link))
    ran = modelget("install", workflow, "--yes", "--allow-pickle", "x.pth")
    assert ran.code == 0
    assert "warning x.pth: its name says" in ran.out


MODELSCOPE_KEY = "modelscope/o/r/vae/ae.safetensors"
MODELSCOPE = ModelScopeRules(
    files={"o/r": ("vae/ae.safetensors",)},
    private=frozenset({"o/r"}),
    tokens={"ms-canary-token": frozenset({"o/r"})},
)


@pytest.mark.parametrize("rules", [HubRules(modelscope=MODELSCOPE)])
def test_a_private_file_of_modelscope_arrives_with_a_token_that_its_storage_never_sees(
    modelget, hub, models, tmp_path
) -> None:
    link = "https://www.modelscope.cn/models/o/r/resolve/master/vae/ae.safetensors"
    assert install(modelget, tmp_path, link, "ae.safetensors").code == 3
    modelget.environ["MODELSCOPE_API_TOKEN"] = "ms-canary-token"
    ran = install(modelget, tmp_path, link, "ae.safetensors")
    assert (ran.code, ran.document["requirements"][0]["status"]) == (0, "present")
    arrived = (models / "vae" / "ae.safetensors").read_bytes()
    assert hashlib.sha256(arrived).hexdigest() == hub.content(MODELSCOPE_KEY).sha256
    assert not any(record.origin == "storage" and record.authorized for record in hub.requests)
    assert "canary" not in ran.out + ran.err


@pytest.mark.parametrize(
    "rules",
    [HubRules(modelscope=ModelScopeRules(files=MODELSCOPE.files), corrupt=frozenset({MODELSCOPE_KEY}))],
)
def test_one_wrong_byte_from_modelscope_is_caught_by_the_sha256(modelget, models) -> None:
    ran = modelget("get", "modelscope:o/r/vae/ae.safetensors", "--yes", "--json")
    assert ran.code == 1
    assert not (models / "vae" / "ae.safetensors").exists()


@pytest.mark.parametrize("rules", [HubRules(modelscope=ModelScopeRules(files=MODELSCOPE.files))])
def test_a_plan_names_a_file_of_modelscope_in_few_words(modelget, tmp_path) -> None:
    node = loader(1, "ae.safetensors", "vae", "modelscope:o/r/vae/ae.safetensors")
    ran = modelget("plan", save_workflow(tmp_path / "x.json", node))
    assert f"modelscope:o/r@{commit_of('o/r', 'vae/ae.safetensors')[:8]} " in ran.out
