"""One file from each place, from the link in a workflow to the proven file in its folder."""

from __future__ import annotations

import hashlib

import pytest
from makers import loader, save_workflow

from modelget.hub import DriveRules, DropboxRules, GitHubRules, HubRules

PLACES = HubRules(
    github=GitHubRules(
        releases={"o/r@v1": ("ae-24MiB.safetensors",)},
        without_digest=frozenset({"o/r@v1"}),
        lfs=frozenset({"o/r/vae/ae.safetensors"}),
    ),
    dropbox=DropboxRules(access={"n3wn3wn3w": "acc3ss"}),
    google_drive=DriveRules(
        files={
            "0B_scanned_file": "a-24MiB.safetensors",
            "0B_large_file": "b.safetensors",
            "0B_once_file": "c.safetensors",
        },
        states={"0B_large_file": "unscanned", "0B_once_file": "unscanned-uuid"},
    ),
)
LINKS = {
    "a release of GitHub": (
        "https://github.com/o/r/releases/download/v1/ae-24MiB.safetensors",
        "github/o/r@v1/ae-24MiB.safetensors",
    ),
    "a repository of GitHub": (
        "https://github.com/o/r/blob/main/ae.safetensors",
        "github/o/r/ae.safetensors",
    ),
    "GitHub's LFS": ("https://github.com/o/r/raw/main/vae/ae.safetensors", "github/o/r/vae/ae.safetensors"),
    "Dropbox": ("https://www.dropbox.com/s/k3yk3yk3y/a.safetensors?dl=0", "dropbox/k3yk3yk3y/a.safetensors"),
    "Dropbox, by a newer link": (
        "https://www.dropbox.com/scl/fi/n3wn3wn3w/ae-24MiB.safetensors?rlkey=acc3ss&st=x&dl=0",
        "dropbox/n3wn3wn3w/ae-24MiB.safetensors",
    ),
    "Google Drive": ("https://drive.google.com/file/d/0B_scanned_file/view", "drive/a-24MiB.safetensors"),
    "Google Drive, not scanned": ("https://drive.google.com/uc?id=0B_large_file", "drive/b.safetensors"),
    "Google Drive, by the page": ("https://drive.google.com/open?id=0B_once_file", "drive/c.safetensors"),
}


@pytest.fixture
def rules() -> HubRules:
    return PLACES


@pytest.mark.parametrize("place", LINKS)
def test_a_link_in_a_workflow_becomes_a_proven_file(modelget, hub, models, tmp_path, place) -> None:
    link, key = LINKS[place]
    workflow = save_workflow(tmp_path / "x.json", loader(1, "ae.safetensors", "vae", link))
    assert modelget("plan", workflow).code == 0
    ran = modelget("install", workflow, "--yes", "--json")
    assert (ran.code, ran.document["requirements"][0]["status"]) == (0, "present")
    file = models / "vae" / "ae.safetensors"
    assert hashlib.sha256(file.read_bytes()).hexdigest() == hub.content(key).sha256
    assert modelget("verify", workflow).code == 0
    again = modelget("install", workflow, "--yes", "--json")
    assert (again.code, again.document["transferred_bytes"]) == (0, 0)


@pytest.mark.parametrize("place", LINKS)
def test_a_pinned_digest_that_the_file_has_not_keeps_it_out(modelget, models, tmp_path, place) -> None:
    pinned = {"hash": "0" * 64, "hash_type": "SHA256"}
    node = loader(1, "ae.safetensors", "vae", LINKS[place][0], **pinned)
    ran = modelget("install", save_workflow(tmp_path / "x.json", node), "--yes")
    assert ran.code != 0
    assert not (models / "vae" / "ae.safetensors").exists()


CORRUPT = {
    "a release of GitHub": "https://github.com/o/r/releases/download/v2/ae.safetensors",
    "a repository of GitHub": "https://github.com/o/r/blob/main/ae.safetensors",
    "GitHub's LFS": "https://github.com/o/r/blob/main/vae/ae.safetensors",
}


@pytest.mark.parametrize(
    "rules",
    [
        HubRules(
            github=GitHubRules(
                releases={"o/r@v2": ("ae.safetensors",)}, lfs=frozenset({"o/r/vae/ae.safetensors"})
            ),
            corrupt=frozenset(
                f"github/o/r{file}"
                for file in ("@v2/ae.safetensors", "/ae.safetensors", "/vae/ae.safetensors")
            ),
        )
    ],
)
@pytest.mark.parametrize("place", CORRUPT)
def test_bytes_without_the_digest_that_their_place_publishes_keep_the_file_out(
    modelget, models, tmp_path, place
) -> None:
    node = loader(1, "ae.safetensors", "vae", CORRUPT[place])
    ran = modelget("install", save_workflow(tmp_path / "x.json", node), "--yes")
    assert (ran.code, "DigestMismatch" in ran.out or "expected" in ran.out) == (1, True)
    assert not (models / "vae" / "ae.safetensors").exists()


BY_HAND = {
    "mega": "https://mega.nz/file/AbCd1234#k3y",
    "mediafire": "https://www.mediafire.com/file/a1b2c3d4e5f6g7h/ae.safetensors/file",
    "onedrive": "https://1drv.ms/u/s!AbCd-1234?e=x",
    "baidu": "https://pan.baidu.com/s/1AbCd-1234?pwd=k3y4",
}


@pytest.mark.parametrize("place", BY_HAND)
def test_where_only_a_person_can_fetch_it_is_told_what_to_do_and_then_proven(
    modelget, hub, models, tmp_path, place
) -> None:
    content = hub.content("x/ae.safetensors")
    pinned = {"hash": content.sha256, "hash_type": "SHA256"}
    workflow = save_workflow(
        tmp_path / "x.json", loader(1, "ae.safetensors", "vae", BY_HAND[place], **pinned)
    )
    ran = modelget("install", workflow, "--yes")
    assert ran.code == 3
    for needed in (BY_HAND[place], "model folder vae", "ae.safetensors", content.sha256):
        assert needed in ran.out
    (models / "vae").mkdir()
    (models / "vae" / "ae.safetensors").write_bytes(content.read())
    assert modelget("verify", workflow).code == 0
    assert modelget("plan", workflow).code == 0
    assert not [record for record in hub.requests if record.origin == "storage"]


def test_sources_lists_every_place(modelget) -> None:
    ran = modelget("sources", "--json")
    assert {row["name"] for row in ran.document["sources"]} >= {"github", "google_drive", "dropbox", *BY_HAND}
    assert {row["reachable"] for row in ran.document["sources"] if row["endpoint"]} == {"yes"}


def test_sources_tells_that_a_github_token_was_found_and_not_which(modelget) -> None:
    modelget.environ["GH_TOKEN"] = "ghp_CanaryCanary"
    ran = modelget("sources", "--json")
    (row,) = [row for row in ran.document["sources"] if row["name"] == "github"]
    assert row["credential"] == "found"
    assert "Canary" not in ran.out + ran.err
