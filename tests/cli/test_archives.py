"""A model that its place has in an archive is installed like any other, and nothing else of the archive is."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile

import pytest
from makers import loader, save_workflow

from modelget.hub import GitHubRules, HubRules

PICKLE = b"PK\x03\x04" + b"weights of a model, not really a zip file " * 9000
OTHER = b"PK\x03\x04" + b"weights of the other one " * 5000


def tar_gz(*files: tuple[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, body in files:
            info = tarfile.TarInfo(name)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return file.getvalue()


def zipped(*files: tuple[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files:
            archive.writestr(name, body)
    return file.getvalue()


DROPBOX = "https://www.dropbox.com/s/k3yk3yk3y"
RELEASE = "https://github.com/o/r/releases/download/v1"
ARCHIVES = {
    "dropbox/k3yk3yk3y/one.tar.gz": tar_gz(
        ("../../evil.pt", OTHER), ("model/x.pt", PICKLE), ("readme.txt", b"!")
    ),
    "dropbox/k3yk3yk3y/x.pt.zip": zipped(("x.pt", PICKLE)),
    "github/o/r@v1/two.zip": zipped(("a/one.pt", PICKLE), ("b/two.pt", OTHER)),
    "github/o/r@v1/broken.tar.gz": tar_gz(("x.pt", PICKLE))[:-9],
    "github/o/r@v1/junk.tar.gz": b"neither an archive nor a page " * 9,
    "o/r/vae/all.zip": zipped(("x.pt", PICKLE)),
}


@pytest.fixture
def rules() -> HubRules:
    assets = ("two.zip", "broken.tar.gz", "junk.tar.gz")
    return HubRules(files=ARCHIVES, github=GitHubRules(releases={"o/r@v1": assets}))


@pytest.fixture
def install(modelget, tmp_path):
    """``install(link, "--choose", …)``: install ``vae/x.pt`` from there."""

    def install(link: str, *words: str, **pinned: str):
        workflow = save_workflow(tmp_path / "x.json", loader(1, "x.pt", "vae", link, **pinned))
        return modelget("install", workflow, "--json", "--allow-pickle", "x.pt", *words)

    return install


def files_in(models) -> list[str]:
    return sorted(path.relative_to(models).as_posix() for path in models.rglob("*") if path.is_file())


PLACES = {
    "a tar.gz, by name": f"{DROPBOX}/one.tar.gz?dl=0",
    "a zip of one file": f"{DROPBOX}/x.pt.zip?dl=0",
    "a zip, by the member's path": f"{RELEASE}/two.zip#a/one.pt",
    "a zip of the Hub": "hf:o/r/vae/all.zip",
    "a zip of the Hub, by the member's path": "https://huggingface.co/o/r/resolve/main/vae/all.zip#x.pt",
}


@pytest.mark.parametrize("place", PLACES)
def test_the_wanted_file_of_an_archive_is_installed_and_nothing_else(install, models, hub, place) -> None:
    ran = install(PLACES[place])
    (item,) = ran.document["requirements"]
    assert (ran.code, item["status"], item["candidates"][0]["archive"]["kind"] in ("zip", "tar.gz")) == (
        0,
        "present",
        True,
    )
    assert (models / "vae" / "x.pt").read_bytes() == PICKLE
    assert files_in(models) == [".modelget/records.sqlite", "vae/x.pt"]
    again = install(PLACES[place])
    assert (again.code, again.document["transferred_bytes"]) == (0, 0)


def test_the_archive_is_what_counts_on_the_wire_and_on_the_disk(install, modelget, tmp_path) -> None:
    size = len(ARCHIVES["github/o/r@v1/two.zip"])
    workflow = save_workflow(tmp_path / "y.json", loader(1, "x.pt", "vae", f"{RELEASE}/two.zip#a/one.pt"))
    planned = modelget("plan", workflow, "--json", "--allow-pickle", "x.pt").document
    assert planned["fetch_bytes"] == size
    (candidate,) = planned["requirements"][0]["candidates"]
    assert (candidate["size"], candidate["digest"], candidate["name"]) == (None, None, "one.pt")
    assert candidate["id"] == candidate["archive"]["id"] + "#a/one.pt"
    assert (candidate["archive"]["size"], candidate["archive"]["digest"][:7]) == (size, "sha256:")
    assert install(f"{RELEASE}/two.zip#a/one.pt").document["transferred_bytes"] == size


def test_an_id_of_a_file_in_an_archive_can_be_asked_for(modelget, models) -> None:
    ran = modelget("get", f"{RELEASE}/two.zip#b/two.pt", "--folder", "vae", "--allow-pickle", "--yes")
    assert ran.code == 0
    assert (models / "vae" / "two.pt").read_bytes() == OTHER


def test_an_archive_itself_is_no_answer_and_the_hint_says_how_to_name_a_file(modelget, models) -> None:
    ran = modelget("get", f"{RELEASE}/two.zip", "--folder", "vae", "--allow-pickle", "--yes")
    assert ran.code == 3
    assert f"{RELEASE}/two.zip#FILE" in ran.out
    assert files_in(models) == []


def test_of_several_files_a_person_chooses_and_the_archive_comes_only_once(install, models) -> None:
    ran = install(f"{RELEASE}/two.zip")
    (item,) = ran.document["requirements"]
    assert (ran.code, item["status"], item["error"]["kind"]) == (3, "choose", "UnclearMember")
    assert ran.document["transferred_bytes"] == 0
    chosen = f"{RELEASE}/two.zip#b/two.pt"
    assert chosen in item["hint"]
    ran = install(f"{RELEASE}/two.zip", "--choose", f"x.pt={chosen}")
    assert (ran.code, ran.document["transferred_bytes"]) == (0, 0)
    assert (models / "vae" / "x.pt").read_bytes() == OTHER
    assert files_in(models) == [".modelget/records.sqlite", "vae/x.pt"]


def test_a_person_reads_what_to_choose(modelget, tmp_path) -> None:
    workflow = save_workflow(tmp_path / "x.json", loader(1, "x.pt", "vae", f"{RELEASE}/two.zip"))
    ran = modelget("install", workflow, "--yes", "--allow-pickle", "x.pt")
    assert (ran.code, "choose  x.pt" in ran.out, "#a/one.pt or" in ran.out) == (3, True, True)


def test_a_digest_that_the_workflow_pins_is_that_of_the_file(install, models) -> None:
    right = {"hash": hashlib.sha256(PICKLE).hexdigest(), "hash_type": "SHA256"}
    wrong = {"hash": "0" * 64, "hash_type": "SHA256"}
    ran = install(f"{DROPBOX}/one.tar.gz", **wrong)
    (item,) = ran.document["requirements"]
    assert (ran.code, item["error"]["kind"]) == (1, "DigestMismatch")
    assert files_in(models) == []
    assert install(f"{DROPBOX}/one.tar.gz", **right).code == 0


@pytest.mark.parametrize("name", ["broken.tar.gz", "junk.tar.gz"])
def test_what_is_no_whole_archive_leaves_nothing_behind(install, models, name) -> None:
    ran = install(f"{RELEASE}/{name}")
    (item,) = ran.document["requirements"]
    assert (ran.code, item["error"]["kind"]) == (1, "UnsafeFile")
    assert files_in(models) == []


def test_without_consent_to_a_pickle_no_archive_is_fetched(modelget, models, tmp_path) -> None:
    workflow = save_workflow(tmp_path / "x.json", loader(1, "x.pt", "vae", f"{DROPBOX}/one.tar.gz"))
    ran = modelget("install", workflow, "--yes")
    assert (ran.code, "--allow-pickle x.pt" in ran.out, files_in(models)) == (3, True, [])


@pytest.mark.parametrize(
    "rules",
    [
        HubRules(
            corrupt=frozenset({"github/o/r@v1/a.zip"}),
            github=GitHubRules(releases={"o/r@v1": ("a.zip",)}),
            files={"github/o/r@v1/a.zip": zipped(("x.pt", PICKLE))},
        )
    ],
)
def test_an_archive_without_the_digest_that_its_place_publishes_is_not_opened(install, models) -> None:
    ran = install(f"{RELEASE}/a.zip")
    (item,) = ran.document["requirements"]
    assert (ran.code, item["error"]["kind"], files_in(models)) == (1, "DigestMismatch", [])
