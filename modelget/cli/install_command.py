"""``modelget install``: carry the plan out."""

from __future__ import annotations

import json
import sys
import time
from argparse import Namespace

from ..dropped import Drops
from ..job import Outcomes
from ..pipeline import Workshop, carry_out, plan_for
from ..plan_document import document
from ..types import Decisions, Plan, Workflow
from ..waiting import awaited, wait_for_drops
from .bars import hashing_reporter, reporter_for
from .exit_codes import UNDECIDED, USAGE
from .opening import decisions_from, open_from, read_inputs
from .summary import exit_code, show_outcomes, show_plan, show_totals
from .terminal import plain


def run(args: Namespace) -> int:
    """Plan, ask, fetch, and say what became of it."""
    shop = open_from(args)
    inputs = read_inputs(args.workflows, args.verbose)
    code = install(inputs.workflows, shop, decisions_from(args), args, as_array=inputs.several)
    return USAGE if inputs.unreadable and code in (0, UNDECIDED) else code


def install(
    workflows: list[Workflow],
    shop: Workshop,
    decisions: Decisions,
    args: Namespace,
    *,
    as_array: bool = False,
) -> int:
    """Install what the workflows need; the same for whole workflows and for one file by its id."""
    with hashing_reporter() as reporter:
        plans = plan_for(workflows, shop, decisions, Drops(reporter, remember=True))
    if not args.json:
        for plan in plans:
            show_plan(plan, args.verbose)
        show_totals(plans)
    downloads = [download for plan in plans for download in plan.downloads]
    if downloads and not (args.yes or args.json) and not _agreed():
        print("Nothing was fetched.")
        return UNDECIDED
    outcomes, seconds = _carry_out(plans, shop) if downloads else ({}, 0.0)
    if args.wait:
        plans, outcomes = _wait(plans, outcomes, shop, decisions, args)
    if args.json:
        documents = [document(plan, outcomes) for plan in plans]
        print(json.dumps(documents if as_array else documents[0], indent=2))
    else:
        show_outcomes(plans, outcomes, seconds)
    return exit_code(plans, outcomes)


def _carry_out(plans: list[Plan], shop: Workshop) -> tuple[Outcomes, float]:
    start = time.monotonic()
    with reporter_for(plans) as reporter:
        outcomes = carry_out(plans, shop, reporter)
    return outcomes, time.monotonic() - start


def _wait(
    plans: list[Plan], outcomes: Outcomes, shop: Workshop, decisions: Decisions, args: Namespace
) -> tuple[list[Plan], Outcomes]:
    """Wait for what a person has to fetch, and say what became of each file that came."""
    names = [
        f"{item.requirement.folder}/{item.requirement.name}"
        for items in awaited(plans, shop)
        for item in items
    ]
    if names:
        print(plain(f"Waiting for {', '.join(dict.fromkeys(names))}. Ctrl-C ends it."), file=sys.stderr)
    found, latest = dict(outcomes), plans
    with hashing_reporter() as reporter:
        for latest, news in wait_for_drops(plans, shop, decisions, reporter):
            found.update(news)
            for plan in latest if not args.json else ():
                show_plan(plan, args.verbose)
    return latest, found


def _agreed() -> bool:
    """Ask on a terminal; where nobody can answer, the command itself is the answer."""
    if not sys.stdin.isatty():
        return True
    return input("Fetch now? [Y/n] ").strip().lower() in ("", "y", "yes")
