"""What every source promises, whatever its site: a new source only adds its examples below."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pkgutil import iter_modules
from urllib.parse import urlsplit

import pytest

import modelget.sources
from modelget.errors import SourceUnavailable
from modelget.hub import (
    DriveRules,
    DropboxRules,
    EmbeddedHub,
    GitHubRules,
    HubRules,
    KaggleRules,
    MirrorRules,
    ModelScopeRules,
    PaperRules,
    S3Rules,
)
from modelget.settings import MIRRORED, Settings
from modelget.sources import all_sources
from modelget.types import Candidate, Digest, Requirement

from .conftest import Site, all_at, http_for, settings_for

SOURCES = [source.name for source in all_sources(Settings())]
DISCOVERY = {"papers"}
"""What these find is where a person may look, and is nothing that is fetched."""
ABOUT_FILES = pytest.mark.parametrize("ask", sorted(set(SOURCES) - DISCOVERY), indirect=True)
FILE = "split_files/vae/ae.safetensors"
EXAMPLES: dict[str, Callable[[str, str], list[str]]] = {
    # Given the origins of the embedded hub and of a listed site: references that lead to files.
    "huggingface": lambda hub, site: [
        f"https://huggingface.co/o/r/resolve/main/{FILE}?download=true",
        f"{hub}/datasets/o/r/blob/refs%2Fpr%2F1/config.json",
        "https://huggingface.co/gpt2/resolve/main/model.safetensors",
        "https://huggingface.co/datasets/squad/resolve/main/model.safetensors",
        "hf:o/r/vae/one%20file@2 of 3 (50%).safetensors@v1.0",
        "hf://o/r@main/config.json",
        "hf:o/gated/x.safetensors",
        "hf:o/private/x.safetensors",
    ],
    "civitai": lambda hub, site: [
        "civitai:120",
        "civitai:120+1200",
        "https://civitai.com/models/12",
        f"{hub}/api/download/models/120?fileId=1200",
        "urn:air:sdxl:lora:civitai:12@120",
    ],
    "github": lambda hub, site: [
        "https://github.com/o/r/releases/download/v1/x.pth",
        "https://github.com/o/r/releases/latest/download/x.pth",
        "https://github.com/o/r/blob/main/vae/one%20file.safetensors",
        "https://raw.githubusercontent.com/o/r/refs/heads/main/vae/x.safetensors",
        "https://github.com/o/lfs/raw/main/x.safetensors",
        "https://github.com/o/private/blob/" + "0" * 40 + "/x.safetensors",
    ],
    "google_drive": lambda hub, site: [
        "https://drive.google.com/file/d/0B_large_file/view?usp=sharing",
        "https://drive.google.com/uc?export=download&id=0B_small_file",
        "https://drive.google.com/drive/folders/0B_some_folder",
        "https://drive.google.com/open?id=0B_private_file",
    ],
    "dropbox": lambda hub, site: [
        "https://www.dropbox.com/s/k3yk3yk3y/one%20file.pth?dl=0",
        "https://www.dropbox.com/scl/fi/n3wn3wn3w/x4.pth?rlkey=acc3ss&st=x&dl=1",
        "https://www.dropbox.com/sh/f0ld3r/AAB_x?dl=0",
        "https://www.dropbox.com/s/b4nn3d/x4.pth",
    ],
    "mega": lambda hub, site: [
        "https://mega.nz/file/AbCd1234#k3y-_K3Y",
        "https://mega.nz/#!AbCd1234!k3y-_K3Y",
        "https://mega.nz/folder/AbCd1234#k3y",
    ],
    "mediafire": lambda hub, site: [
        "https://www.mediafire.com/file/a1b2c3d4e5f6g7h/x4%20plus.pth/file",
        "https://www.mediafire.com/?a1b2c3d4e5f6g7h",
    ],
    "onedrive": lambda hub, site: [
        "https://1drv.ms/u/s!AbCd-1234?e=x",
        "https://example-my.sharepoint.com/:u:/g/personal/joe/AbCd?e=x",
    ],
    "baidu": lambda hub, site: [
        "https://pan.baidu.com/s/1AbCd-1234?pwd=k3y4",
        "https://pan.baidu.com/share/init?surl=AbCd-1234",
    ],
    "detectron2": lambda hub, site: [
        "https://dl.fbaipublicfiles.com/detectron2/COCO/f/137849458/model_final_280758.pkl",
        "detectron2://ImageNetPretrained/MSRA/R-50.pkl",
        "https://dl.fbaipublicfiles.com/segment_anything/sam_vit_b_01ec64.pth",
    ],
    "kaggle": lambda hub, site: [
        "kaggle:google/unet/pyTorch/base/2/unet.pth",
        "kaggle:google/unet/pyTorch/base",
        "https://www.kaggle.com/models/google/unet/frameworks/PyTorch/variations/base/versions/1",
        "https://www.kaggle.com/models/google/unet/pyTorch/base/2",
        "https://www.kaggle.com/models/google/unet",
        "https://tfhub.dev/google/unet/1",
        "kaggle:google/bit/tensorFlow2/s/1",
        "kaggle:google/secret/pyTorch/s/1",
        "kaggle:google/big/pyTorch/s/1/f7.pth",
    ],
    "modelscope": lambda hub, site: [
        f"https://modelscope.cn/models/o/r/resolve/master/{FILE}",
        f"https://www.modelscope.cn/models/o/r/file/view/master/{FILE}?status=2",
        f"modelscope:o/r/{FILE}",
        f"modelscope:o/gated/{FILE}@v1",
        f"{hub}/models/o/private/resolve/master/{FILE}",
    ],
    "openmmlab": lambda hub, site: [
        "https://download.openmmlab.com/mmdetection/v2.0/f/faster_rcnn_20200130-047c8118.pth",
        "https://download.openmmlab.com/mmpose/hrnet_w32-36af842e.pth",
    ],
    "papers": lambda hub, site: [
        "https://huggingface.co/papers/2312.08914",
        "https://arxiv.org/abs/2312.08914v2",
        "https://arxiv.org/pdf/hep-th/9901001",
        "https://paperswithcode.com/paper/some-paper",
        "https://paperswithcode.com/paper/forgotten",
    ],
    "pytorch_hub": lambda hub, site: [
        "https://download.pytorch.org/models/vgg16-397923af.pth",
        "https://s3.amazonaws.com/pytorch/models/resnet18.pth",
    ],
    "s3": lambda hub, site: [
        "s3://some-models/vae/ae.safetensors",
        "s3://some-models/vae/one%20file.safetensors",
        "s3://somebody-else/vae/ae.safetensors",
    ],
    "mirrors": lambda hub, site: [
        f"{hub}/mirror/vae/ae.safetensors",
        f"{hub}/mirror/sha256/{'0' * 64}",
    ],
    "civarchive": lambda hub, site: [
        f"https://civarchive.com/sha256/{'0' * 64}",
        f"civarchive:{'1' * 64}",
        "https://civitaiarchive.com/models/12?modelVersionId=120",
    ],
    "direct_url": lambda hub, site: [f"{site}/model.safetensors", "https://files.example/x.safetensors"],
}
HUGE = "a" * 10**6
HOSTILE = [
    "",
    " ",
    "\0",
    "\n",
    "..",
    "../../etc/passwd",
    "/etc/passwd",
    "C:\\Windows\\win.ini",
    "model.safetensors",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:text/plain,x",
    "ftp://huggingface.co/o/r/resolve/main/x",
    "//huggingface.co/o/r/resolve/main/x",
    "http://",
    "https://",
    "https:///x",
    "http://[",
    "https://[::1",
    "http://[::1]:80/x",
    "http://127.0.0.1:22/x",
    "http://localhost/x",
    "http://2130706433/x",
    "http://0x7f.1/x",
    "http://169.254.169.254/latest/meta-data",
    "https://files.example:99999/x",
    "https://files.example/x y",
    "https://files.example/\r\nHost: evil.example",
    "https://user:secret@huggingface.co/o/r/resolve/main/x.safetensors",
    "https://huggingface.co@evil.example/o/r/resolve/main/x.safetensors",
    "https://huggingface.co:secret@evil.example/models/1",
    "https://huggingface.co.evil.example/o/r/resolve/main/x.safetensors",
    "https://evil-huggingface.co/o/r/resolve/main/x.safetensors",
    "https://evil.example/huggingface.co/o/r/resolve/main/x.safetensors",
    "https://evil.example/?https://huggingface.co/o/r/resolve/main/x.safetensors",
    "https://evil.example#huggingface.co/o/r/resolve/main/x.safetensors",
    "https://evil.example\\@huggingface.co/o/r/resolve/main/x.safetensors",
    "https://huggingf\u0430ce.co/o/r/resolve/main/x.safetensors",
    "https://huggingface.co:8443/o/r/resolve/main/x.safetensors",
    "https://civitai.com.evil.example/models/1",
    "https://civitai.com@evil.example/models/1",
    "https://\u217eivitai.com/models/1",
    "https://huggingface.co/o/r/resolve/main/../../../etc/passwd",
    "https://huggingface.co/o/r/resolve/main/..%2F..%2F..%2Fetc%2Fpasswd",
    "https://huggingface.co/o/r/resolve/main/%2e%2e/x.safetensors",
    "https://huggingface.co/o/r/resolve/..%2F../x.safetensors",
    "https://huggingface.co/o/../resolve/main/x.safetensors",
    "https://huggingface.co/o/r%2F..%2Fx/resolve/main/x.safetensors",
    "https://huggingface.co/o/r/resolve/main/a%0D%0Ab.safetensors",
    "https://huggingface.co/o/r/resolve/main/a%00.safetensors",
    "https://huggingface.co/o/r/resolve/main//x.safetensors",
    "https://huggingface.co/o/r/resolve/main/",
    f"https://huggingface.co/o/r/resolve/main/{HUGE}",
    "hf:",
    "hf:/",
    "hf://",
    "hf:@",
    "hf:o",
    "hf:o/r/..",
    "hf:../..",
    "hf:../../etc/passwd",
    "hf:o/r/../../x",
    "hf:o/r/./x",
    "hf:o/r//x",
    "hf:o/r/x@",
    "hf:o/r/x@../..",
    "hf:o/r/x@refs/../main",
    "hf:o/r/x@..%2F..",
    "hf:o/r/a\nb.safetensors",
    "hf:o/r\n/x.safetensors",
    "hf:o/r/x.safetensors\n",
    "hf:o/r/\x1b[31mred.safetensors",
    "hf:o/r/\udc80.safetensors",
    "hf:o/r?x=1/y",
    "hf:o r/x/y",
    "hf://a/b/c@main/x",
    "hf://datasets@main/x/y",
    "hf://@main/x/y",
    f"hf:o/r/{HUGE}",
    f"hf:{HUGE}/r/x",
    "civitai:",
    "civitai:0x10",
    "civitai:-1",
    "civitai:1+",
    "civitai:1+x",
    "civitai:1 ",
    "civitai:1\n",
    "civitai:\u0663",
    "civitai:99999999999999999999",
    "civitai:999999999999",
    f"civitai:{'9' * 5000}",
    "civitai:../../1",
    "urn:air:sdxl:lora:civitai:1@",
    "urn:air:sdxl:lora:civitai:1@2@3",
    "urn:air:flux1:checkpoint:huggingface:o/r@main",
    f"https://civitai.com/models/{'9' * 5000}",
    f"https://civitai.com/api/download/models/5/{HUGE}",
    "https://civitai.com/models/../api/download/models/5",
    "https://civitai.com/models/1/../../login",
    "https://civitai.com/user/account",
    "https://github.com/o/r",
    "https://github.com/o/r/releases",
    "https://github.com/o/r/releases/tag/v1",
    "https://github.com/o/r/blob/main",
    "https://github.com/o/r/blob/main/",
    "https://github.com/o/r/blob/main/../../../x.safetensors",
    "https://github.com/o/r/blob/main/..%2F..%2Fx.safetensors",
    "https://github.com/o/r/blob/main/%2e%2e/x.safetensors",
    "https://github.com/o/r/blob/main/a%0D%0Ab.safetensors",
    "https://github.com/o/../raw/main/x.safetensors",
    "https://github.com/o/r%2F..%2Fx/raw/main/x.safetensors",
    "https://github.com/o/r/releases/download/../x.pth",
    "https://github.com/o/r/releases/download/v1/..%2Fx.pth",
    "https://github.com/o/r/releases/download/v1/",
    "https://github.com/o/r/releases/download//x.pth",
    "https://github.com.evil.example/o/r/releases/download/v1/x.pth",
    "https://github.com@evil.example/o/r/releases/download/v1/x.pth",
    "https://github.com:8443/o/r/releases/download/v1/x.pth",
    "https://g\u0456thub.com/o/r/releases/download/v1/x.pth",
    "https://raw.githubusercontent.com/o/r",
    "https://media.githubusercontent.com/o/r/main/x.safetensors",
    f"https://github.com/o/r/releases/download/v1/{HUGE}",
    "https://drive.google.com/",
    "https://drive.google.com/uc",
    "https://drive.google.com/uc?id=",
    "https://drive.google.com/uc?id=../../etc/passwd",
    "https://drive.google.com/uc?id=0B_small_file%0D%0A",
    "https://drive.google.com/file/d/0B_small_file%2F..%2Fx/view",
    "https://drive.google.com/file/d/../0B_small_file/view",
    "https://drive.google.com/file/d/0B_small_file/view?resourcekey=a%26confirm%3Dt",
    "https://drive.google.com.evil.example/file/d/0B_small_file/view",
    "https://drive.google.com@evil.example/file/d/0B_small_file/view",
    "https://drive.google.com:444/file/d/0B_small_file/view",
    "https://drivegoogle.com/file/d/0B_small_file/view",
    f"https://drive.google.com/file/d/{HUGE}/view",
    "https://www.dropbox.com/",
    "https://www.dropbox.com/s/",
    "https://www.dropbox.com/s/k3yk3yk3y/..%2F..%2Fx.pth",
    "https://www.dropbox.com/s/../k3yk3yk3y/x.pth",
    "https://www.dropbox.com/s/k3yk3yk3y/a%0D%0Ab.pth",
    "https://www.dropbox.com/scl/fi/k3yk3yk3y/x.pth?rlkey=a%0D%0Ab",
    "https://www.dropbox.com.evil.example/s/k3yk3yk3y/x.pth",
    "https://www.dropbox.com@evil.example/s/k3yk3yk3y/x.pth",
    f"https://www.dropbox.com/s/k3yk3yk3y/{HUGE}",
    "https://mega.nz/",
    "https://mega.nz.evil.example/file/AbCd1234#k3y",
    "https://mega.nz/file/../AbCd1234#k3y",
    "https://www.mediafire.com/file/../x/file",
    "https://evilmediafire.com/file/a1b2c3d4e5f6g7h/x/file",
    "https://sharepoint.com.evil.example/:u:/g/personal/joe/AbCd",
    "https://pan.baidu.com/s/..%2Fx",
    "https://pan.baidu.com@evil.example/s/1AbCd",
    "kaggle:",
    "kaggle:a/b/c",
    "kaggle:a/b/c/../1/x.pth",
    "kaggle:../../etc/passwd",
    "kaggle:a/b/c/d/1/../../x.pth",
    "kaggle:a/b/c/d/1/a\nb.pth",
    "kaggle:a/b/c/d?x=/1",
    f"kaggle:a/b/c/d/1/{HUGE}",
    "https://www.kaggle.com/models/a/b/frameworks/c/variations/../versions/1",
    "https://www.kaggle.com/models/a/b/frameworks/c/variations/d/versions/1/../../x",
    "https://www.kaggle.com/models/a/..%2Fb/c/d/1",
    "https://www.kaggle.com@evil.example/models/a/b/c/d/1",
    "https://www.kaggle.com.evil.example/models/a/b/c/d/1",
    "https://tfhub.dev/../../x",
    "https://tfhub.dev/a/..%2F..%2Fb/1",
    "https://tfhub.dev.evil.example/a/b/1",
    "https://huggingface.co/papers/../api/whoami-v2",
    "https://huggingface.co/papers/2312.08914%2F..%2F..",
    "https://huggingface.co/papers/trending",
    "https://arxiv.org/abs/../2312.08914",
    "https://arxiv.org/abs/2312.08914%0D%0A",
    "https://paperswithcode.com/paper/..%2F..",
    "https://paperswithcode.com.evil.example/paper/x",
    "modelscope:",
    "modelscope:o/r/../../x",
    "modelscope:../r/x",
    "modelscope:o/r/x@../..",
    "modelscope:o/r/\udc80.safetensors",
    f"modelscope:o/r/{HUGE}",
    "https://modelscope.cn/models/o/..",
    "https://modelscope.cn/models/o/r/tree/master/..%2Fx",
    "https://modelscope.cn/models/o/r/resolve/master/..%2F..%2Fx",
    "https://modelscope.cn/api/v1/models/o/r/repo?FilePath=../x",
    "https://modelscope.cn@evil.example/models/o/r/resolve/master/x",
    "https://modelscope.cn.evil.example/models/o/r/resolve/master/x",
    "detectron2://",
    "detectron2://../../etc/passwd",
    "detectron2://evil.example@x/../y.pkl",
    "detectron2:///etc/passwd",
    "https://dl.fbaipublicfiles.com/detectron2/../x.pkl",
    "https://dl.fbaipublicfiles.com@evil.example/detectron2/x.pkl",
    "https://download.openmmlab.com/mmpose/..%2F..%2Fx.pth",
    "https://download.openmmlab.com.evil.example/mmpose/x.pth",
    f"https://download.openmmlab.com/{HUGE}.pth",
    "https://download.pytorch.org",
    "https://download.pytorch.org/models/",
    "https://download.pytorch.org/models/../../x.pth",
    "https://download.pytorch.org/models/..%2F..%2Fx.pth",
    "https://download.pytorch.org/models/a%0D%0Ab.pth",
    "https://download.pytorch.org:8443/models/x.pth",
    "https://download.pytorch.org@evil.example/models/x.pth",
    "https://s3.amazonaws.com/someone/models/x.pth",
    f"https://download.pytorch.org/models/{HUGE}.pth",
    "s3://",
    "s3://some-models",
    "s3://some-models/",
    "s3://some-models/../other/x.safetensors",
    "s3://some-models/..%2F..%2Fx.safetensors",
    "s3://some-models/a%0D%0Ab.safetensors",
    "s3://some-models//x.safetensors",
    "s3://evil.example/x.safetensors",
    "s3://evil.example%2F/x.safetensors",
    "s3://user:secret@some-models/x.safetensors",
    "s3://127.0.0.1/x.safetensors",
    "S3://some-models/x.safetensors",
    f"s3://some-models/{HUGE}",
    f"s3://{HUGE}/x.safetensors",
    "civarchive:",
    "civarchive:../x",
    f"civarchive:{'9' * 5000}",
    "https://civarchive.com/",
    "https://civarchive.com/sha256/../x",
    "https://civarchive.com.evil.example/sha256/" + "0" * 64,
    "https://civarchive.com@evil.example/sha256/" + "0" * 64,
]


@pytest.fixture(scope="module")
def hub() -> Iterator[EmbeddedHub]:
    rules = HubRules(
        gated=frozenset({"o/gated"}),
        private=frozenset({"o/private"}),
        github=GitHubRules(
            releases={"o/r@v1": ("x.pth",)},
            lfs=frozenset({"o/lfs/x.safetensors"}),
            taken_down={"o/private": 451},
        ),
        google_drive=DriveRules(
            files=dict.fromkeys(("0B_large_file", "0B_small_file", "0B_private_file"), "x.pth"),
            states={"0B_large_file": "unscanned", "0B_private_file": "private"},
        ),
        dropbox=DropboxRules(access={"n3wn3wn3w": "acc3ss"}, states={"b4nn3d": "password"}),
        kaggle=KaggleRules(
            files={
                "google/unet/pyTorch/base": ("unet.pth", "readme.md"),
                "google/unet/PyTorch/base": ("unet.pth", "readme.md"),
                "google/bit/tensorFlow2/s": ("saved_model.pb",),
                "google/secret/pyTorch/s": ("x.pth",),
                "google/big/pyTorch/s": tuple(f"f{number}.pth" for number in range(30)),
            },
            versions=dict.fromkeys(("google/unet/pyTorch/base", "google/unet/PyTorch/base"), 2),
            private=frozenset({"google/secret/pyTorch/s"}),
            tfhub={"google/unet/1": "/models/google/unet/frameworks/pyTorch/variations/base/versions/1"},
        ),
        papers=PaperRules(
            linked={"2312.08914": {"o/paper": 7, "o/other": 9}, "hep-th/9901001": {}},
            slugs={"some-paper": "2312.08914"},
        ),
        modelscope=ModelScopeRules(
            files=dict.fromkeys(("o/r", "o/gated", "o/private"), (FILE,)),
            gated=frozenset({"o/gated"}),
            private=frozenset({"o/private"}),
        ),
        mirror=MirrorRules(
            dict.fromkeys(("vae/ae.safetensors", f"sha256/{'0' * 64}"), "mirror/x.safetensors")
        ),
        s3=S3Rules(
            buckets={
                "some-models": dict.fromkeys(
                    ("vae/ae.safetensors", "vae/one file.safetensors"), "s3/x.safetensors"
                ),
                "somebody-else": {},
            },
            private=frozenset({"somebody-else"}),
        ),
    )
    with EmbeddedHub(rules) as running:
        yield running


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    running = Site()
    running.says("/model.safetensors", 206, b"x", Content_Range="bytes 0-0/7")
    yield running
    running.close()


@pytest.fixture
def settings(hub: EmbeddedHub, site: Site) -> Settings:
    return settings_for(hub, allow_hosts=(site.origin,))


@pytest.fixture(params=SOURCES)
def ask(request, asks, settings):
    """Ask each source in turn; every test here is a promise of all of them."""
    return asks(request.param, settings)


@pytest.fixture
def nobody_asked(contacted, hub: EmbeddedHub, site: Site) -> Iterator[None]:
    """Fail when anybody was asked, on a new connection or on one that was kept open."""
    before = len(hub.requests), len(site.requests)
    yield
    assert contacted == set()
    assert (len(hub.requests), len(site.requests)) == before


@pytest.fixture
def examples(ask, hub, site: Site) -> list[str]:
    return EXAMPLES[ask.source.name](hub.endpoint, site.origin)


def test_every_module_in_the_folder_is_a_source_with_a_name_of_its_own() -> None:
    modules = {module.name for module in iter_modules(modelget.sources.__path__)} - {"shared"}
    assert set(SOURCES) == modules
    assert len(SOURCES) == len(modules)


def test_it_says_who_it_is_and_where_it_goes(ask) -> None:
    source = ask.source
    assert isinstance(source.name, str)
    assert source.name.isidentifier()
    assert isinstance(source.label, str)
    assert source.label.strip() == source.label != ""
    assert isinstance(source.hosts, frozenset)
    assert all(host == host.lower() and "/" not in host and ":" not in host for host in source.hosts)
    assert not any(host.startswith("*") and not host.startswith("*.") for host in source.hosts)
    assert isinstance(source.endpoints, tuple)
    assert all(urlsplit(endpoint).scheme in ("http", "https") for endpoint in source.endpoints)


def test_the_owner_may_have_it_asked_elsewhere(ask, asks) -> None:
    elsewhere = asks(ask.source.name, Settings(**all_at("https://mirror.example/x"))).source.endpoints
    assert all(endpoint.startswith("https://mirror.example/x") for endpoint in elsewhere)
    assert not ask.source.endpoints or ask.source.name in (*MIRRORED, "huggingface", "mirrors")


def test_making_one_contacts_nobody(nobody_asked, settings) -> None:
    all_sources(settings)


def test_what_it_does_not_understand_gives_nothing_and_contacts_nobody(ask, nobody_asked) -> None:
    words = ("model.safetensors", "some words", "modelscope:o/r", "pkg:generic/x", "hf", "civitai")
    assert ask(*words) == []
    assert ask() == []


@pytest.mark.parametrize("reference", HOSTILE, ids=lambda text: ascii(text)[:48])
def test_a_hostile_reference_gives_barriers_at_most_and_reaches_nobody_off_the_list(
    ask, contacted, hub, reference
) -> None:
    before = len(hub.requests)
    try:
        found = ask(reference, name="")
    except SourceUnavailable:
        found = []
    assert all(candidate.barrier for candidate in found)
    assert {f"http://{host}:{port}" for host, port in contacted} <= {hub.endpoint}
    assert all("/../" not in record.path and record.status in (404, 414) for record in hub.requests[before:])


def test_there_are_enough_hostile_references() -> None:
    assert len(set(HOSTILE)) >= 40


@ABOUT_FILES
def test_the_examples_lead_to_files_or_say_what_stands_in_the_way(ask, examples) -> None:
    for example in examples:
        candidate = ask.one(example)
        assert candidate.source == ask.source.name
        assert candidate.name
        assert candidate.evidence.is_sure
        assert candidate.barrier or candidate.size
        assert candidate.url.startswith(("http://", "https://"))


def test_the_same_question_gives_the_same_answer(ask, examples, asks, settings) -> None:
    assert ask(*examples) == ask(*examples)
    assert asks(ask.source.name, settings)(*examples) == ask(*examples)


@pytest.mark.parametrize("ask", sorted(DISCOVERY), indirect=True)
def test_what_is_only_discovered_is_never_sure(ask, examples) -> None:
    for candidate in ask(*examples):
        assert candidate.barrier or (not candidate.evidence.is_sure and candidate.digest is None)


@ABOUT_FILES
def test_an_id_leads_back_to_the_same_candidate(ask, examples) -> None:
    for candidate in ask(*examples):
        assert ask.one(candidate.id) == candidate


def test_a_barrier_says_what_stands_in_the_way_and_what_to_do(ask, examples) -> None:
    barriers = [candidate.barrier for candidate in ask(*examples, "http://evil.example/x", "http://[")]
    for barrier in filter(None, barriers):
        assert barrier.kind in ("gated", "login", "paid", "removed", "region", "host", "by-hand")
        assert barrier.message.strip()
        assert barrier.hint.strip()


def test_others_links_are_left_alone(ask, hub, site: Site, nobody_asked) -> None:
    foreign = [
        example
        for name, examples in EXAMPLES.items()
        if name != ask.source.name
        for example in examples(hub.endpoint, site.origin)
        if "files.example" not in example
    ]
    assert ask(*foreign) == []


def test_offline_it_asks_nobody(asks, ask, examples, settings, nobody_asked) -> None:
    offline = asks(ask.source.name, replace(settings, offline=True))
    digest = Digest("sha256", "0" * 64)
    for example in [*examples, None]:
        kind = "offline"
        try:
            found = offline(*filter(None, [example]), digest=digest)
        except SourceUnavailable as error:
            found, kind = [], error.kind
        assert all(isinstance(candidate, Candidate) for candidate in found)
        assert (kind, example is not None or not found) == ("offline", True)


def test_a_dead_endpoint_is_unavailable_and_never_nothing(ask, asks, closed_port) -> None:
    dead = Settings(**all_at(closed_port), allow_hosts=("http://localhost:9",))
    question = asks(ask.source.name, dead)
    examples = EXAMPLES[ask.source.name](closed_port, "http://localhost:9")
    if ask.source.hosts and not ask.source.endpoints:  # it asks nobody
        assert question(*examples)
        return
    with pytest.raises(SourceUnavailable) as caught:
        question(examples[0])
    assert caught.value.kind == "unavailable"
    assert caught.value.hint


def test_no_digest_and_no_links_is_no_question(ask, nobody_asked) -> None:
    assert list(ask.source.find(Requirement("ae.safetensors", "vae"), ask.http)) == []


def test_all_sources_together_reach_only_listed_origins(settings, hub, site: Site, contacted) -> None:
    http = http_for(settings)
    for source in all_sources(settings):
        for examples in EXAMPLES.values():
            wanted = Requirement("x", urls=tuple(examples(hub.endpoint, site.origin)))
            list(source.find(wanted, http))
    http.close()
    origins = {f"http://{'127.0.0.1' if host == '::1' else host}:{port}" for host, port in contacted}
    storage = hub.storage_origin.replace("localhost", "127.0.0.1")
    assert origins == {hub.endpoint, storage, site.origin}
