"""``modelget lock``: pin what a workflow needs, in a lock file beside it and in the workflow."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InvalidWorkflow
from ..lock import Unlocked, differences
from ..lock_file import LOCK_NAME, LockedModel, format_lock, model_document, read_lock, write_whole
from ..pipeline import lock
from ..types import Decisions
from ..workflow import MAX_BYTES, is_same_but_pins, read, with_pins
from .bars import hashing_reporter
from .exit_codes import DONE, UNDECIDED
from .opening import open_from
from .terminal import colour, plain, size, table
from .terms import short_terms


@dataclass(frozen=True, slots=True)
class _Written:
    """What a lock is made of, and where it goes; ``copy`` is None for what has no place for pins."""

    models: list[LockedModel]
    open: list[Unlocked]
    lock_file: Path
    copy: Path | None
    pinned: bytes


def run(args: Namespace) -> int:
    """Pin, write and say what could not be pinned; with ``--check`` compare instead of writing."""
    shop = open_from(args)
    path: Path = args.workflow
    workflow = read(path)
    decisions = Decisions(choose=dict(args.choose), folders=dict(args.folder), include_inactive=True)
    with hashing_reporter() as reporter:
        found = lock(workflow, shop, decisions, reporter)
    pins = [(need, model) for need, model in found if isinstance(model, LockedModel)]
    is_short = path.stat().st_size <= MAX_BYTES  # a video may call itself .json
    pinned = with_pins(path.read_bytes(), str(path), pins) if is_short else None
    copy = path if args.in_place else path.with_name(f"{path.stem}.locked.json")
    made = _Written(
        models=[model for _need, model in pins],
        open=[model for _need, model in found if isinstance(model, Unlocked)],
        lock_file=path.parent / LOCK_NAME,
        copy=None if pinned is None else copy,
        pinned=pinned or b"",
    )
    problems = _compared(made, path) if args.check else []
    if not args.check:
        _write(made, path)
    if args.json:
        print(json.dumps(_document(made, path, problems), indent=2))
    else:
        _show(made, problems, checked=args.check)
    undecided = problems or any(model.requirement.active for model in made.open)
    return UNDECIDED if undecided else DONE


def _compared(made: _Written, path: Path) -> list[str]:
    sections = read_lock(path.parent)
    if path.name not in sections:
        return [f"{made.lock_file} does not know {path.name}"]
    return differences(sections[path.name], made.models)


def _write(made: _Written, path: Path) -> None:
    """Write the copy first: who is refused there keeps the lock that belongs to the old one."""
    sections = {**read_lock(path.parent), path.name: made.models}
    if made.copy is not None:
        before = made.copy.read_bytes() if made.copy.exists() else None
        if before is not None and made.copy != path and not is_same_but_pins(before, made.pinned):
            raise InvalidWorkflow(
                str(made.copy),
                "is there already and is another workflow",
                "Move it away, or pin in the workflow itself with --in-place.",
            )
        if before != made.pinned:
            write_whole(made.copy, made.pinned)
    write_whole(made.lock_file, format_lock(sections).encode("utf-8", "backslashreplace"))


def _show(made: _Written, problems: list[str], *, checked: bool) -> None:
    rows = [
        ("locked", _label(model), size(model.size), model.id or "-", short_terms(model.terms))
        for model in made.models
    ]
    rows += [("open", _label(model.requirement), "", "", "") for model in made.open]
    if rows:
        lines = table(rows).splitlines()
        for at, line in enumerate(lines):
            word, shade = ("locked", "green") if at < len(made.models) else ("open", "yellow")
            print(line.replace(word, colour(word, shade), 1))
            if word == "open":
                print(f"      {colour(plain(made.open[at - len(made.models)].reason), 'dim')}")
    for problem in problems:
        print(f"out of date: {plain(problem)}")
    if checked:
        print("The lock is out of date: run `modelget lock`." if problems else "The lock is up to date.")
        return
    places = [str(place) for place in (made.lock_file, made.copy) if place]
    print(f"Written: {plain(' and '.join(places))}.")


def _label(model: Any) -> str:
    return f"{model.folder or '?'}/{model.name}"


def _document(made: _Written, path: Path, problems: list[str]) -> dict[str, Any]:
    return {
        "workflow": str(path),
        "lock": str(made.lock_file),
        "locked_workflow": str(made.copy) if made.copy else None,
        "models": [model_document(model) for model in made.models],
        "open": [
            {
                "name": one.requirement.name,
                "folder": one.requirement.folder,
                "active": one.requirement.active,
                "reason": one.reason,
            }
            for one in made.open
        ],
        "out_of_date": problems,
    }
