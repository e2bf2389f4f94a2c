"""``modelget lock``: pin what a workflow needs, in a lock file beside it and in the workflow."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..cards import terms_in_full
from ..errors import InvalidWorkflow
from ..lock import Unlocked, differences, pin_of
from ..lock_file import LOCK_NAME, LockedModel, format_lock, model_document, read_lock, write_whole
from ..pipeline import Workshop, lock
from ..types import Decisions, Requirement, label_of
from ..units import size
from ..workflow import MAX_BYTES, is_same_but_pins, read, with_pins
from .bars import hashing_reporter
from .exit_codes import DONE, UNDECIDED
from .opening import open_from
from .summary import short_id
from .terminal import colour, plain, table
from .terms import short_terms


@dataclass(frozen=True, slots=True)
class _Made:
    """What was pinned, what was not, and where it goes."""

    models: list[LockedModel]
    kept: list[LockedModel]
    """Pins of the lock that is there, of models whose place could not answer."""
    open: list[Unlocked]
    lock_file: Path
    copy: Path | None
    """The workflow with its pins; None for a file that has no place for them."""
    pinned: bytes

    @property
    def all_pins(self) -> list[LockedModel]:
        """What the lock file says of the workflow."""
        return [*self.models, *self.kept]


def run(args: Namespace) -> int:
    """Pin, write and say what could not be pinned; with ``--check`` compare instead of writing."""
    path: Path = args.workflow
    made = _make(args, open_from(args), path)
    problems = _compared(made, path) if args.check else []
    if not args.check:
        _write(made, path)
    if args.json:
        print(json.dumps(_document(made, path, problems), indent=2))
    else:
        _show(made, args.verbose)
        _say_what_was_done(made, problems, checked=args.check)
    undecided = problems or any(model.requirement.active for model in made.open)
    return UNDECIDED if undecided else DONE


def _make(args: Namespace, shop: Workshop, path: Path) -> _Made:
    workflow = read(path)
    earlier = read_lock(path.parent).get(path.name, ())
    decisions = Decisions(choose=dict(args.choose), folders=dict(args.folder))
    with hashing_reporter() as reporter:
        found = lock(workflow, shop, decisions, reporter)
    pins: list[tuple[Requirement, LockedModel]] = []
    kept: list[tuple[Requirement, LockedModel]] = []
    for need, outcome in found:
        if isinstance(outcome, LockedModel):
            pins.append((need, outcome))
        elif outcome.unanswered and (pin := pin_of(need, earlier)):
            kept.append((need, pin))
    is_short = path.stat().st_size <= MAX_BYTES  # a video may call itself .json
    pinned = with_pins(path.read_bytes(), str(path), [*pins, *kept]) if is_short else None
    copy = path if args.in_place else path.with_name(f"{path.stem}.locked.json")
    return _Made(
        models=[model for _need, model in pins],
        kept=[model for _need, model in kept],
        open=[outcome for _need, outcome in found if isinstance(outcome, Unlocked)],
        lock_file=path.parent / LOCK_NAME,
        copy=None if pinned is None else copy,
        pinned=pinned or b"",
    )


def _compared(made: _Made, path: Path) -> list[str]:
    sections = read_lock(path.parent)
    if path.name not in sections:
        return [f"{made.lock_file} does not know {path.name}"]
    return differences(sections[path.name], made.all_pins)


def _write(made: _Made, path: Path) -> None:
    """Write the copy first: who is refused there keeps the lock that belongs to the old one."""
    sections = {**read_lock(path.parent), path.name: made.all_pins}
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


def _show(made: _Made, verbose: bool) -> None:
    rows = [("locked", _label(model), *_facts(model, verbose)) for model in made.models]
    rows += [("open", _label(one.requirement), "", "", "") for one in made.open]
    notes = [list(terms_in_full(model.terms)) if verbose else [] for model in made.models]
    notes += [[one.reason] for one in made.open]
    lines = table(rows).splitlines() if rows else []
    for (word, *_rest), line, more in zip(rows, lines, notes, strict=True):
        print(line.replace(word, colour(word, "green" if word == "locked" else "yellow"), 1))
        for note in more:
            print(f"      {colour(plain(note), 'dim')}")


def _facts(model: LockedModel, verbose: bool) -> tuple[str, str, str]:
    if model.id is None:
        return size(model.size), "no place is known", ""
    return size(model.size), model.id if verbose else short_id(model.id), short_terms(model.terms)


def _say_what_was_done(made: _Made, problems: list[str], *, checked: bool) -> None:
    for problem in problems:
        print(f"out of date: {plain(problem)}")
    if checked:
        print("The lock is out of date: run `modelget lock`." if problems else "The lock is up to date.")
        return
    if made.kept:
        print(f"Kept as they were locked before: {', '.join(plain(_label(model)) for model in made.kept)}.")
    places = " and ".join(str(place) for place in (made.lock_file, made.copy) if place)
    print(f"Written: {plain(places)}.")


def _label(model: LockedModel | Requirement) -> str:
    return label_of(model.folder, model.name)


def _document(made: _Made, path: Path, problems: list[str]) -> dict[str, Any]:
    return {
        "workflow": str(path),
        "lock": str(made.lock_file),
        "locked_workflow": str(made.copy) if made.copy else None,
        "models": [model_document(model) for model in made.models],
        "kept": [model_document(model) for model in made.kept],
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
