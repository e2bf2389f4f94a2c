"""Plan all official templates offline in one process, against ``json.loads`` of the same files.

Goal: at most 2.5 times the time of json.loads plus one second. Medians of 7 interleaved rounds.
"""

from __future__ import annotations

import importlib.util
import json
import tempfile
from pathlib import Path

from modelget.library import open_library
from modelget.pipeline import open_workshop, plan_for
from modelget.settings import load_settings
from modelget.workflow import read

from .rounds import medians

ROUNDS = 7


def run() -> str:
    files = templates()
    with tempfile.TemporaryDirectory() as folder:
        models = Path(folder)
        times = medians(
            {
                "loads": lambda: [json.loads(path.read_bytes()) and None for path in files],
                "plans": lambda: _plan(files, models),
            },
            ROUNDS,
        )
        needs = sum(len(plan.items) for plan in _plan(files, models))
    base, ours = times["loads"], times["plans"]
    verdict = "met" if ours <= 2.5 * base + 1 else "missed"
    return (
        f"{len(files)} workflows, {needs} requirements. Reading + json.loads 1.00, "
        f"reading + parsing + planning **{ours / base:.2f}** "
        f"({ours:.2f} s against {base:.2f} s here). Goal {verdict}."
    )


def _plan(files: list[Path], models: Path) -> list:
    shop = open_workshop(load_settings({}, offline=True), open_library(models_dir=models))
    return plan_for([read(path) for path in files], shop)


def templates() -> list[Path]:
    package = importlib.util.find_spec("comfyui_workflow_templates_json")
    found = sorted((Path(package.origin).parent / "templates").glob("*.json"))
    return [path for path in found if not path.name.startswith(("index", "fuse_options"))]
