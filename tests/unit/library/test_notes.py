"""Small files beside the models that may vanish at any time."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from modelget.library import notes
from modelget.library.notes import Notes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".modelget" / "notes"


def test_a_note_is_read_as_it_was_written_and_replaced_whole(folder) -> None:
    kept = Notes(folder)
    kept.write("a-b.json", b"one")
    kept.write("a-b.json", b"two")
    assert kept.read("a-b.json") == b"two"
    assert [path.name for path in folder.iterdir()] == ["a-b.json"]


def test_what_was_never_written_is_none_and_reading_makes_no_folder(folder) -> None:
    assert Notes(folder).read("a") is None
    assert not folder.exists()


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b", "\0", "ä", "a:b", "a b"])
def test_a_name_that_could_lead_anywhere_else_is_refused(folder, name) -> None:
    with pytest.raises(ValueError, match="not a note"):
        Notes(folder).write(name, b"")


def test_a_disk_that_refuses_is_no_error_and_leaves_nothing_half(folder, monkeypatch, caplog) -> None:
    kept = Notes(folder)
    kept.write("a", b"one")

    def refuse(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    kept.write("a", b"two")
    assert kept.read("a") == b"one"
    assert [path.name for path in folder.iterdir()] == ["a"]
    assert "not kept" in caplog.text


def test_a_file_in_the_folders_place_is_no_error(tmp_path) -> None:
    (tmp_path / "notes").write_text("in the way")
    kept = Notes(tmp_path / "notes")
    kept.write("a", b"one")
    assert kept.read("a") is None


def test_a_note_beyond_any_sense_is_not_read(folder, monkeypatch) -> None:
    monkeypatch.setattr(notes, "LARGEST_NOTE", 2)
    kept = Notes(folder)
    kept.write("a", b"one")
    assert kept.read("a") is None


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege")
def test_nothing_is_written_through_a_link(folder, tmp_path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder.parent.mkdir()
    folder.symlink_to(elsewhere)
    Notes(folder).write("a", b"one")
    assert list(elsewhere.iterdir()) == []
