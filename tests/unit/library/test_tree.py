"""What the index of a root answers after any change on disk, and what it costs to ask."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

import pytest

from modelget.library import tree as tree_module
from modelget.library.tree import BELIEVED_FOR, CLOCKS_APART, TICK, Tree

FAR_FUTURE = 1e11


class Time:
    """Both clocks, moved by hand; by this wall clock, whatever a test made is not older than a day."""

    def __init__(self) -> None:
        self.now = self.wall = 0.0

    def tree(self, root: Path) -> Tree:
        return Tree(root, lambda: self.now, lambda: self.wall)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "loras"
    folder.mkdir()
    return folder


@pytest.fixture
def tree(time: Time, root: Path) -> Tree:
    return time.tree(root)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count the questions to the file system by their kind."""
    counts: Counter[str] = Counter()

    def counted(kind: str) -> Callable[..., object]:
        real = getattr(os, kind)

        def ask(*args: object, **more: object) -> object:
            counts[kind] += 1
            return real(*args, **more)

        return ask

    class CountingOs:
        stat, scandir = staticmethod(counted("stat")), staticmethod(counted("scandir"))

        def __getattr__(self, name: str) -> object:
            return getattr(os, name)

    monkeypatch.setattr(tree_module, "os", CountingOs())
    return counts


@pytest.fixture
def coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all that happens fall into one tick of the file system's clock."""
    real = tree_module._stamp_of
    monkeypatch.setattr(
        tree_module, "_stamp_of", lambda path: (found := real(path)) and found._replace(modified=0, changed=0)
    )


def put(path: Path, data: bytes = b"weights") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def folders(root: Path, count: int, files: int = 3) -> None:
    for folder in range(count):
        for file in range(files):
            put(root / str(folder) / f"{folder}-{file}.safetensors")


def settle(time: Time, tree: Tree) -> None:
    """Let the tree see its folders unchanged for longer than a tick."""
    tree.like("")
    sleep(0.02)  # the real tick of this machine's disk
    time.now += TICK
    tree.like("")


def test_files_of_the_same_base_name_are_found_in_any_sub_folder_the_least_deep_first(tree, root):
    deep, flat = put(root / "a" / "b" / "x.safetensors"), put(root / "z" / "x.pt")
    put(root / "xx.pt")
    put(root / "x.pt" / "y.pt")
    assert tree.like("x.safetensors") == tree.like("SDXL/x.pt") == tree.like("SDXL\\x") == [flat, deep]
    assert tree.like("y", "x", "x.pt") == [root / "x.pt" / "y.pt", flat, deep]


def test_case_and_normal_form_make_no_difference(tree, root):
    path, composed = put(root / "Detail_V2.Safetensors"), put(root / "caf\u00e9.pt")
    assert tree.like("detail_v2.pt") == tree.like("DETAIL_V2") == [path]
    assert tree.like("CAFE\u0301") == [composed]


def test_a_number_at_the_end_of_a_name_is_no_suffix(tree, root):
    path = put(root / "style v1.5.safetensors")
    put(root / "style v1.safetensors")
    assert tree.like("style v1.5") == [path]


@pytest.mark.parametrize("name", ["x.png", "x.txt", "x", "x.safetensors.part", "x.civitai.info"])
def test_what_is_no_model_is_not_listed(tree, root, name):
    put(root / name)
    assert tree.like("x") == tree.like(name) == tree.of_size(7) == []


@pytest.mark.parametrize("name", ["", "..", "/", "a\0b", "\ud800", "x" * 9000])
def test_an_odd_name_is_simply_not_found(tree, root, name):
    put(root / "x.pt")
    assert tree.like(name) == []


def test_files_are_found_by_size(tree, root):
    put(root / "one.pt", b"1")
    two = [put(root / "two.pt", b"22"), put(root / "a" / "deux.safetensors", b"22")]
    assert sorted(tree.of_size(2)) == sorted(two)
    assert tree.of_size(3) == []


def test_a_missing_root_is_empty_until_it_is_there(tree, root):
    root.rmdir()
    assert tree.like("x") == []
    path = put(root / "x.pt")
    assert tree.like("x") == [path]


def test_a_file_in_place_of_the_root_is_empty(tree, root):
    root.rmdir()
    root.touch()
    assert tree.like("x") == []


