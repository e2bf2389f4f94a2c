"""Detectron2's zoo: its links, its own short form, and the beginning of the md5 in its names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelget.errors import SourceUnavailable
from modelget.hub.detectron2 import DETECTRON2
from modelget.sources.detectron2 import path_of, promise_of
from modelget.types import Digest, Evidence

from .conftest import settings_for

HOST = "https://dl.fbaipublicfiles.com"
FILE = "/detectron2/COCO-Detection/faster_rcnn_R_50_FPN_3x/137849458/model_final.pkl"
SAM = "/segment_anything/sam_vit_b.pth"


@pytest.fixture
def hub(hub_with):
    return hub_with()


@pytest.fixture
def ask(asks, hub):
    return asks("detectron2", settings_for(hub))


@pytest.mark.parametrize("file", [FILE, SAM])
def test_a_link_gives_name_size_and_the_first_digits_of_the_md5(ask, hub, file) -> None:
    content = hub.content(f"detectron2{file}")
    link = DETECTRON2.link(content, file)
    candidate = ask.one(link)
    assert (candidate.id, candidate.url) == (link, link.replace(HOST, hub.endpoint))
    assert candidate.size == content.size
    assert candidate.digest == Digest("md5-prefix", content.md5[:6])
    assert (candidate.evidence, candidate.claimed) == (Evidence.DECLARED_URL, None)
    assert candidate.is_pickle


@pytest.mark.parametrize(
    ("reference", "path"),
    [
        (f"{HOST}/detectron2/a/1/model_final_280758.pkl", "/detectron2/a/1/model_final_280758.pkl"),
        ("detectron2://a/1/model_final_280758.pkl", "/detectron2/a/1/model_final_280758.pkl"),
        ("detectron2://ImageNetPretrained/MSRA/R-50.pkl", "/detectron2/ImageNetPretrained/MSRA/R-50.pkl"),
        (
            f"{HOST}/segment_anything_2/092824/sam2.1_hiera_large.pt",
            "/segment_anything_2/092824/sam2.1_hiera_large.pt",
        ),
        ("detectron2://", None),
        ("detectron2:///x.pkl", None),
        ("detectron2://../segment_anything/x.pth", None),
        ("detectron2://a/../../x.pkl", None),
        ("detectron2://a/b\nc.pkl", None),
        ("detectron2://a\\b.pkl", None),
        (f"detectron2://{'a' * 2000}.pkl", None),
        ("https://dl.fbaipublicfiles.com.evil.example/detectron2/x.pkl", None),
        ("https://fbaipublicfiles.com/detectron2/x.pkl", None),
        (f"{HOST}/detectron2/..%2F..%2Fx.pkl", None),
    ],
)
def test_references_are_read_strictly(reference, path) -> None:
    assert path_of(reference) == path


@pytest.mark.parametrize(
    ("path", "digits"),
    [
        ("/detectron2/COCO/f/137849458/model_final_280758.pkl", "280758"),
        ("/segment_anything/sam_vit_h_4b8939.pth", "4b8939"),
        ("/segment_anything/sam_vit_l_0b3195.pth", "0b3195"),
        ("/detectron2/ImageNetPretrained/MSRA/R-50.pkl", None),
        ("/detectron/f/model_final.pkl", None),
        ("/detectron2/x/model_final_28075.pkl", None),
        ("/detectron2/x/model_final_2807589.pkl", None),
        ("/detectron2/x/other_280758.pkl", None),
        ("/deit/deit_base_patch16_224-b5f2ef4d.pth", None),
        ("/someone/model_final_280758.pkl", None),
    ],
)
def test_only_names_whose_rule_is_known_promise_anything(path, digits) -> None:
    assert promise_of(path).digest == (Digest("md5-prefix", digits) if digits else None)


def test_the_short_form_leads_to_the_same_file(ask, hub) -> None:
    link = DETECTRON2.link(hub.content(f"detectron2{FILE}"), FILE)
    assert ask.one(link.replace(f"{HOST}/detectron2/", "detectron2://")) == ask.one(link)


def test_the_hub_refuses_what_is_not_there_as_the_real_storage_does(asks, hub_with) -> None:
    hub = hub_with(missing=frozenset({f"detectron2{FILE}"}))
    assert asks("detectron2", settings_for(hub)).one(HOST + FILE).barrier.kind == "removed"


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_gone_is_nothing(asks, hub, site, status) -> None:
    ask = asks("detectron2", replace(settings_for(hub), endpoints={"detectron2": site.origin}))
    site.says(FILE, status)
    assert ask(HOST + FILE) == []


@pytest.mark.parametrize(("status", "kind"), [(429, "rate-limited"), (500, "unavailable")])
def test_a_server_in_trouble_is_a_failure(asks, hub, site, status, kind) -> None:
    ask = asks("detectron2", replace(settings_for(hub), endpoints={"detectron2": site.origin}))
    site.says(FILE, status)
    with pytest.raises(SourceUnavailable) as caught:
        ask(HOST + FILE)
    assert caught.value.kind == kind


def test_offline_the_digits_are_still_read(asks, hub, contacted) -> None:
    ask = asks("detectron2", replace(settings_for(hub), offline=True))
    candidate = ask.one("detectron2://a/1/model_final_280758.pkl")
    assert (candidate.digest, candidate.size) == (Digest("md5-prefix", "280758"), None)
    assert contacted == set()
