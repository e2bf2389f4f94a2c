from __future__ import annotations

import logging
import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from modelget.library import open_library, record_file, records
from modelget.types import Digest

ONE, TWO = Digest("sha256", "1" * 64), Digest("sha256", "2" * 64)


@pytest.fixture
def file(models: Path) -> Path:
    path = models / "vae" / "ae.safetensors"
    path.write_bytes(b"weights")
    return path


@pytest.fixture
def store(models: Path) -> Path:
    return models / ".modelget" / "records.sqlite"


def test_a_recorded_digest_is_remembered_by_the_next_library(library, comfyui, file):
    library.record(file, ONE, "hf:o/r/ae.safetensors@abc")
    again = open_library(comfyui=comfyui)
    assert again.digest_of(file) == ONE
    assert again.origin_of(file) == "hf:o/r/ae.safetensors@abc"


def test_an_unknown_or_missing_file_has_no_digest(library, file, models):
    assert library.digest_of(file) is None
    assert library.origin_of(file) is None
    assert library.digest_of(models / "nothing.pt") is None
    assert library.digest_of(models / "vae") is None


def test_a_digest_without_origin_has_no_origin(library, file):
    library.record(file, ONE)
    assert library.digest_of(file) == ONE
    assert library.origin_of(file) is None


def test_the_last_record_counts(library, file):
    library.record(file, ONE, "a")
    library.record(file, TWO, "b")
    assert (library.digest_of(file), library.origin_of(file)) == (TWO, "b")
    assert library.find_digest(ONE) is None


def test_touching_a_file_forgets_its_digest(library, file):
    library.record(file, ONE, "a")
    os.utime(file, ns=(1, file.stat().st_mtime_ns + 1))
    assert library.digest_of(file) is None
    assert library.origin_of(file) is None
    assert library.find_digest(ONE) is None


def test_another_size_with_the_old_time_forgets_the_digest(library, file):
    library.record(file, ONE)
    before = file.stat()
    file.write_bytes(b"weights and more")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert library.digest_of(file) is None


@pytest.mark.skipif(os.name == "nt", reason="inodes are not compared there")
def test_a_replacement_of_the_same_size_and_time_forgets_the_digest(library, file):
    library.record(file, ONE)
    before = file.stat()
    other = file.with_name("other")
    other.write_bytes(b"WEIGHTS")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(file)
    assert library.digest_of(file) is None


def test_on_windows_inodes_are_not_compared(file, monkeypatch):
    facts = file.stat()
    monkeypatch.setattr(records.os, "name", "nt")
    assert records.state_of(facts).endswith(":0")


def test_a_link_has_the_digest_of_what_it_leads_to(library, file, models):
    link = models / "loras" / "link.safetensors"
    link.symlink_to(file)
    library.record(link, ONE)
    assert library.digest_of(link) == ONE
    file.write_bytes(b"other weights")
    assert library.digest_of(link) is None


def test_a_file_is_found_by_its_digest_under_any_name_and_folder(library, file):
    library.record(file, ONE)
    found = library.find_digest(ONE)
    assert found is not None
    assert (found.path, found.size, found.digest) == (file, 7, ONE)
    assert library.find_digest(TWO) is None


def test_a_changed_copy_is_passed_over_for_an_unchanged_one(library, file, models):
    copy = models / "vae" / "zz.safetensors"
    copy.write_bytes(b"weights")
    library.record(file, ONE)
    library.record(copy, ONE)
    file.unlink()
    assert library.find_digest(ONE).path == copy


def test_files_in_extra_roots_are_recorded_too_but_not_files_elsewhere(comfyui, tmp_path):
    (comfyui / "extra_model_paths.yaml").write_text(f"a:\n  base_path: {tmp_path}\n  vae: extra\n")
    library = open_library(comfyui=comfyui)
    inside, outside = tmp_path / "extra" / "x.pt", tmp_path / "secret" / "x.pt"
    for path, digest in ((inside, ONE), (outside, TWO)):
        path.parent.mkdir()
        path.touch()
        library.record(path, digest)
    assert library.find_digest(ONE).path == inside
    assert library.find_digest(TWO) is None


def test_the_models_folder_can_move_without_losing_its_records(tmp_path):
    file = tmp_path / "old" / "vae" / "x.pt"
    file.parent.mkdir(parents=True)
    file.touch()
    open_library(models_dir=tmp_path / "old").record(file, ONE)
    (tmp_path / "old").rename(tmp_path / "new")
    assert open_library(models_dir=tmp_path / "new").digest_of(tmp_path / "new" / "vae" / "x.pt") == ONE


