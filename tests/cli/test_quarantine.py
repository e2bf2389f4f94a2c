"""A place that publishes a wrong digest: nothing is placed or lost, and only a person can accept the bytes."""

from __future__ import annotations

import pytest
from makers import loader, save_workflow

from modelget.hub import CivitaiFile, CivitaiVersion, HubRules

WRONG = "a" * 64
SWAPPED = CivitaiFile(
    700, "x-2MiB.safetensors", published={"SHA256": WRONG, "AutoV2": WRONG[:10]}, primary=True
)
OTHER = CivitaiFile(710, "y-2MiB.safetensors", published={"SHA256": "b" * 64}, primary=True)
BROKEN = CivitaiFile(720, "z-2MiB.safetensors", primary=True)
LINK = "https://civitai.com/api/download/models/{}"


@pytest.fixture
def rules() -> HubRules:
    return HubRules(
        civitai=(
            CivitaiVersion(70, files=(SWAPPED,)),
            CivitaiVersion(71, files=(OTHER,)),
            CivitaiVersion(72, files=(BROKEN,)),
        ),
        corrupt=frozenset({"civitai/72/z-2MiB.safetensors"}),
    )


@pytest.fixture
def install(modelget, tmp_path):
    def run(version: int, *words: str, name: str = "x.safetensors"):
        node = loader(1, name, "vae", LINK.format(version))
        workflow = save_workflow(tmp_path / f"{name}.json", node)
        return modelget("install", workflow, "--yes", "--json", *words)

    return run


def error_of(ran):
    assert ran.code == 1
    return ran.document["requirements"][0]["error"]


def files_in(models):
    return [path for path in models.rglob("*") if path.is_file() and path.suffix in (".safetensors", ".part")]


def test_the_error_says_what_agrees_where_the_bytes_are_and_how_to_accept_them(install, hub, models) -> None:
    right = hub.content("civitai/70/x-2MiB.safetensors")
    ran = install(70)
    error = error_of(ran)
    assert error["kind"] == "Quarantined"
    assert error["sha256"] == right.sha256
    assert f"expected sha256:{WRONG}, got sha256:{right.sha256}" in error["message"]
    assert "agreeing: AUTOV1 AUTOV3 CRC32, differing: AUTOV2" in error["message"]
    assert error["path"] in error["message"]
    assert f"--accept-digest sha256:{right.sha256}" in ran.document["requirements"][0]["hint"]
    kept = models / ".modelget" / "quarantine"
    (file,) = kept.iterdir()
    assert str(file) == error["path"]
    assert file.read_bytes() == right.read()
    assert files_in(models) == []


def test_bytes_that_a_person_accepts_are_placed_without_being_fetched_again(
    install, modelget, hub, models
) -> None:
    digest = error_of(install(70))["sha256"]
    sent = hub.storage_bytes
    ran = install(70, "--accept-digest", f"sha256:{digest}")
    assert ran.code == 0
    assert "you accepted" in ran.document["requirements"][0]["warning"]
    assert WRONG in ran.document["requirements"][0]["warning"]
    assert ran.document["transferred_bytes"] == 0
    assert hub.storage_bytes - sent < 1000  # a look at the first byte
    placed = models / "vae" / "x.safetensors"
    assert placed.read_bytes() == hub.content("civitai/70/x-2MiB.safetensors").read()
    assert not (models / ".modelget" / "quarantine").exists()
    assert install(70).code == 0


def test_bytes_that_are_accepted_before_they_came_are_placed_when_they_come(install, hub, models) -> None:
    digest = hub.content("civitai/70/x-2MiB.safetensors").sha256
    assert install(70, "--accept-digest", digest).code == 0
    assert (models / "vae" / "x.safetensors").exists()


def test_accepting_other_bytes_accepts_nothing(install, models) -> None:
    error_of(install(70))
    for wrong in ("c" * 64, WRONG):
        assert error_of(install(70, "--accept-digest", wrong))["kind"] == "Quarantined"
    assert files_in(models) == []


def test_bytes_accepted_in_place_of_one_file_are_not_accepted_for_another(install, hub, models) -> None:
    digest = error_of(install(70))["sha256"]
    error = error_of(install(71, "--accept-digest", digest, name="y.safetensors"))
    assert error["sha256"] == hub.content("civitai/71/y-2MiB.safetensors").sha256
    assert not (models / "vae" / "y.safetensors").exists()


def test_a_file_in_quarantine_that_was_changed_is_not_placed(install, hub, models) -> None:
    error = error_of(install(70))
    with open(error["path"], "r+b") as kept:  # noqa: PTH123
        kept.seek(-1, 2)
        kept.write(b"!")
    assert install(70, "--accept-digest", error["sha256"]).code == 0
    assert (models / "vae" / "x.safetensors").read_bytes() == hub.content(
        "civitai/70/x-2MiB.safetensors"
    ).read()


def test_a_broken_file_is_told_by_everything_that_differs(install) -> None:
    assert "differing: AUTOV1 AUTOV2 AUTOV3 CRC32" in error_of(install(72))["message"]


def test_a_digest_that_is_none_is_refused(install) -> None:
    ran = install(70, "--accept-digest", "sha256:12")
    assert ran.code == 2
    assert "--accept-digest" in ran.err


def test_get_takes_the_decision_too(modelget, hub, models) -> None:
    digest = hub.content("civitai/70/x-2MiB.safetensors").sha256
    ran = modelget("get", "civitai:70", "--folder", "vae", "--yes", "--accept-digest", digest)
    assert ran.code == 0
    assert (models / "vae" / "x-2MiB.safetensors").exists()
