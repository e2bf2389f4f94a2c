"""What a person fetched by hand is recognised under whatever name it was saved, proven, and linked, never renamed."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest
from faults.bench import safetensors
from makers import loader, save_workflow

from modelget import dropped, workshop
from modelget.hub import HubRules

BODY, OTHER = safetensors(50_000), safetensors(50_000, seed=2)
LINK = "https://mega.nz/file/AbCd1234#k3y"
PINNED = {"hash": hashlib.sha256(BODY).hexdigest(), "hash_type": "SHA256"}
NAME = "4x-UltraSharp.safetensors"
ALIKE = [
    "4x-UltraSharp (1).safetensors",
    "4x-UltraSharp(12).safetensors",
    "4x-UltraSharp - Copy.safetensors",
    "Copy of 4x-UltraSharp.safetensors",
    "4x-ultrasharp copy 2.safetensors",
]


@pytest.fixture
def vae(models: Path) -> Path:
    folder = models / "vae"
    folder.mkdir()
    return folder


@pytest.fixture
def workflow(tmp_path: Path) -> Path:
    return save_workflow(tmp_path / "x.json", loader(1, NAME, "vae", LINK, **PINNED))


@pytest.fixture
def unpinned(tmp_path: Path) -> Path:
    return save_workflow(tmp_path / "y.json", loader(1, NAME, "vae", LINK))


@pytest.mark.parametrize("name", ALIKE)
def test_a_file_saved_under_another_name_is_proven_and_linked(modelget, workflow, vae, name) -> None:
    (vae / name).write_bytes(BODY)
    ran = modelget("install", workflow, "--json")
    (item,) = ran.document["requirements"]
    assert (ran.code, item["status"], ran.document["transferred_bytes"]) == (0, "present", 0)
    assert (vae / NAME).read_bytes() == BODY
    assert (vae / NAME).samefile(vae / name)
    assert modelget("plan", workflow).code == 0


def test_a_plan_recognises_it_and_leaves_no_trace(modelget, workflow, vae, models) -> None:
    (vae / ALIKE[0]).write_bytes(BODY)
    ran = modelget("plan", workflow)
    assert (ran.code, f"linked to {ALIKE[0]}" in ran.out) == (0, True)
    assert sorted(path.name for path in models.rglob("*")) == [ALIKE[0], "vae"]


def test_other_bytes_under_such_a_name_are_told_and_not_used(modelget, workflow, vae) -> None:
    (vae / ALIKE[0]).write_bytes(OTHER)
    ran = modelget("install", workflow, "--yes")
    assert ran.code == 3
    assert f"{ALIKE[0]} is there, its digest is sha256:{hashlib.sha256(OTHER).hexdigest()}" in ran.out
    assert LINK in ran.out
    assert not (vae / NAME).exists()


def test_of_several_the_right_one_is_taken(modelget, workflow, vae) -> None:
    (vae / ALIKE[0]).write_bytes(OTHER)
    (vae / ALIKE[1]).write_bytes(BODY)
    assert modelget("install", workflow, "--yes").code == 0
    assert (vae / NAME).samefile(vae / ALIKE[1])


@pytest.mark.parametrize(
    "body", [BODY[:-1], b"<!DOCTYPE html><html>", b""], ids=["cut short", "a page", "empty"]
)
def test_what_is_no_whole_model_is_told(modelget, workflow, vae, body) -> None:
    (vae / ALIKE[0]).write_bytes(body)
    ran = modelget("plan", workflow)
    assert (ran.code, f"{ALIKE[0]} is there, but " in ran.out) == (3, True)


def test_without_a_digest_such_a_name_is_only_mentioned(modelget, unpinned, vae) -> None:
    (vae / ALIKE[0]).write_bytes(BODY)
    ran = modelget("install", unpinned, "--yes")
    assert (ran.code, f"call it {NAME} if it is" in ran.out) == (3, True)
    assert not (vae / NAME).exists()
    (vae / ALIKE[0]).rename(vae / NAME)
    assert modelget("install", unpinned, "--yes").code == 0


@pytest.mark.parametrize(
    "name", ["other.safetensors", "4x-UltraSharp (1).ckpt", "4x-UltraSharp (x).safetensors"]
)
def test_files_of_other_names_or_formats_are_not_read(modelget, workflow, vae, name, monkeypatch) -> None:
    monkeypatch.setattr(dropped, "digest_file", lambda *_: pytest.fail("it was read"))
    (vae / name).write_bytes(BODY)
    assert modelget("plan", workflow).code == 3


def test_a_file_of_the_wanted_name_is_proven_before_it_counts(modelget, workflow, vae) -> None:
    (vae / NAME).write_bytes(OTHER)
    ran = modelget("plan", workflow)
    assert (ran.code, "the workflow pins" in ran.out) == (3, True)
    (vae / NAME).write_bytes(BODY)
    assert modelget("install", workflow, "--yes").code == 0


def test_a_proven_file_is_not_read_again(modelget, workflow, vae, monkeypatch) -> None:
    (vae / NAME).write_bytes(BODY)
    assert modelget("install", workflow, "--yes").code == 0
    monkeypatch.setattr(dropped, "digest_file", lambda *_: pytest.fail("it was read"))
    assert modelget("plan", workflow).code == 0


def test_where_programs_can_fetch_a_file_that_is_here_is_not_read(
    modelget, vae, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(dropped, "digest_file", lambda *_: pytest.fail("it was read"))
    (vae / NAME).write_bytes(OTHER)
    link = "https://huggingface.co/o/r/resolve/main/vae/x.safetensors"
    workflow = save_workflow(tmp_path / "z.json", loader(1, NAME, "vae", link, **PINNED))
    assert modelget("plan", workflow).code == 0


class Hand:
    """A person who does one thing at each look that `--wait` takes at the folder."""

    def __init__(self, *deeds) -> None:
        self._deeds = list(deeds)

    def __call__(self, _event: threading.Event, _seconds: float) -> None:
        if not self._deeds:
            raise KeyboardInterrupt
        if deed := self._deeds.pop(0):
            deed()


@pytest.fixture
def hand(monkeypatch):
    """``hand(deed, None, …)``: what happens at each look; then Ctrl-C is pressed."""

    def hand(*deeds) -> None:
        real, deed = workshop.Clock, Hand(*deeds)
        monkeypatch.setattr(workshop, "Clock", lambda **_: real(wait=deed))

    return hand


def test_waiting_ends_when_the_file_is_there_and_proven(modelget, workflow, vae, hand) -> None:
    hand(None, lambda: (vae / NAME).write_bytes(BODY), None, lambda: pytest.fail("it goes on waiting"))
    ran = modelget("install", workflow, "--yes", "--wait", "--json")
    assert (ran.code, ran.document["requirements"][0]["status"]) == (0, "present")


def test_while_it_is_waited_for_any_name_will_do(modelget, workflow, vae, hand) -> None:
    hand(lambda: (vae / "download.safetensors").write_bytes(BODY), None)
    ran = modelget("install", workflow, "--yes", "--wait", "--json")
    assert (ran.code, ran.document["requirements"][0]["status"]) == (0, "present")
    assert (vae / NAME).samefile(vae / "download.safetensors")


def test_a_file_that_still_grows_is_not_judged(modelget, workflow, vae, hand) -> None:
    def grows(count: int):
        return lambda: (vae / NAME).write_bytes(BODY[:count])

    hand(*map(grows, (100, 5000, 9000, len(BODY))), None)
    ran = modelget("install", workflow, "--yes", "--wait")
    assert (ran.code, "is here, but" in ran.out) == (0, False)


def test_wrong_bytes_are_told_at_once_and_the_right_ones_still_waited_for(
    modelget, workflow, vae, hand
) -> None:
    hand(
        lambda: (vae / NAME).write_bytes(OTHER),
        None,
        (vae / NAME).unlink,
        lambda: (vae / NAME).write_bytes(BODY),
        None,
    )
    ran = modelget("install", workflow, "--yes", "--wait")
    assert ran.code == 0
    assert "the workflow pins" in ran.out


def test_waiting_can_be_ended_from_the_keyboard(modelget, workflow, vae, hand) -> None:
    hand(None, None)
    ran = modelget("install", workflow, "--yes", "--wait")
    assert (ran.code, f"Waiting for vae/{NAME}." in ran.err, "Stopped" in ran.err) == (130, True, True)


def test_without_anything_to_wait_for_nobody_waits(modelget, tmp_path, hand) -> None:
    hand()
    link = "https://huggingface.co/o/r/resolve/main/vae/x.safetensors"
    workflow = save_workflow(tmp_path / "z.json", loader(1, "x.safetensors", "vae", link))
    ran = modelget("install", workflow, "--yes", "--wait")
    assert (ran.code, "Waiting" in ran.err) == (0, False)


@pytest.mark.parametrize("rules", [HubRules(missing=frozenset({"o/r/vae/gone.safetensors"}))])
def test_what_no_hand_can_help_still_counts_in_the_end(modelget, vae, tmp_path, hand) -> None:
    hand(lambda: (vae / NAME).write_bytes(BODY), None)
    gone = "https://huggingface.co/o/r/resolve/main/vae/gone.safetensors"
    workflow = save_workflow(
        tmp_path / "z.json",
        loader(1, NAME, "vae", LINK, **PINNED),
        loader(2, "gone.safetensors", "vae", gone),
        loader(3, "x.safetensors", "vae", gone.replace("gone", "x")),
    )
    ran = modelget("install", workflow, "--json", "--wait")
    assert ran.code == 3
    assert [item["status"] for item in ran.document["requirements"]] == ["present", "unresolved", "present"]
    assert ran.document["transferred_bytes"] > 0


def test_get_waits_too(modelget, vae, hand) -> None:
    hand(lambda: (vae / "x.safetensors").write_bytes(BODY), None)
    ran = modelget(
        "get", LINK, "--name", "x.safetensors", "--folder", "vae", "--sha256", PINNED["hash"], "--wait"
    )
    assert ran.code == 0
