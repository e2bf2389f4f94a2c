from __future__ import annotations

from pathlib import Path

import pytest

from modelget.library import is_alike
from modelget.library import suspects as suspects_module
from modelget.types import Digest


def put(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_a_file_of_the_wanted_name_and_size_is_a_suspect_until_its_digest_is_recorded(library, models):
    path = put(models / "loras" / "a" / "x.safetensors", b"1234")
    put(models / "loras" / "x.safetensors", b"123")
    assert [file.path for file in library.suspects("SDXL/X.safetensors", 4)] == [path]
    library.record(path, Digest("sha256", "0" * 64))
    assert list(library.suspects("SDXL/X.safetensors", 4)) == []


def test_a_file_of_another_name_is_a_suspect_if_no_other_has_its_size(library, models):
    path = put(models / "checkpoints" / "renamed.safetensors", b"1234")
    (models / "unet").symlink_to(models / "checkpoints")  # one file under two names
    namesake = put(models / "vae" / "x.safetensors", b"4321")
    found = [file.path for file in library.suspects("x.safetensors", 4)]
    assert found[0] == namesake
    assert len(found) == 2
    assert found[1].samefile(path)
    put(models / "checkpoints" / "tuned.safetensors", b"1243")
    assert [file.path for file in library.suspects("x.safetensors", 4)] == [namesake]


def test_where_files_have_no_number_names_tell_them_apart(library, models, monkeypatch):
    monkeypatch.setattr(suspects_module, "identity", lambda _path: None)
    for name in ("one.pt", "two.pt"):
        put(models / "vae" / name, b"1234")
    assert list(library.suspects("x.pt", 4)) == []


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("x (1).pth", "x.pth"),
        ("x(2).pth", "sub/x.pth"),
        ("X - Copy (3).pth", "x.pth"),
        ("copy of x.pth", "x.pth"),
        ("x copy.pth", "x.pth"),
        ("a b.pth", "a_b.pth"),
        ("a%20b.pth", "a b.pth"),
        ("e\u0301.pth", "\u00e9.pth"),
        ("x (1).pth", "x (1).pth"),
    ],
)
def test_a_name_that_browsers_make_of_the_wanted_one_is_alike(name, wanted) -> None:
    assert is_alike(name, wanted)


@pytest.mark.parametrize(
    "name", ["xx.pth", "x (a).pth", "x-2.pth", "x (1234).pth", "(1).pth", "x v2.pth", "y (1).pth"]
)
def test_a_name_that_may_be_another_model_is_not_alike(name) -> None:
    assert not is_alike(name, "x.pth")
