"""``modelget verify``: tell whether the bytes on disk are the right ones."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

from ..errors import InvalidSetting
from ..folder_models import is_folder_model
from ..library import files_below
from ..pipeline import verify
from ..types import MODEL_SUFFIXES, Requirement, Verdict
from .bars import hashing_reporter
from .exit_codes import DONE, FAILED, UNDECIDED
from .opening import open_from, read_inputs
from .terminal import colour, plain, table


def run(args: Namespace) -> int:
    """Print a verdict on each file; a wrong one makes the exit code 1."""
    shop = open_from(args)
    files = [path for path in map(Path, args.targets) if _is_model(path)]
    others = [target for target in args.targets if Path(target) not in files]
    for file in files:
        if not file.exists():
            raise InvalidSetting(f"{file}: no such file", "Check the path.")
    needs = [
        need
        for workflow in (read_inputs(others, args.verbose).workflows if others else [])
        for need in workflow.requirements
    ]
    with hashing_reporter() as reporter:
        verdicts = verify(needs, files, shop, reporter)
    absent = [need for need in needs if need.active and not shop.library.locate(need)]
    if args.json:
        print(json.dumps(_document(verdicts, absent), indent=2))
    else:
        _show(verdicts, absent)
    if any(verdict.problem for verdict in verdicts):
        return FAILED
    return UNDECIDED if absent else DONE


def _is_model(path: Path) -> bool:
    """Tell a model, a file or a folder, from a workflow and from a folder of workflows."""
    if path.is_dir():
        return is_folder_model({name for name, _size in files_below(path)})
    return path.suffix.lower() in MODEL_SUFFIXES


def _show(verdicts: list[Verdict], absent: list[Requirement]) -> None:
    rows = [(_word(verdict), verdict.path.name, _reason(verdict)) for verdict in verdicts]
    rows += [("absent", need.name, "not installed: run `modelget install`") for need in absent]
    if not rows:
        print("Nothing to verify.")
        return
    colours = {"right": "green", "wrong": "red", "unproven": "yellow", "absent": "yellow"}
    for (word, *_rest), line in zip(rows, table(rows).splitlines(), strict=True):
        print(line.replace(word, colour(word, colours[word]), 1))
    for verdict in verdicts:
        if verdict.problem:
            print(
                f"  {plain(str(verdict.path))} is not what it should be: move it away and run `modelget install`."
            )


def _word(verdict: Verdict) -> str:
    if verdict.problem:
        return "wrong"
    return "right" if verdict.expected else "unproven"


def _reason(verdict: Verdict) -> str:
    if verdict.problem:
        return verdict.problem
    if verdict.expected:
        return f"{verdict.expected} ({verdict.basis})"
    return f"{verdict.digest}: nobody says what it should be; recorded from now on"


def _document(verdicts: list[Verdict], absent: list[Requirement]) -> dict[str, Any]:
    return {
        "files": [
            {
                "path": str(verdict.path),
                "verdict": _word(verdict),
                "sha256": verdict.digest.hex if verdict.digest else None,
                "expected": str(verdict.expected) if verdict.expected else None,
                "basis": verdict.basis or None,
                "problem": verdict.problem,
            }
            for verdict in verdicts
        ],
        "absent": [{"name": need.name, "folder": need.folder} for need in absent],
    }
