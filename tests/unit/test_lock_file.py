"""``modelget.lock.json``: the same facts give the same text, and nothing in it lets anybody in."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from modelget.errors import InvalidWorkflow
from modelget.hosts import without_secrets
from modelget.licences import terms_of
from modelget.lock_file import LockedModel, format_lock, parse_lock, read_lock, write_whole
from modelget.types import Digest, PartOfFolder, Restriction, digest_of_parts

A = LockedModel(
    name="ae.safetensors",
    folder="vae",
    digest=Digest("sha256", "a" * 64),
    size=5,
    source="huggingface",
    id="hf:o/r/ae.safetensors@main",
    url="https://huggingface.co/o/r/resolve/main/ae.safetensors",
    terms=terms_of("cc-by-nc-4.0", gated=True, restrictions=[Restriction.NOT_FOR_ALL_AUDIENCES]),
    declared=("https://huggingface.co/o/r/resolve/main/ae.safetensors",),
)
B = LockedModel("ü/b.safetensors", None, Digest("sha256", "b" * 64), None)


def test_what_is_written_is_read_again() -> None:
    read = parse_lock(format_lock({"x.json": [A, B]}).encode(), "lock")
    assert {model.name: model.digest for model in read["x.json"]} == {A.name: A.digest, B.name: B.digest}
    (again,) = (model for model in read["x.json"] if model.name == A.name)
    assert (again.id, again.url, again.size, again.source, again.declared) == (
        A.id,
        A.url,
        5,
        A.source,
        A.declared,
    )
    assert again.terms.restrictions == A.terms.restrictions
    assert (again.terms.licence, again.terms.commercial_use, again.terms.gated) == (
        "cc-by-nc-4.0",
        False,
        True,
    )


PARTS = (
    PartOfFolder(
        "vae/config.json", "hf:o/r/vae/config.json@c", "https://h/1", 7, Digest("git-sha1", "1" * 40)
    ),
    PartOfFolder("vae/x.safetensors", "hf:o/r/vae/x.safetensors@c", "", 9, Digest("sha256", "2" * 64)),
)


def test_a_folder_is_read_with_all_its_files() -> None:
    whole = digest_of_parts(PARTS)
    assert whole is not None
    folder = LockedModel("sdxl", "diffusers", whole, 16, files=PARTS)
    text = format_lock({"x.json": [folder]})
    (again,) = parse_lock(text.encode(), "lock")["x.json"]
    assert again == folder
    assert json.loads(text)["workflows"]["x.json"][0]["sha256"] is None


@pytest.mark.parametrize(
    "odd",
    [
        {"path": "../x"},
        {"path": "/etc/passwd"},
        {"path": "a//b"},
        {"path": "a/./b"},
        {"path": "a\\..\\b"},
        {"path": "C:x"},
        {"path": "a\nb"},
        {"path": ""},
        {"path": 5},
        {"size": -1},
        {"size": None},
        {"size": True},
        {"digest": "a" * 64},
        {"digest": "sha256:short"},
        {"digest": f"md5:{'a' * 32}"},
        {"digest": None},
    ],
    ids=repr,
)
def test_a_folder_with_an_odd_file_is_no_lock(odd) -> None:
    root = json.loads(format_lock({"x.json": [LockedModel("a", "b", A.digest, 16, files=PARTS)]}))
    root["workflows"]["x.json"][0]["files"][0] |= odd
    with pytest.raises(InvalidWorkflow):
        parse_lock(json.dumps(root).encode(), "lock")


@pytest.mark.parametrize("files", [5, "x", {"a": 1}, [5], [{}]], ids=repr)
def test_files_that_are_none_are_no_lock(files) -> None:
    root = json.loads(format_lock({"x.json": [A]}))
    root["workflows"]["x.json"][0]["files"] = files
    with pytest.raises(InvalidWorkflow):
        parse_lock(json.dumps(root).encode(), "lock")


def test_the_order_of_facts_does_not_change_the_text() -> None:
    text = format_lock({"b.json": [A, B], "a.json": []})
    assert text == format_lock({"a.json": [], "b.json": [B, A]})
    assert text.endswith("}\n")
    assert '"ü/b.safetensors"' in text
    assert list(json.loads(text)) == ["version", "workflows"]


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://u:p@h.example/f?token=s#x", "https://h.example/f"),
        (
            "https://civitai.com/api/download/models/5?fileId=7&token=s",
            "https://civitai.com/api/download/models/5?fileId=7",
        ),
        ("https://www.dropbox.com/scl/fi/k/f?rlkey=r&st=s", "https://www.dropbox.com/scl/fi/k/f?rlkey=r"),
        ("https://s3.example/f?X-Amz-Signature=s&X-Amz-Credential=c", "https://s3.example/f"),
        ("HTTPS://h.example/f?key=s", "https://h.example/f"),
        ("hf:o/r/f.safetensors@main", "hf:o/r/f.safetensors@main"),
        ("civitai:5?token=s", "civitai:5"),
    ],
)
def test_a_link_keeps_what_names_the_file_and_nothing_that_lets_anybody_in(link, kept) -> None:
    assert without_secrets(link) == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "5",
        "{}",
        '{"version": 1}',
        '{"version": 1, "workflows": []}',
        '{"version": 1, "workflows": {"x": 5}}',
        '{"version": 1, "workflows": {"x": [5]}}',
        '{"version": 1, "workflows": {"x": [{"name": "a"}]}}',
        '{"version": 1, "workflows": {"x": [{"name": "a", "sha256": "short"}]}}',
        '{"version": 1, "workflows": {"x": [{"name": 5, "sha256": "' + "a" * 64 + '"}]}}',
        '{"version": 1, "workflows": {"x": [{"name": "a", "sha256": "'
        + "a" * 64
        + '", "restrictions": 5}]}}',
        '{"version": 1, "workflows": ' + "[" * 100_000,
        "\x00\ud800",
    ],
)
def test_what_is_no_lock_file_is_refused_with_what_to_do(text) -> None:
    with pytest.raises(InvalidWorkflow, match="lock: is no lock file") as caught:
        parse_lock(text.encode("utf-8", "surrogatepass"), "lock")
    assert "modelget lock" in caught.value.hint


def test_a_newer_version_is_refused_and_not_misread() -> None:
    with pytest.raises(InvalidWorkflow, match="version 2") as caught:
        parse_lock(b'{"version": 2, "workflows": {}}', "lock")
    assert "newer Modelget" in caught.value.hint


def test_odd_fields_count_as_absent() -> None:
    odd = {"name": "a", "sha256": "a" * 64, "size": -1, "id": "x\ny", "url": "x" * 3000, "folder": 5}
    odd |= {
        "commercial_use": "yes",
        "restrictions": ["made-up", "minor"],
        "declared": [5, "hf:a/b/c", "a\x1b"],
    }
    (model,) = parse_lock(json.dumps({"version": 1, "workflows": {"x": [odd]}}).encode(), "lock")["x"]
    assert (model.size, model.id, model.url, model.folder) == (None, None, None, None)
    assert (model.terms.commercial_use, model.terms.restrictions) == (None, (Restriction.MINOR,))
    assert model.declared == ("hf:a/b/c",)


def test_a_folder_without_a_lock_has_none(tmp_path) -> None:
    assert read_lock(tmp_path) == {}


def test_writing_replaces_in_one_step_and_leaves_nothing_behind(tmp_path, monkeypatch) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(b"old")
    path.chmod(0o600)
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    if os.name != "nt":
        assert path.stat().st_mode & 0o777 == 0o600

    def broken(self: Path, target: Path) -> Path:
        raise OSError("no")

    monkeypatch.setattr(Path, "replace", broken)
    with pytest.raises(OSError, match="no"):
        write_whole(path, b"newer")
    assert [file.name for file in tmp_path.iterdir()] == ["x.json"]
    assert path.read_bytes() == b"new"
