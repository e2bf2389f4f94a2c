"""``modelget get``: one file by its id."""

from __future__ import annotations

from argparse import Namespace

from ..errors import InvalidSetting
from ..pipeline import requirement_for
from ..types import Decisions, Digest, Workflow
from .install_command import install
from .opening import open_from


def run(args: Namespace) -> int:
    """Fetch one file, exactly as if a workflow had asked for it."""
    shop = open_from(args)
    wanted = requirement_for(args.id, shop, name=args.name, folder=args.folder, digest=_digest(args.sha256))
    name = frozenset({wanted.name})
    decisions = Decisions(
        allow_pickle=name if args.allow_pickle else frozenset(),
        accept_licence=name if args.accept_licence else frozenset(),
    )
    return install([Workflow(args.id, (wanted,))], shop, decisions, args)


def _digest(text: str | None) -> Digest | None:
    try:
        return Digest("sha256", text.removeprefix("sha256:")) if text else None
    except ValueError as error:
        raise InvalidSetting(f"--sha256: {error}", "Pass the 64 hexadecimal digits.") from None
