"""OpenMMLab: what its names claim, and that a claim is no proof either way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelget.errors import SourceUnavailable
from modelget.hub.openmmlab import OPENMMLAB
from modelget.sources.openmmlab import path_of, promise_of
from modelget.types import Digest, Evidence

from .conftest import settings_for

HOST = "https://download.openmmlab.com"
FILE = "/mmdetection/v2.0/faster_rcnn/faster_rcnn_r50_fpn_1x_coco_20200130.pth"
KEY = f"openmmlab{FILE}"


@pytest.fixture
def hub(hub_with):
    return hub_with()


@pytest.fixture
def ask(asks, hub):
    return asks("openmmlab", settings_for(hub))


def test_a_link_gives_name_and_size_and_a_digest_that_is_only_claimed(ask, hub) -> None:
    content = hub.content(KEY)
    link = OPENMMLAB.link(content, FILE)
    candidate = ask.one(link)
    assert (candidate.id, candidate.url) == (link, link.replace(HOST, hub.endpoint))
    assert candidate.size == content.size
    assert candidate.digest is None
    assert candidate.claimed == Digest("sha256-prefix", content.sha256[:8])
    assert (candidate.evidence, candidate.barrier) == (Evidence.DECLARED_URL, None)


@pytest.mark.parametrize(
    ("name", "digits"),
    [
        ("faster_rcnn_r50_fpn_1x_coco_20200130-047c8118.pth", "047c8118"),
        ("upernet_swin_20210526_192018-e42a2ee8.pth", "e42a2ee8"),
        ("rtmpose-m_simcc-ucoco_dw-ucoco_270e-256x192-4d6dfc62_20230728.pth", None),
        ("resnet50_8xb32_in1k_20210831-ea4938fa.pth", "ea4938fa"),
        ("hrnet_w32-36af842e.pth", None),
        ("x_20200130-047c811.pth", None),
        ("x_20200130-047c81188.pth", None),
        ("x_20200130-047C8118.pth", None),
        ("x_99990130-047c8118.pth", None),
        ("20200130-047c8118/x.pth", None),
    ],
)
def test_only_the_digits_behind_a_date_claim_anything(name, digits) -> None:
    promise = promise_of(f"/mmpose/{name}")
    assert promise.digest is None
    assert promise.claimed == (Digest("sha256-prefix", digits) if digits else None)


@pytest.mark.parametrize(
    "link",
    [
        "https://download.openmmlab.com.evil.example/mmpose/x.pth",
        "https://openmmlab.com/mmpose/x.pth",
        f"{HOST}:8443/mmpose/x.pth",
        f"{HOST}/mmpose/..%2Fx.pth",
        f"{HOST}/mmpose",
        f"{HOST}/",
        "mmpose/x.pth",
    ],
)
def test_links_are_read_strictly(link) -> None:
    assert path_of(link) is None


def test_what_is_not_there_is_nothing(asks, hub_with) -> None:
    hub = hub_with(missing=frozenset({KEY}))
    assert asks("openmmlab", settings_for(hub))(OPENMMLAB.link(hub.content(KEY), FILE)) == []


@pytest.mark.parametrize(("status", "kind"), [(403, "removed"), (401, "login"), (451, "region")])
def test_a_refusal_is_a_barrier(asks, hub, site, status, kind) -> None:
    ask = asks("openmmlab", replace(settings_for(hub), endpoints={"openmmlab": site.origin}))
    site.says("/mmpose/x.pth", status)
    assert ask.one(f"{HOST}/mmpose/x.pth").barrier.kind == kind


@pytest.mark.parametrize(("status", "kind"), [(429, "rate-limited"), (503, "unavailable")])
def test_a_server_in_trouble_is_a_failure(asks, hub, site, status, kind) -> None:
    ask = asks("openmmlab", replace(settings_for(hub), endpoints={"openmmlab": site.origin}))
    site.says("/mmpose/x.pth", status)
    with pytest.raises(SourceUnavailable) as caught:
        ask(f"{HOST}/mmpose/x.pth")
    assert caught.value.kind == kind


def test_offline_the_claim_is_still_read(asks, hub, contacted) -> None:
    ask = asks("openmmlab", replace(settings_for(hub), offline=True))
    assert ask.one(f"{HOST}/mmpose/x_20200130-047c8118.pth").claimed
    assert contacted == set()
