"""Plan all official templates offline in one process, against ``json.loads`` of the same files.

Goal: at most 2.5 times the time of json.loads plus one second. Medians of 7 interleaved rounds.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from modelget.library import open_library
from modelget.pipeline import open_workshop, plan_for
from modelget.settings import load_settings
from modelget.workflow import read

ROUNDS = 7


def run() -> str:
    files = _templates()
    with tempfile.TemporaryDirectory() as folder:
        models = Path(folder)
        loads, plans = [], []
        needs = 0
        for _ in range(ROUNDS):
            loads.append(_timed(lambda: [json.loads(path.read_bytes()) and None for path in files]))
            plans.append(_timed(lambda: _plan(files, models)))
        needs = sum(len(plan.items) for plan in _plan(files, models))
    base, ours = statistics.median(loads), statistics.median(plans)
    verdict = "met" if ours <= 2.5 * base + 1 else "missed"
    return (
        f"{len(files)} workflows, {needs} requirements. Reading + json.loads 1.00, "
        f"reading + parsing + planning **{ours / base:.2f}** "
        f"({ours:.2f} s against {base:.2f} s here). Goal {verdict}."
    )


def _plan(files: list[Path], models: Path) -> list:
    shop = open_workshop(load_settings({}, offline=True), open_library(models_dir=models))
    return plan_for([read(path) for path in files], shop)


def _templates() -> list[Path]:
    package = importlib.util.find_spec("comfyui_workflow_templates_json")
    found = sorted((Path(package.origin).parent / "templates").glob("*.json"))
    return [path for path in found if not path.name.startswith(("index", "fuse_options"))]


def _timed(work: Callable[[], object]) -> float:
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
