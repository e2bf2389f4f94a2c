"""Finding local files: ours against ComfyUI's own listing of the same folders.

ComfyUI's listing is imitated: ``os.walk`` with links followed, ``os.path.relpath`` for each file and the time of each
folder; to answer again, it compares the times and lists all anew if one differs. Ours answers a question about a name
each time. 20 model folders of 10 sub-folders each, every file in all of them, warm. Medians of 7 interleaved rounds, in
reversed order on every second round.
"""

from __future__ import annotations

import gc
import os
import time
import tracemalloc
from collections.abc import Callable
from itertools import count
from pathlib import Path

from modelget.library import Library, open_library
from modelget.library.tree import TICK

from .fetching.files import kind_of, work_folder
from .fetching.tables import Goal, goals, ratio
from .rounds import medians

ROUNDS = 7
SIZES = (10_000, 100_000)
_INNER = 10
_BASE = "ComfyUI lists all"
_FIRST, _AGAIN, _SIZES = "first question", "the same again", "which files have this size"

Times = dict[str, float]


def run() -> str:
    results: dict[int, Times] = {}
    for files in SIZES:
        with work_folder(files * 4096) as folder:
            place = kind_of(folder)
            results[files] = _measure(folder, files)
    head = (
        "| "
        + " | ".join(["what", *(f"{files:,} files" for files in SIZES)])
        + " |\n|---|"
        + "---|" * len(SIZES)
    )
    rows = [
        f"| {what} | " + " | ".join(_cell(results[files], what) for files in SIZES) + " |"
        for what in results[SIZES[0]]
    ]
    return "\n".join([f"On {place}. Ratios to ComfyUI's listing.\n", head, *rows, "", _goals(results)])


def _goals(results: dict[int, Times]) -> str:
    def reached(files: int, what: str) -> float:
        return results[files][what] / results[files][_BASE]

    return goals(
        *(Goal(f"{_FIRST}, {files:,} files", reached(files, _FIRST), 0.5) for files in SIZES),
        *(Goal(f"{_AGAIN}, {files:,} files", reached(files, _AGAIN), 0.05) for files in SIZES),
    )


def _cell(times: Times, what: str) -> str:
    if what.startswith("MiB"):
        return f"{times[what]:.1f}"
    return f"{ratio(times[what], times[_BASE], 4)} ({times[what] * 1000:.2f} ms)"


def _measure(folder: Path, files: int) -> Times:
    models = folder / "models"
    roots = _fill(models, files)
    library = open_library(models_dir=models)
    library.find_all(None, "x")
    time.sleep(TICK)  # folders that changed a moment ago are read once more
    library.find_all(None, "x")
    known = {
        folder: modified for root in roots for folder, modified in _recursive_search(str(root))[1].items()
    }
    cases = {
        _BASE: lambda: [_recursive_search(str(root)) for root in roots],
        "ComfyUI sees that nothing changed": lambda: _is_unchanged(known),
        _FIRST: lambda: open_library(models_dir=models).find_all(None, "model 7"),
        _AGAIN: lambda: library.find_all(None, "model 7"),
        "again, a file came": _with_a_new_file(library, roots[3] / "sub 3"),
        _SIZES: lambda: list(library.suspects("x", 1)),
        "10 models of a workflow, folder known": lambda: _found(
            library, roots, "sub {0}/model {0}.safetensors"
        ),
        "10 models, folder not known": lambda: [
            library.find(None, f"model {n}.safetensors") for n in range(10)
        ],
        "10 models in whatever sub-folder": lambda: [
            library.find_all(root.name, f"model {n}") for n, root in enumerate(roots[:10])
        ],
    }
    return {**medians(cases, ROUNDS), "MiB that the names take": _memory(models)}


def _found(library: Library, roots: list[Path], form: str) -> None:
    """Find ten models that are there."""
    for number, root in enumerate(roots[:10]):
        if library.find(root.name, form.format(number)) is None:
            raise AssertionError(root)


def _with_a_new_file(library: Library, folder: Path) -> Callable[[], object]:
    numbers = count()

    def ask() -> None:
        number = next(numbers)
        path = folder / f"new {number}.safetensors"
        path.touch()
        if [file.path for file in library.find_all(None, path.stem)] != [path]:
            raise AssertionError(path)

    return ask


def _memory(models: Path) -> float:
    tracemalloc.start()
    try:
        library = open_library(models_dir=models)
        library.find_all(None, "x")
        gc.collect()
        return tracemalloc.get_traced_memory()[0] / 2**20
    finally:
        tracemalloc.stop()


def _fill(models: Path, files: int) -> list[Path]:
    models.mkdir()
    names = list(open_library(models_dir=models).folders)[:20]
    folders = [models / name / f"sub {number}" for name in names for number in range(_INNER)]
    for folder in folders:
        folder.mkdir(parents=True)
    for number in range(files):
        # The first ten stand in the sub-folder of their number, in the folder of their number.
        at = number * _INNER + number if number < _INNER else number % len(folders)
        (folders[at] / f"model {number}.safetensors").touch()
    return [models / name for name in names]


def _recursive_search(root: str) -> tuple[list[str], dict[str, float]]:
    """List a folder as ComfyUI 0.33 does."""
    names: list[str] = []
    times = {root: os.path.getmtime(root)}
    for folder, inner, files in os.walk(root, followlinks=True, topdown=True):
        inner[:] = [name for name in inner if name not in [".git"]]
        for name in files:
            names.append(os.path.relpath(os.path.join(folder, name), root))
        for name in inner:
            path = os.path.join(folder, name)
            times[path] = os.path.getmtime(path)
    return names, times


def _is_unchanged(times: dict[str, float]) -> bool:
    return all([os.path.getmtime(folder) == modified for folder, modified in times.items()])
