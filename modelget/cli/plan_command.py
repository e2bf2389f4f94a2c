"""``modelget plan``: what is needed, what is here, what would be fetched."""

from __future__ import annotations

import json
from argparse import Namespace

from ..dropped import Drops
from ..pipeline import plan_for
from ..plan_document import document
from .bars import hashing_reporter
from .exit_codes import USAGE
from .opening import decisions_from, open_from, read_inputs
from .summary import exit_code, show_plan, show_totals


def run(args: Namespace) -> int:
    """Print the plan of each workflow."""
    shop = open_from(args)
    inputs = read_inputs(args.workflows, args.verbose)
    with hashing_reporter() as reporter:
        plans = plan_for(inputs.workflows, shop, decisions_from(args), Drops(reporter))
    if args.json:
        documents = [document(plan) for plan in plans]
        print(json.dumps(documents if inputs.several else documents[0], indent=2))
    else:
        for plan in plans:
            show_plan(plan, args.verbose)
        show_totals(plans)
    return USAGE if inputs.unreadable else exit_code(plans)