def test_every_change_is_seen_at_once(tree, root):
    path = put(root / "a" / "x.pt")
    assert tree.like("x") == [path]

    path = path.rename(root / "a" / "y.pt")
    assert (tree.like("x"), tree.like("y")) == ([], [path])

    (root / "a").rename(root / "b")
    assert tree.like("y") == [root / "b" / "y.pt"]

    other = put(root / "b" / "c" / "y.pt")
    assert tree.like("y") == [root / "b" / "y.pt", other]

    shutil.rmtree(root / "b" / "c")
    (root / "b" / "y.pt").unlink()
    assert tree.like("y") == []


def test_a_folder_that_takes_the_place_of_another_is_read(time, tree, root, asked, coarse):
    put(root / "a" / "x.pt")
    put(root / "other" / "y.pt")
    settle(time, tree)
    (root / "a").rename(root / "gone")
    (root / "other").rename(root / "a")
    assert root / "a" / "y.pt" in tree.like("y")


def test_overwriting_a_file_in_place_is_seen_in_its_size(time, tree, root, asked):
    path = put(root / "a" / "x.pt", b"1")
    settle(time, tree)
    assert tree.of_size(1) == [path]
    asked.clear()
    path.write_bytes(b"22")
    assert (tree.of_size(1), tree.of_size(2)) == ([], [path])
    assert asked["scandir"] == 0


def test_untouched_folders_cost_one_stat_each_and_their_files_none(time, tree, root, asked):
    folders(root, 20)
    settle(time, tree)
    asked.clear()
    assert len(tree.like("7-1")) == 1
    assert asked == {"stat": 21}


def test_reading_a_root_asks_about_no_file(tree, root, asked):
    folders(root, 20)
    tree.like("x")
    assert asked == {"stat": 21, "scandir": 21}


def test_only_a_changed_folder_is_read_again(time, tree, root, asked):
    folders(root, 20)
    settle(time, tree)
    put(root / "7" / "new.pt")
    asked.clear()
    assert tree.like("new") == [root / "7" / "new.pt"]
    assert asked["scandir"] == 1


def test_what_came_in_the_tick_in_which_a_folder_was_read_is_seen(time, tree, root, coarse):
    put(root / "x.pt")
    assert tree.like("y") == []
    path = put(root / "y.pt")
    time.now += TICK / 2
    assert tree.like("y") == [path]


def test_a_folder_is_believed_when_it_was_read_a_tick_after_it_bore_these_times(time, root, asked):
    tree = time.tree(root)
    time.wall = root.stat().st_mtime  # as if it had changed this second
    tree.like("x")
    for read_again, moment in [(1, TICK - 0.1), (1, TICK), (0, TICK + 0.1)]:
        asked.clear()
        time.now = moment
        tree.like("x")
        assert asked["scandir"] == read_again, moment


def test_a_folder_that_changed_days_ago_is_believed_at_once(time, root, asked):
    time.wall = root.stat().st_mtime + CLOCKS_APART + 1
    tree = time.tree(root)
    tree.like("x")
    asked.clear()
    tree.like("x")
    assert asked == {"stat": 1}


@pytest.mark.parametrize("ahead", [-CLOCKS_APART / 2, CLOCKS_APART / 2], ids=["slow", "fast"])
def test_the_clock_of_a_file_server_that_differs_from_ours_is_not_trusted(time, root, coarse, ahead):
    tree = time.tree(root)
    time.wall = -ahead  # the folder changed at 0 by the server's clock
    tree.like("x")
    path = put(root / "x.pt")
    assert tree.like("x") == [path]


