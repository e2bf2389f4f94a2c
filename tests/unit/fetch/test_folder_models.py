"""A folder on its way: nothing under its name before the last file is proven, and nothing taken from anybody."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from faults.bench import Recorder

from modelget.errors import Cancelled, DigestMismatch, FetchFailed, UnsafePath
from modelget.fetch import fetch, give_up, staged_bytes
from modelget.fetch.publish import publish_folder
from modelget.hosts import HostPolicy
from modelget.http import Clock, Http
from modelget.hub import EmbeddedHub, HubRules
from modelget.library import Library, open_library
from modelget.progress import Progress
from modelget.types import Candidate, Digest, Download, Evidence, PartOfFolder

WEIGHTS = {f"part{number}/model.safetensors": 150_000 + number for number in range(5)}
FILES: dict[str, int | bytes] = {"config.json": b'{"a": 1}', **WEIGHTS}
RULES = HubRules(files={f"o/r/{path}": content for path, content in FILES.items()})


@pytest.fixture
def rules() -> HubRules:
    return RULES


@pytest.fixture
def http(hub: EmbeddedHub) -> Iterator[Http]:
    client = Http(
        HostPolicy.of((), (hub.endpoint, hub.storage_origin)), clock=Clock(sleep=lambda seconds: None)
    )
    yield client
    client.close()


@pytest.fixture
def library(models: Path) -> Library:
    return open_library(models_dir=models)


def part_of(hub: EmbeddedHub, path: str) -> PartOfFolder:
    content = hub.content(f"o/r/{path}")
    digest = Digest("sha256", content.sha256)
    return PartOfFolder(path, f"hf:o/r/{path}@main", hub.url("o/r", path, "main"), content.size, digest)


@pytest.fixture
def download(hub: EmbeddedHub, models: Path) -> Download:
    parts = tuple(part_of(hub, path) for path in FILES)
    size = sum(part.size for part in parts)
    candidate = Candidate(
        "huggingface", "hf:o/r@main", "", "r", Evidence.DECLARED_URL, size=size, is_folder=True, files=parts
    )
    return Download(candidate, models / "diffusers" / "r", models / ".modelget", "diffusers/r")


def below(folder: Path) -> list[str]:
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in found if not name.endswith(".sqlite"))


def test_all_files_arrive_and_the_progress_is_their_sum(download, http, library) -> None:
    seen = Recorder()
    fetched = fetch(download, http, seen, Event(), library)
    total = download.candidate.size
    assert below(download.destination) == sorted(FILES)
    assert (fetched.file.path, fetched.file.size, fetched.transferred) == (download.destination, total, total)
    assert {progress.name for progress in seen.seen} == {"diffusers/r"}
    assert {progress.total for progress in seen.seen} == {total}
    dones = [progress.done for progress in seen.seen if progress.phase == "fetching"]
    assert dones == sorted(dones)
    assert (seen.seen[-1].phase, seen.seen[-1].done) == ("present", total)


class Watching(Recorder):
    """Notes whether the name was there before the end, and stops once enough arrived."""

    def __init__(self, destination: Path, stop: Event | None = None, after: int = 0) -> None:
        super().__init__()
        self.destination, self.stop, self.after = destination, stop, after
        self.was_there = False

    def report(self, progress: Progress) -> None:
        super().report(progress)
        self.was_there = self.was_there or (progress.phase != "present" and self.destination.exists())
        if self.stop and progress.done >= self.after:
            self.stop.set()


def test_the_name_is_given_last(download, http, library) -> None:
    watching = Watching(download.destination)
    fetch(download, http, watching, Event(), library)
    assert not watching.was_there


def test_a_stopped_fetch_keeps_what_arrived_and_goes_on(download, http, library) -> None:
    stop = Event()
    with pytest.raises(Cancelled):
        fetch(download, http, Watching(download.destination, stop, after=200_000), stop, library)
    assert not download.destination.exists()
    kept = staged_bytes(download)
    assert kept > 0
    fetched = fetch(download, http, Recorder(), Event(), library)
    assert fetched.transferred <= (download.candidate.size or 0) - 150_000
    assert below(download.staging) == []


def test_giving_up_removes_what_arrived_and_nothing_else(download, http, library, models) -> None:
    stop = Event()
    with pytest.raises(Cancelled):
        fetch(download, http, Watching(download.destination, stop, after=200_000), stop, library)
    mine = [download.staging / "mine.txt", models / "diffusers" / "mine" / "x.json"]
    for path in mine:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    give_up(download, http.clock)
    assert below(models) == [".modelget/mine.txt", "diffusers/mine/x.json"]


@pytest.mark.parametrize(
    "rules", [HubRules(files=RULES.files, corrupt=frozenset({"o/r/part3/model.safetensors"}))]
)
def test_the_error_is_that_of_the_file_which_is_wrong(download, http, library) -> None:
    with pytest.raises(DigestMismatch, match=r"model\.safetensors"):
        fetch(download, http, Recorder(), Event(), library)
    assert not download.destination.exists()


def test_a_staged_file_that_was_changed_is_fetched_again(download, http, library) -> None:
    stop = Event()
    with pytest.raises(Cancelled):
        fetch(download, http, Watching(download.destination, stop, after=500_000), stop, library)
    staged = [path for path in download.staging.glob("*.folder/**/*") if path.suffix == ".safetensors"]
    assert staged
    staged[0].write_bytes(b"\0" * staged[0].stat().st_size)
    fetch(download, http, Recorder(), Event(), library)
    for path in FILES:
        part = next(part for part in download.candidate.files if part.path == path)
        assert library.digest_of(download.destination / path) == part.digest


def test_what_another_process_placed_meanwhile_is_used_if_it_is_right(download, http, library) -> None:
    fetch(download, http, Recorder(), Event(), library)
    assert fetch(download, http, Recorder(), Event(), library).transferred == 0
    (download.destination / "config.json").write_bytes(b'{"a": 2}')
    with pytest.raises(FetchFailed, match="something else has this name"):
        fetch(download, http, Recorder(), Event(), library)
    assert (download.destination / "config.json").read_bytes() == b'{"a": 2}'


@pytest.mark.parametrize("kind", ["file", "folder", "link", "link to nothing"])
def test_whatever_has_the_name_stays(tmp_path, kind) -> None:
    staged, place, other = tmp_path / "staged", tmp_path / "place", tmp_path / "other"
    staged.mkdir()
    (staged / "a.json").touch()
    other.mkdir()
    if kind == "file":
        place.write_text("mine")
    elif kind == "folder":
        place.mkdir()
        (place / "mine").touch()
    else:
        place.symlink_to(other if kind == "link" else tmp_path / "nowhere", target_is_directory=True)
    before = place.lstat()
    with pytest.raises(FetchFailed):
        publish_folder(staged, place)
    assert place.lstat() == before
    assert (staged / "a.json").exists()
    assert list(other.iterdir()) == []


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_takes_the_name_at_the_last_moment_stays(tmp_path, monkeypatch, kind) -> None:
    staged, place = tmp_path / "staged", tmp_path / "place"
    staged.mkdir()
    (staged / "a.json").touch()
    seen: list[str] = []
    lexists = os.path.lexists

    def appears(path: str | Path) -> bool:
        there = lexists(path)
        if not seen and kind == "file":
            place.write_text("mine")
        elif not seen:
            place.mkdir()
            (place / "mine").touch()
        seen.append(str(path))
        return there

    monkeypatch.setattr(os.path, "lexists", appears)
    with pytest.raises(FetchFailed):
        publish_folder(staged, place)
    assert place.read_text() == "mine" if kind == "file" else below(place) == ["mine"]


def test_a_hostile_path_is_refused_before_anything_is_asked(download, http, library, hub, models) -> None:
    evil = replace(download.candidate.files[0], path="../../evil.json")
    bad = replace(
        download, candidate=replace(download.candidate, files=(evil, *download.candidate.files[1:]))
    )
    before = len(hub.requests)
    with pytest.raises(UnsafePath):
        fetch(bad, http, Recorder(), Event(), library)
    assert len(hub.requests) == before
    assert not list(models.rglob("evil*"))