def test_only_a_sha256_is_recorded_or_looked_for(library, file):
    with pytest.raises(ValueError, match="sha256"):
        library.record(file, Digest("crc32", "12345678"))
    library.record(file, ONE)
    assert library.find_digest(Digest("autov2", "1" * 10)) is None


@pytest.mark.parametrize(
    ("origin", "kept"),
    [
        ("https://user:pw@host/a/b@c.pt?token=SECRET#SECRET", "https://host/a/b@c.pt"),
        ("https://SECRET@host/x.pt", "https://host/x.pt"),
        ("https://host/o/r@rev/x.pt", "https://host/o/r@rev/x.pt"),
        ("https://host/x.pt#SECRET?", "https://host/x.pt"),
        ("hf:o/r/x.pt@0123", "hf:o/r/x.pt@0123"),
        ("civitai:128713", "civitai:128713"),
    ],
)
def test_no_secret_of_a_url_reaches_the_disk(library, file, store, origin, kept):
    library.record(file, ONE, origin)
    assert library.origin_of(file) == kept
    assert b"SECRET" not in store.read_bytes()


@pytest.mark.parametrize(
    "damage", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000, b"\0" * 4096]
)
def test_a_damaged_file_is_left_alone_and_a_new_one_is_used(library, file, store, damage):
    store.parent.mkdir()
    store.write_bytes(damage)
    assert library.digest_of(file) is None
    assert library.find_digest(ONE) is None
    library.record(file, ONE)
    assert library.digest_of(file) == ONE
    assert library.find_digest(ONE).path == file
    assert store.read_bytes() == damage


def test_damage_in_the_middle_costs_the_records_but_nothing_else(library, models, store):
    files = [models / "vae" / f"{number}.pt" for number in range(200)]
    for path in files:
        path.touch()
        library.record(path, ONE, "x" * 100)
    data = bytearray(store.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    store.write_bytes(data)
    assert {library.digest_of(path) for path in files} <= {ONE, None}
    library.record(files[0], TWO)
    assert library.digest_of(files[0]) == TWO


@pytest.mark.parametrize(
    "setup", ["CREATE TABLE files (mine TEXT)", "PRAGMA user_version = 7", "PRAGMA application_id = 5"]
)
def test_a_database_of_somebody_else_is_left_alone(library, file, store, setup):
    store.parent.mkdir()
    with closing(sqlite3.connect(store)) as database:
        database.execute(setup)
    before = store.read_bytes()
    library.record(file, ONE)
    assert library.digest_of(file) == ONE
    assert store.read_bytes() == before


def test_the_records_of_another_version_are_not_believed(library, file, store):
    library.record(file, ONE)
    with closing(sqlite3.connect(store)) as database:
        database.execute("PRAGMA user_version = 2")
    assert library.digest_of(file) is None
    assert library.find_digest(ONE) is None


def test_an_empty_file_becomes_the_record_file(library, file, store):
    store.parent.mkdir()
    store.touch()
    assert library.digest_of(file) is None
    library.record(file, ONE)
    assert store.stat().st_size > 0


def test_nonsense_in_our_own_table_is_no_digest(library, file, store):
    library.record(file, ONE)
    with closing(sqlite3.connect(store)) as database, database:
        database.execute("UPDATE files SET sha256 = x'00ff'")
    assert library.digest_of(file) is None


def test_a_recorded_path_never_leads_out_of_the_library(library, models, file, store, tmp_path):
    outside = tmp_path / "outside.pt"
    outside.touch()
    library.record(file, ONE)
    with closing(sqlite3.connect(store)) as database, database:
        state = records.state_of(outside.stat())
        database.execute("UPDATE files SET path = 'vae/../../../outside.pt', state = ?", (state,))
    assert (models / "vae" / ".." / ".." / ".." / "outside.pt").exists()
    assert library.find_digest(ONE) is None


def test_when_all_record_files_are_damaged_nothing_crashes_and_the_log_says_so(library, file, store, caplog):
    store.parent.mkdir()
    for name in records._FILES:
        (store.parent / name).write_bytes(b"garbage" * 1000)
    with caplog.at_level(logging.WARNING):
        library.record(file, ONE)
    assert library.digest_of(file) is None
    assert "no usable record file" in caplog.text


def test_a_folder_that_cannot_be_written_loses_nothing(library, file, models, monkeypatch, caplog):
    # chmod does not stop root: let the folder refuse instead.
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    library.record(file, ONE)
    assert library.digest_of(file) is None
    assert "Permission denied" in caplog.text
    assert not (models / ".modelget").exists()


def test_a_read_only_database_is_still_read(library, file, store, monkeypatch, caplog):
    library.record(file, ONE)

    def read_only(path: Path) -> sqlite3.Connection:
        return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)

    for module in (records, record_file):
        monkeypatch.setattr(module, "connect", read_only)
    library.record(file, TWO)
    assert library.digest_of(file) == ONE
    assert "readonly" in caplog.text
    assert [path.name for path in store.parent.iterdir()] == ["records.sqlite"]


