"""Whatever is done to the folders in whatever order, the index answers as a fresh walk does."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from modelget.library import tree as tree_module
from modelget.library.tree import TICK, Tree

DEEPEST = 4
Choice = st.integers(0, 2**16)
"""Which of the files or folders that are there."""
FileName = st.sampled_from(["x.pt", "X.safetensors", "y.pt", "y.txt"])
FolderName = st.sampled_from(["a", "b", "c"])


class Keeping(RuleBasedStateMachine):
    """A root on a file system whose clock ticks only when told to: all in between leaves the same times."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory()
        self._patches = pytest.MonkeyPatch()
        self.now, self.tick = 0.0, 0
        self.times: dict[int, int] = {}
        self.root = Path(self._folder.name) / "root"
        for folder in (self.root, self.root / "a", self.root / "a" / "b"):
            folder.mkdir()
            (folder / "x.pt").touch()
        self.tree = Tree(self.root, lambda: self.now, lambda: 0.0)
        real = tree_module._stamp_of

        def stamp_of(path: str) -> object:
            found = real(path)
            return found and found._replace(modified=self.times.get(found.inode, 0), changed=0)

        self._patches.setattr(tree_module, "_stamp_of", stamp_of)

    @rule(where=Choice, name=FileName)
    def a_file_comes_or_is_overwritten(self, where: int, name: str) -> None:
        path = self._some_folder(where) / name
        is_new = not path.exists()
        path.write_bytes(b"weights")
        if is_new:
            self._touch(path.parent)

    @precondition(lambda self: self._files())
    @rule(which=Choice)
    def a_file_goes(self, which: int) -> None:
        path = self._some_file(which)
        path.unlink()
        self._touch(path.parent)

    @precondition(lambda self: self._files())
    @rule(which=Choice, where=Choice, name=FileName)
    def a_file_moves(self, which: int, where: int, name: str) -> None:
        old, new = self._some_file(which), self._some_folder(where) / name
        old.replace(new)
        self._touch(old.parent, new.parent)

    @rule(where=Choice, name=FolderName)
    def a_folder_comes(self, where: int, name: str) -> None:
        path = self._some_folder(where) / name
        if self._is_free(path):
            path.mkdir()
            self._touch(path, path.parent)

    @precondition(lambda self: len(self._folders()) > 1)
    @rule(which=Choice)
    def a_folder_goes(self, which: int) -> None:
        path = self._some_folder(which, below=True)
        if path.is_symlink():
            path.unlink()
        else:
            shutil.rmtree(path)
        self._touch(path.parent)

    @precondition(lambda self: len(self._folders()) > 1)
    @rule(which=Choice, where=Choice, name=FolderName)
    def a_folder_moves(self, which: int, where: int, name: str) -> None:
        old, new = self._some_folder(which, below=True), self._some_folder(where) / name
        if self._is_free(new) and Path(os.path.realpath(old)) not in _above(new):
            self._touch(old.parent, new.parent)
            old.rename(new)

    @rule(where=Choice, name=FolderName, to=Choice)
    def a_link_comes(self, where: int, name: str, to: int) -> None:
        path = self._some_folder(where) / name
        if self._is_free(path):
            path.symlink_to(self._some_folder(to))
            self._touch(path.parent)

    @rule()
    def time_passes(self) -> None:
        self.now += TICK
        self.tick += 1

    @rule()
    def is_asked(self) -> None:
        for stem in ("x", "y"):
            expected = (path for path in self._files() if path.stem.lower() == stem and path.suffix != ".txt")
            assert self.tree.like(stem) == sorted(expected, key=lambda path: (len(path.parts), path))

    def teardown(self) -> None:
        try:
            self.is_asked()
        finally:
            self._patches.undo()
            self._folder.cleanup()

    def _touch(self, *folders: Path) -> None:
        for folder in folders:
            self.times[folder.stat().st_ino] = self.tick

    def _is_free(self, path: Path) -> bool:
        return not os.path.lexists(path) and len(path.relative_to(self.root).parts) <= DEEPEST

    def _some_folder(self, which: int, *, below: bool = False) -> Path:
        folders = self._folders()[1:] if below else self._folders()
        return folders[which % len(folders)]

    def _some_file(self, which: int) -> Path:
        return self._files()[which % len(self._files())]

    def _folders(self) -> list[Path]:
        return [folder for folder, _names in self._walk()]

    def _files(self) -> list[Path]:
        return [folder / name for folder, names in self._walk() for name in names]

    def _walk(self) -> Iterator[tuple[Path, list[str]]]:
        """Yield folders and their files as a walk without memory finds them."""
        for folder, inner, names in os.walk(self.root, followlinks=True):
            above = _above(Path(folder))
            inner[:] = sorted(
                name for name in inner if Path(os.path.realpath(f"{folder}/{name}")) not in above
            )
            yield Path(folder), sorted(name for name in names if not Path(folder, name).is_symlink())


def _above(path: Path) -> set[Path]:
    """Return where the folder and those it was reached through really are."""
    return {Path(os.path.realpath(place)) for place in (path, *path.parents)}


@pytest.mark.seeds(1, 50)
def test_no_order_of_changes_leads_to_a_wrong_answer(seed: int, rounds: Callable[[int, int], int]) -> None:
    chosen = settings(
        max_examples=rounds(40, 300),
        stateful_step_count=30,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seeded(seed)(Keeping), settings=chosen)
