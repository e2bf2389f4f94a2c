"""GitHub, Google Drive and Dropbox as the embedded hub plays them, asked with plain HTTP."""

from __future__ import annotations

import base64
import hashlib

import pytest
import requests

from modelget.hub import DriveRules, DropboxRules, EmbeddedHub, GitHubRules

ID = "1AbC-dEf_GhIjKlMnOp"


def get(hub: EmbeddedHub, path: str, **headers: str) -> requests.Response:
    return requests.get(hub.endpoint + path, headers=headers, allow_redirects=False, timeout=10)


@pytest.fixture
def github(hub_with) -> EmbeddedHub:
    rules = GitHubRules(releases={"o/r@v1": ("x.pth",), "o/r@v2": ("y.pth",)}, lfs=frozenset({"o/r/x.pth"}))
    return hub_with(github=rules)


def test_a_release_lists_its_assets_with_digests_and_the_latest_is_the_last(github) -> None:
    (asset,) = get(github, "/api/v3/repos/o/r/releases/tags/v1").json()["assets"]
    content = github.content("github/o/r@v1/x.pth")
    assert (asset["name"], asset["size"], asset["digest"]) == (
        "x.pth",
        content.size,
        f"sha256:{content.sha256}",
    )
    assert get(github, "/api/v3/repos/o/r/releases/latest").json()["tag_name"] == "v2"
    assert get(github, "/api/v3/repos/o/r/releases/tags/v3").status_code == 404


def test_an_asset_is_a_redirect_to_storage_with_its_name(github) -> None:
    answer = get(github, "/o/r/releases/download/v1/x.pth")
    assert answer.status_code == 302
    file = requests.get(answer.headers["Location"], timeout=10)
    assert hashlib.sha256(file.content).hexdigest() == github.content("github/o/r@v1/x.pth").sha256
    assert "x.pth" in file.headers["Content-Disposition"]


def test_git_holds_a_pointer_where_lfs_holds_the_file(github) -> None:
    commit = get(github, "/api/v3/repos/o/r/commits/main").json()["sha"]
    entry = get(github, f"/api/v3/repos/o/r/contents/x.pth?ref={commit}").json()
    pointer, content = base64.b64decode(entry["content"]), github.content("github/o/r/x.pth")
    assert pointer == get(github, f"/raw/o/r/{commit}/x.pth").content
    assert f"oid sha256:{content.sha256}\nsize {content.size}\n".encode() in pointer
    assert entry["sha"] == hashlib.sha1(b"blob %d\0" % len(pointer) + pointer).hexdigest()  # noqa: S324
    assert get(github, f"/media/o/r/{commit}/x.pth").content == content.read()


def test_the_api_of_github_counts_questions(hub_with) -> None:
    hub = hub_with(github=GitHubRules(spent=True, tokens=frozenset({"t"}), releases={"o/r@v1": ()}))
    refused = get(hub, "/api/v3/repos/o/r/releases/latest")
    assert (refused.status_code, refused.headers["X-RateLimit-Remaining"]) == (403, "0")
    assert get(hub, "/api/v3/repos/o/r/releases/latest", Authorization="Bearer t").status_code == 200
    assert get(hub, "/api/v3/repos/o/r/releases/latest", Authorization="Bearer x").status_code == 401


@pytest.fixture
def drive(hub_with) -> EmbeddedHub:
    return hub_with(google_drive=DriveRules(files={ID: "x.pth"}, states={ID: "unscanned-uuid"}))


def test_drive_shows_a_page_until_its_form_is_sent(drive) -> None:
    page = get(drive, f"/download?id={ID}&export=download")
    assert page.headers["Content-Type"].startswith("text/html")
    assert 'id="download-form"' in page.text
    uuid = page.text.partition('name="uuid" value="')[2].partition('"')[0]
    file = get(drive, f"/download?id={ID}&confirm=t&uuid={uuid}", Range="bytes=0-9")
    assert (file.status_code, len(file.content)) == (206, 10)
    drive.expire_signed_urls()
    assert (
        get(drive, f"/download?id={ID}&confirm=t&uuid={uuid}").headers["Content-Type"].startswith("text/html")
    )


def test_drive_knows_only_its_files(drive) -> None:
    assert get(drive, "/download?id=another").status_code == 404


def test_dropbox_leads_to_storage_only_when_asked_to_download(hub_with) -> None:
    hub = hub_with(dropbox=DropboxRules(access={"n3w": "acc3ss"}))
    assert get(hub, "/s/k3y/x.pth?dl=1").status_code == 302
    assert get(hub, "/s/k3y/x.pth?dl=0").headers["Content-Type"].startswith("text/html")
    assert get(hub, "/scl/fi/n3w/x.pth?rlkey=acc3ss&dl=1").status_code == 302
    assert get(hub, "/scl/fi/n3w/x.pth?dl=1").status_code == 404