def test_a_locked_database_behaves_as_empty(library, file, store, monkeypatch, caplog):
    library.record(file, ONE)
    monkeypatch.setattr(record_file, "_BUSY_SECONDS", 0.01)
    with closing(sqlite3.connect(store, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert library.digest_of(file) is None
        library.record(file, TWO)
    assert library.digest_of(file) == ONE
    assert "locked" in caplog.text


@pytest.mark.parametrize("linked", ["file", "folder"])
def test_a_link_in_place_of_the_record_file_is_never_followed(library, file, store, tmp_path, linked):
    target = tmp_path / "target"
    if linked == "file":
        store.parent.mkdir()
        target.touch()
        store.symlink_to(target)
    else:
        target.mkdir()
        store.parent.symlink_to(target)
    library.record(file, ONE)
    assert library.digest_of(file) == (ONE if linked == "file" else None)
    assert not (target.read_bytes() if linked == "file" else list(target.iterdir()))


@pytest.mark.skipif(os.name == "nt", reason="no permission bits there")
def test_the_state_folder_is_private(library, file, store):
    library.record(file, ONE)
    assert store.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(sys.platform != "linux", reason="only here names may be any bytes")
def test_a_file_name_that_is_not_text_is_just_not_remembered(library, models, caplog):
    path = models / "vae" / os.fsdecode(b"\xff.pt")
    path.touch()
    library.record(path, ONE)
    assert library.digest_of(path) is None
    assert "not remembered" in caplog.text


def test_many_threads_record_at_once(library, models):
    files = [models / "loras" / f"{number}.pt" for number in range(40)]
    for path in files:
        path.touch()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda path: library.record(path, ONE, path.name), files))
        assert list(pool.map(library.digest_of, files)) == [ONE] * 40
    assert [library.origin_of(path) for path in files] == [path.name for path in files]


def test_several_processes_record_at_once(library, comfyui, models):
    files = [models / "loras" / f"{number}.pt" for number in range(30)]
    for path in files:
        path.touch()
    script = (
        "import sys; from pathlib import Path; from modelget.library import open_library; from modelget.types import Digest\n"
        "library = open_library(comfyui=Path(sys.argv[1]))\n"
        "for name in sys.argv[2:]: library.record(Path(name), Digest('sha256', '1' * 64))\n"
    )
    workers = [
        subprocess.Popen([sys.executable, "-c", script, str(comfyui), *map(str, files[start::3])])
        for start in range(3)
    ]
    assert [worker.wait(timeout=60) for worker in workers] == [0, 0, 0]
    assert [library.digest_of(path) for path in files] == [ONE] * 30
    assert [path.name for path in (models / ".modelget").iterdir()] == ["records.sqlite"]


def test_records_that_are_kept_open_tell_what_another_program_wrote_since(library, comfyui, file):
    library.record(file, ONE)
    with library.records_open():
        assert library.digest_of(file) == ONE
        open_library(comfyui=comfyui).record(file, TWO)
        assert library.digest_of(file) == TWO
        assert library.find_digest(ONE) is None


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be taken away there")
def test_records_that_are_kept_open_may_vanish_and_come_back(library, comfyui, file, store):
    library.record(file, ONE)
    with library.records_open():
        assert library.digest_of(file) == ONE
        store.rename(store.with_name("away"))
        assert library.digest_of(file) is None
        open_library(comfyui=comfyui).record(file, TWO)
        assert library.digest_of(file) == TWO


def test_records_that_are_kept_open_may_be_asked_by_many_threads(library, file):
    library.record(file, ONE)
    with library.records_open(), ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: library.digest_of(file), range(100))) == {ONE}


def test_nothing_stays_open_when_the_last_who_asked_for_it_ends(library, file, store, monkeypatch):
    opened: list[sqlite3.Connection] = []
    connect = record_file.connect
    monkeypatch.setattr(record_file, "connect", lambda path: opened.append(connect(path)) or opened[-1])
    library.record(file, ONE)
    with library.records_open():
        with library.records_open():
            library.digest_of(file)
        library.digest_of(file)
        assert len(opened) == 1
    with pytest.raises(sqlite3.ProgrammingError):
        opened[0].execute("SELECT 1")


def test_a_file_that_is_not_ours_says_nothing_though_it_is_kept_open(library, file, store):
    store.parent.mkdir()
    with closing(sqlite3.connect(store)) as other:
        other.execute("CREATE TABLE files (path, state, sha256, origin)")
    with library.records_open():
        assert library.digest_of(file) is None
        assert library.digest_of(file) is None
