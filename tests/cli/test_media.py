"""Pictures, videos and sound are workflows too, by name, in folders and on standard input."""

from __future__ import annotations

import io
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from makers import hub_link, loader, save_workflow
from media import picture, png, sound, video

from modelget.cli import standard_input

GRAPH = {"nodes": [loader(12, "ae.safetensors", "vae", hub_link("o/r", "ae.safetensors"))], "links": []}
PROMPT = {
    "12": {"class_type": "VAELoader", "inputs": {"vae_name": "ae.safetensors"}},
    "3": {"class_type": "LoraLoader", "inputs": {"lora_name": "l.safetensors"}},
}
BOTH = {"workflow": json.dumps(GRAPH), "prompt": json.dumps(PROMPT)}


def names(document: Any) -> list[str]:
    return [need["name"] for need in document["requirements"]]


class Stdin:
    def __init__(self, buffer: Any) -> None:
        self.buffer = buffer


def test_an_image_is_planned_as_its_workflow_would_be(modelget, tmp_path) -> None:
    png(tmp_path / "x.png", {"workflow": json.dumps(GRAPH)})
    as_json = tmp_path / "x.json"
    as_json.write_text(json.dumps(GRAPH))
    image, workflow = modelget("plan", tmp_path / "x.png", "--json"), modelget("plan", as_json, "--json")
    assert image.code == 0
    assert image.document["requirements"] == workflow.document["requirements"]


def test_a_video_is_installed_as_its_workflow_would_be(modelget, models, tmp_path) -> None:
    video(tmp_path / "x.mp4", {"workflow": json.dumps(GRAPH)})
    assert modelget("install", tmp_path / "x.mp4", "--yes").code == 0
    assert (models / "vae" / "ae.safetensors").is_file()
    assert modelget("verify", tmp_path / "x.mp4").code == 0


def test_an_image_without_a_workflow_is_unusable_input_with_what_to_do(modelget, tmp_path) -> None:
    picture().save(tmp_path / "x.png")
    ran = modelget("plan", tmp_path / "x.png")
    assert ran.code == 2
    assert "x.png: holds no workflow: this PNG image was saved without metadata" in ran.err
    assert "ask for the original file" in ran.err


def test_a_folder_stands_for_every_file_in_it_that_carries_a_workflow(modelget, tmp_path) -> None:
    folder = tmp_path / "shared"
    (folder / "below").mkdir(parents=True)
    save_workflow(folder / "a.json", *GRAPH["nodes"])
    png(folder / "b.png", BOTH)
    video(folder / "below" / "c.webm", BOTH)
    sound(folder / "d.flac", BOTH)
    picture().save(folder / "bare.png")
    picture().save(folder / "bare.jpg")
    (folder / "read.me").write_text("no workflow")
    (folder / "weights.bin").write_bytes(bytes(100))
    ran = modelget("plan", folder, "--json")
    carriers = [Path(document["workflow"]).relative_to(folder).as_posix() for document in ran.document]
    assert carriers == ["a.json", "b.png", "below/c.webm", "d.flac"]
    assert "skipped: 2 files in" in ran.err
    assert "bare" not in ran.err


def test_the_files_of_a_folder_that_carry_none_are_named_when_asked(modelget, tmp_path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    png(folder / "a.png", BOTH)
    picture().save(folder / "bare.png")
    ran = modelget("plan", folder, "-v")
    assert "bare.png: holds no workflow" in ran.err
    assert ran.code == 3


def test_a_folder_without_any_workflow_says_how_many_files_it_looked_at(modelget, tmp_path) -> None:
    picture().save(tmp_path / "bare.png")
    ran = modelget("plan", tmp_path)
    assert ran.code == 2
    assert "no workflow in this folder (1 file looked at)" in ran.err


def test_a_redirected_image_is_read_from_standard_input(modelget, tmp_path, monkeypatch) -> None:
    png(tmp_path / "x.png", BOTH)
    with (tmp_path / "x.png").open("rb") as file, monkeypatch.context() as patched:
        patched.setattr("sys.stdin", Stdin(file))
        ran = modelget("plan", "-", "--json")
    assert names(ran.document) == ["ae.safetensors", "l.safetensors"]


@pytest.mark.parametrize("limit", [20_000_000, 100], ids=["in memory", "on disk"])
def test_a_piped_video_is_read_from_standard_input(modelget, limit, tmp_path, monkeypatch) -> None:
    video(tmp_path / "x.mp4", BOTH, movflags="use_metadata_tags")
    content = (tmp_path / "x.mp4").read_bytes()
    reader, writer = os.pipe()

    def pour() -> None:
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(content)

    pouring = threading.Thread(target=pour)
    pouring.start()
    with os.fdopen(reader, "rb") as pipe, monkeypatch.context() as patched:
        patched.setattr("sys.stdin", Stdin(pipe))
        patched.setattr(standard_input, "MAX_BYTES", limit)
        ran = modelget("plan", "-", "--json")
    pouring.join()
    assert names(ran.document) == ["ae.safetensors", "l.safetensors"]


def test_a_pipe_that_does_not_end_is_left(modelget, tmp_path, monkeypatch) -> None:
    png(tmp_path / "x.png", BOTH)
    content = (tmp_path / "x.png").read_bytes() + bytes(5_000_000)
    monkeypatch.setattr("sys.stdin", Stdin(io.BytesIO(content)))
    monkeypatch.setattr(standard_input, "MAX_BYTES", 100)
    monkeypatch.setattr(standard_input, "MAX_HELD", 2_000_000)
    ran = modelget("plan", "-")
    assert ran.code == 2
    assert "Pass the file's path instead of -" in ran.err


def test_standard_input_that_cannot_be_read_is_told(modelget, tmp_path, monkeypatch) -> None:
    class Broken(io.BytesIO):
        def read(self, *_count: int | None) -> bytes:
            raise IsADirectoryError(21, "Is a directory")

    monkeypatch.setattr("sys.stdin", Stdin(Broken()))
    ran = modelget("plan", "-")
    assert (ran.code, "-: cannot be read (Is a directory)" in ran.err) == (2, True)


def test_a_pipe_of_anything_else_is_left_at_the_size_of_a_workflow(modelget, monkeypatch) -> None:
    pipe = io.BytesIO(b" " * 30_000_000)
    monkeypatch.setattr("sys.stdin", Stdin(pipe))
    ran = modelget("plan", "-")
    assert ran.code == 2
    assert "larger than 20 MB" in ran.err
    assert pipe.tell() < 21_000_000
