"""The zoos on the hub: bytes that follow from a name without its digits, and each storage's own errors."""

from __future__ import annotations

import hashlib

import pytest
import requests

from modelget.hub import EmbeddedHub, RateLimit
from modelget.hub.detectron2 import DETECTRON2
from modelget.hub.openmmlab import OPENMMLAB
from modelget.hub.pytorch_hub import PYTORCH_HUB

ZOOS = {
    "detectron2": (
        DETECTRON2,
        "/detectron2/COCO/f/137849458/model_final.pkl",
        "model_final_{md5:.6}.pkl",
        403,
    ),
    "openmmlab": (OPENMMLAB, "/mmdetection/v2.0/f/x_20200130.pth", "x_20200130-{sha256:.8}.pth", 404),
    "pytorch_hub": (PYTORCH_HUB, "/models/vgg16.pth", "vgg16-{sha256:.8}.pth", 403),
}
EVERY_ZOO = pytest.mark.parametrize(("place", "path", "name", "missing"), ZOOS.values(), ids=ZOOS)


def get(hub: EmbeddedHub, link: str, place, **headers: str) -> requests.Response:
    return requests.get(link.replace(place.home, hub.endpoint), headers=headers, timeout=10)


@EVERY_ZOO
def test_a_file_is_published_under_the_first_digits_of_its_digest(hub, place, path, name, missing) -> None:
    content = hub.content(place.key(path))
    link = place.link(content, path)
    body = get(hub, link, place).content
    digests = {"md5": hashlib.md5(body).hexdigest(), "sha256": hashlib.sha256(body).hexdigest()}  # noqa: S324
    assert link.rpartition("/")[2] == name.format(**digests)


@EVERY_ZOO
def test_other_digits_in_a_name_lead_to_the_same_bytes(hub, place, path, name, missing) -> None:
    link = place.home + path.rpartition("/")[0] + "/" + name.format(md5="0" * 6, sha256="0" * 8)
    assert get(hub, link, place).content == hub.content(place.key(path)).read()


@EVERY_ZOO
def test_parts_of_a_file_have_a_validator(hub, place, path, name, missing) -> None:
    answer = get(hub, place.home + path, place, Range="bytes=2-4")
    content = hub.content(place.key(path))
    assert (answer.status_code, answer.content) == (206, content.read(2, 3))
    assert answer.headers["Content-Range"] == f"bytes 2-4/{content.size}"
    assert answer.headers["ETag"].startswith('"')


@EVERY_ZOO
def test_what_is_missing_is_refused_as_its_storage_does(hub_with, place, path, name, missing) -> None:
    answer = get(hub_with(missing=frozenset({place.key(path)})), place.home + path, place)
    assert answer.status_code == missing
    assert "<Error>" in answer.text


@EVERY_ZOO
def test_a_busy_storage_says_when_to_come_back(hub_with, place, path, name, missing) -> None:
    hub = hub_with(rate_limited={place.key(path): RateLimit(3)})
    answer = get(hub, place.home + path, place)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "3")
    assert get(hub, place.home + path, place).status_code == 200
