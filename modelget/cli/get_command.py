"""``modelget get``: one file or folder model by its id."""

from __future__ import annotations

from argparse import Namespace

from ..hosts import without_secrets
from ..pipeline import requirement_for
from ..types import Decisions, Workflow
from .install_command import install
from .opening import accepted_from, open_from, sha256_from


def run(args: Namespace) -> int:
    """Fetch one file, exactly as if a workflow had asked for it."""
    shop = open_from(args)
    digest = sha256_from("--sha256", args.sha256) if args.sha256 else None
    wanted = requirement_for(args.id, shop, name=args.name, folder=args.folder, digest=digest)
    name = frozenset({wanted.name})
    decisions = Decisions(
        allow_pickle=name if args.allow_pickle else frozenset(),
        accept_licence=name if args.accept_licence else frozenset(),
        accepted=accepted_from(args),
    )
    return install([Workflow(without_secrets(args.id), (wanted,))], shop, decisions, args)
