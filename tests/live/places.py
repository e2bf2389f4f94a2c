"""One public file of each place, as far as a lasting one is known, and how to tell that a place cannot be reached."""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest

from modelget.errors import ModelgetError
from modelget.hosts import HostPolicy
from modelget.http import Http


@dataclass(frozen=True)
class Example:
    """A reference and what its place must say of it."""

    reference: str
    pinned: str = ""
    """A pattern that the candidate's id matches: what makes it the same file for ever."""
    digest: str | None = None
    """The algorithm of the digest that the place publishes."""
    is_small: bool = False
    """Whether the whole file is fetched: less than some 20 MB."""
    is_barred: bool = False
    """It is there for a person to see, and no program should fetch it."""


EXAMPLES: dict[str, Example] = {
    "huggingface": Example(
        "https://huggingface.co/madebyollin/taesd/resolve/main/diffusion_pytorch_model.safetensors",
        r"hf:madebyollin/taesd/diffusion_pytorch_model\.safetensors@[0-9a-f]{40}",
        "sha256",
        is_small=True,
    ),
    "civitai": Example("civitai:9208", r"civitai:9208(\+[0-9]+)?", "sha256", is_small=True),
    "github": Example(
        "https://github.com/xinntao/Real-ESRGAN/releases/download/v0.2.5.0/realesr-animevideov3.pth",
        r"https://github\.com/xinntao/Real-ESRGAN/releases/download/v0\.2\.5\.0/.*",
        is_small=True,
    ),
    "google_drive": Example(
        "https://drive.google.com/uc?id=1l_5RK28JRL19wpT22B-DY9We3TVXnnQQ",
        r".*1l_5RK28JRL19wpT22B-DY9We3TVXnnQQ.*",
    ),
    "detectron2": Example(
        "https://dl.fbaipublicfiles.com/segment_anything/sam_vit_b_01ec64.pth", r"https://.*", "md5-prefix"
    ),
    "openmmlab": Example(
        "https://download.openmmlab.com/mmdetection/v2.0/faster_rcnn/faster_rcnn_r50_fpn_1x_coco/"
        "faster_rcnn_r50_fpn_1x_coco_20200130-047c8118.pth",
        r"https://.*",
    ),
    "pytorch_hub": Example(
        "https://download.pytorch.org/models/squeezenet1_1-b8a52dc0.pth",
        r"https://.*",
        "sha256-prefix",
        is_small=True,
    ),
    "kaggle": Example(
        "https://tfhub.dev/google/imagenet/mobilenet_v2_100_224/classification/5",
        r"kaggle:google/.*",
        is_barred=True,
    ),
    "papers": Example("https://arxiv.org/abs/2112.10752", r"hf:[^/]+/[^/]+"),
}
UNKNOWN = {"dropbox", "modelscope"}
"""Places of which no lasting public file is known; ``MODELGET_LIVE_<PLACE>`` names one."""


def example_of(place: str) -> Example:
    """Return the example of a place; skip the test where there is none."""
    if named := os.environ.get(f"MODELGET_LIVE_{place.upper()}"):
        return Example(named)
    if place not in EXAMPLES:
        pytest.skip(
            f"no lasting public file of {place} is known: set MODELGET_LIVE_{place.upper()} to a reference"
        )
    return EXAMPLES[place]


def skip_unless_reachable(endpoint: str) -> None:
    """Skip the test, saying why, where there is no way to the place; whatever it answers is for the test to judge."""
    http = Http(HostPolicy.of((), (endpoint,)))
    try:
        http.open(endpoint).close()
    except ModelgetError as error:
        pytest.skip(f"{endpoint} cannot be reached from here: {error}")
    finally:
        http.close()
