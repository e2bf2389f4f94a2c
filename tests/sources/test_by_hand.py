"""Places that only a person can fetch from: every link is recognised, nobody is asked, and the hint is complete."""

from __future__ import annotations

import pytest

from modelget.settings import Settings
from modelget.types import Digest, Evidence

FILES = {
    "mega": [
        ("https://mega.nz/file/AbCd1234#k3y-_K3Y", ""),
        ("https://www.mega.nz/file/AbCd1234#k3y", ""),
        ("https://mega.co.nz/#!AbCd1234!k3y-_K3Y", ""),
        ("https://mega.nz/#F!AbCd1234!k3y!file", ""),
        ("https://mega.nz/folder/AbCd1234#k3y", ""),
        ("https://mega.nz/embed/AbCd1234#k3y", ""),
    ],
    "mediafire": [
        ("https://www.mediafire.com/file/a1b2c3d4e5f6g7h/x4.pth/file", "x4.pth"),
        ("http://mediafire.com/file/a1b2c3d4e5f6g7h/two%20words.pth", "two words.pth"),
        ("https://www.mediafire.com/file_premium/a1b2c3d4e5f6g7h/x4.pth/file", "x4.pth"),
        ("https://www.mediafire.com/?a1b2c3d4e5f6g7h", ""),
        ("https://www.mediafire.com/folder/a1b2c3d4e5f6g/models", ""),
        ("https://download2262.mediafire.com/q3x/a1b2c3d4e5f6g7h/x4.pth", "x4.pth"),
        ("https://www.mediafire.com/file/a1b2c3d4e5f6g7h/..%2F..%2Fx4.pth/file", ""),
    ],
    "onedrive": [
        ("https://1drv.ms/u/s!AbCd-1234?e=x", ""),
        ("https://1drv.ms/u/c/0123456789abcdef/AbCd?e=x", ""),
        ("https://onedrive.live.com/download?cid=1&resid=1%212&authkey=x", ""),
        ("https://onedrive.live.com/?id=1%212&cid=1", ""),
        ("https://example-my.sharepoint.com/:u:/g/personal/joe_example_com/AbCd?e=x", ""),
    ],
    "baidu": [
        ("https://pan.baidu.com/s/1AbCd-1234_x", ""),
        ("https://pan.baidu.com/s/1AbCd-1234?pwd=k3y4", ""),
        ("http://yun.baidu.com/s/1AbCd#list", ""),
        ("https://pan.baidu.com/share/init?surl=AbCd-1234", ""),
        ("https://pan.baidu.com/share/init?surl=AbCd-1234&pwd=k3y4", ""),
    ],
}
NOT_FILES = {
    "mega": [
        "https://mega.nz",
        "https://mega.io/desktop",
        "https://mega.nz/file/a%2Fb#k",
        "https://mega.nz.evil.example/file/A#k",
    ],
    "mediafire": [
        "https://www.mediafire.com/",
        "https://www.mediafire.com/upgrade/",
        "https://evilmediafire.com/?a1b2c3d4e5",
    ],
    "onedrive": [
        "https://onedrive.live.com/",
        "https://1drv.ms",
        "https://sharepoint.com.evil.example/:u:/g/x",
    ],
    "baidu": [
        "https://pan.baidu.com/",
        "https://pan.baidu.com/disk/home",
        "https://www.baidu.com/s/1AbCd",
        "https://pan.baidu.com/s/..",
    ],
}
LINKS = [(place, link, name) for place, links in FILES.items() for link, name in links]
DIGEST = Digest("sha256", "a" * 64)


@pytest.mark.parametrize(("place", "link", "name"), LINKS)
def test_a_link_is_handed_to_a_person_and_nobody_is_asked(asks, contacted, place, link, name) -> None:
    candidate = asks(place, Settings()).one(link, name="x4.pth", folder="upscale_models", digest=DIGEST)
    shown = link.replace("http://", "https://")
    assert (candidate.id, candidate.evidence) == (shown, Evidence.DECLARED_URL)
    assert candidate.barrier.kind == "by-hand"
    for needed in (shown, "upscale_models", "x4.pth", str(DIGEST)):
        assert needed in candidate.barrier.hint
    assert contacted == set()


@pytest.mark.parametrize(("place", "link", "name"), LINKS)
def test_the_name_is_the_one_wanted_or_what_the_link_says(asks, place, link, name) -> None:
    ask = asks(place, Settings())
    assert ask.one(link, name="sub/x4.pth").name == "x4.pth"
    assert ask.one(link, name="").name == (name or ask.source.label)


@pytest.mark.parametrize("place", FILES)
def test_without_digest_and_folder_the_hint_says_so(asks, place) -> None:
    hint = asks(place, Settings()).one(FILES[place][0][0], name="").barrier.hint
    assert "the model folder it belongs in" in hint
    assert "Nothing tells which bytes are the right ones" in hint


@pytest.mark.parametrize(
    ("place", "link"), [(place, link) for place, links in NOT_FILES.items() for link in links]
)
def test_other_pages_are_not_taken_for_files(asks, contacted, place, link) -> None:
    assert asks(place, Settings())(link) == []
    assert contacted == set()


@pytest.mark.parametrize(("place", "link", "name"), LINKS)
def test_direct_links_leave_them_alone(asks, place, link, name) -> None:
    assert asks("direct_url", Settings())(link) == []