@pytest.mark.skipif(os.name == "nt", reason="there the second time is that of creation")
def test_setting_a_folders_time_back_does_not_hide_what_came(time, tree, root):
    before = root.stat()
    settle(time, tree)
    path = put(root / "x.pt")
    os.utime(root, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert tree.like("x") == [path]


def test_where_folders_bear_no_times_a_new_file_is_seen_within_a_minute(time, tree, root, coarse):
    settle(time, tree)
    path = put(root / "x.pt")
    time.now += BELIEVED_FOR
    assert tree.like("x") == [path]


def test_links_are_followed(tree, root, tmp_path):
    outside = put(tmp_path / "big disk" / "x.pt", b"123")
    (root / "shared").symlink_to(outside.parent)
    (root / "y.pt").symlink_to(outside)
    assert tree.like("x") == [root / "shared" / "x.pt"]
    assert tree.like("y") == [root / "y.pt"]
    assert sorted(tree.of_size(3)) == [root / "shared" / "x.pt", root / "y.pt"]


def test_two_links_to_one_folder_are_two_names(tree, root, tmp_path):
    put(tmp_path / "big disk" / "x.pt")
    for name in ("one", "two"):
        (root / name).symlink_to(tmp_path / "big disk")
    assert tree.like("x") == [root / "one" / "x.pt", root / "two" / "x.pt"]


def test_a_link_back_to_a_folder_above_ends_there(tree, root, asked):
    path = put(root / "a" / "b" / "x.pt")
    (root / "a" / "b" / "up").symlink_to(root / "a")
    (root / "self").symlink_to("self")
    (root / "top").symlink_to(".")
    assert tree.like("x") == [path]
    assert asked["scandir"] == 3


def test_where_folders_have_no_number_a_loop_still_ends(time, tree, root, monkeypatch):
    real = tree_module._stamp_of
    monkeypatch.setattr(
        tree_module, "_stamp_of", lambda path: (found := real(path)) and found._replace(inode=0)
    )
    monkeypatch.setattr(tree_module, "_MAX_DEPTH", 5)
    path = put(root / "x.pt")
    (root / "again").symlink_to(".")
    found = tree.like("x")
    assert (found[0], len(found)) == (path, 6)


def test_a_flood_of_folders_is_cut_off_and_the_log_says_so(tree, root, monkeypatch, caplog):
    monkeypatch.setattr(tree_module, "_MAX_FOLDERS", 5)
    folders(root, 9)
    found = [path for number in range(9) for path in tree.like(f"{number}-0")]
    assert len(found) == 4
    assert "more than 5 folders" in caplog.text


def test_a_link_leads_to_a_folder_as_soon_as_its_disk_is_there(time, tree, root, tmp_path):
    (root / "external").symlink_to(tmp_path / "disk")
    settle(time, tree)
    assert tree.like("x") == []
    put(tmp_path / "disk" / "x.pt")
    assert tree.like("x") == [root / "external" / "x.pt"]


@pytest.mark.parametrize("name", [".git", ".modelget"])
def test_folders_that_are_not_the_owners_are_not_entered(tree, root, name):
    put(root / name / "x.pt")
    put(root / "a" / name / "x.pt")
    hidden = put(root / ".mine" / "x.pt")
    assert tree.like("x") == [hidden]


@pytest.fixture
def forbid(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Make a folder unreadable: permissions do not stop root."""
    real = os.scandir

    def forbid(folder: Path) -> None:
        def scandir(path: str) -> object:
            if path == str(folder):
                raise PermissionError(13, "Permission denied", path)
            return real(path)

        monkeypatch.setattr(os, "scandir", scandir)

    return forbid


def test_a_folder_that_cannot_be_read_is_empty_until_it_can(time, tree, root, forbid, monkeypatch):
    hidden, open_one = put(root / "closed" / "x.pt"), put(root / "open" / "x.pt")
    forbid(root / "closed")
    settle(time, tree)
    assert tree.like("x") == [open_one]
    monkeypatch.undo()
    assert tree.like("x") == [hidden, open_one]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_has_no_size(tree, root):
    os.mkfifo(root / "x.pt")
    assert tree.of_size(0) == []


def test_many_threads_ask_while_files_come_and_go(root):
    folders(root, 20)
    tree = Tree(root)
    steady = [root / str(number) / f"{number}-0.safetensors" for number in range(20)]

    def ask(turn: int) -> list[Path]:
        path = put(root / f"{turn % 20}" / f"new-{turn}.pt")
        assert tree.like(f"new-{turn}") == [path]
        path.unlink()
        return tree.like(f"{turn % 20}-0")

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(200))) == [[steady[turn % 20]] for turn in range(200)]


def test_who_asks_while_another_reads_waits_and_does_not_read_again(time, root, asked, monkeypatch):
    time.wall = FAR_FUTURE
    tree = time.tree(root)
    monkeypatch.setattr(tree_module, "_is_folder", lambda _entry: sleep(0.1))
    put(root / "x.pt")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(tree.like, ["x"] * 8))
    assert asked["scandir"] == 1
