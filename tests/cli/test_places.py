"""A model of each place arrives by the link that a workflow declares, and no other bytes do."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from makers import loader, save_workflow

from modelget.hub import EmbeddedHub, HubRules
from modelget.hub.pytorch_hub import PYTORCH_HUB

ZOOS = {"pytorch_hub": (PYTORCH_HUB, "/models/vgg16.pth")}


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


STRICT = [name for name, (_place, path) in ZOOS.items()]


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
