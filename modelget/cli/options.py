"""The options that several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..licence_policy import POLICIES

WORKFLOW_HELP = (
    "a workflow or recipe (.json), an image, video or sound file that carries one, a picture's infotext (.txt), "
    "a folder of such files, or - for standard input"
)


def add_library_options(parser: argparse.ArgumentParser) -> None:
    """Add where models live and whether anybody is asked."""
    place = parser.add_mutually_exclusive_group()
    place.add_argument(
        "--comfyui", type=Path, metavar="DIR", help="ComfyUI's folder; its extra_model_paths.yaml counts"
    )
    place.add_argument(
        "--models-dir", type=Path, metavar="DIR", help="a models folder laid out like ComfyUI's"
    )
    parser.add_argument(
        "--offline", action="store_true", help="ask no source; use what is written in the workflow"
    )


def add_choices(parser: argparse.ArgumentParser) -> None:
    """Add what a person decides about names."""
    for option, metavar, meaning in (
        ("--choose", "NAME=ID", "fetch NAME from this id or link"),
        ("--folder", "NAME=FOLDER", "the model folder NAME belongs in"),
    ):
        parser.add_argument(option, metavar=metavar, help=meaning, type=_pair, action="append", default=[])


def add_decisions(parser: argparse.ArgumentParser) -> None:
    """Add all that a person may decide about a plan."""
    add_choices(parser)
    parser.add_argument(
        "--allow-pickle",
        metavar="NAME",
        action="append",
        default=[],
        help="accept NAME although loading it can run code",
    )
    add_licence_policy(parser)
    parser.add_argument(
        "--accept-licence",
        metavar="NAME",
        action="append",
        default=[],
        help="I have the right to use NAME, whatever the licence policy says",
    )
    add_accept_digest(parser)
    parser.add_argument(
        "--all", action="store_true", help="models of muted, bypassed and switched-off nodes too"
    )


def add_licence_policy(parser: argparse.ArgumentParser) -> None:
    """Add which licences to fetch under."""
    parser.add_argument(
        "--licence-policy",
        choices=POLICIES,
        help="commercial: fetch only what clearly allows commercial use (default: the setting, else any)",
    )


def add_wait(parser: argparse.ArgumentParser) -> None:
    """Add whether to wait for what only a person can fetch."""
    parser.add_argument(
        "--wait",
        action="store_true",
        help="wait for the files that only you can fetch, and prove each when it is in its folder",
    )


def add_accept_digest(parser: argparse.ArgumentParser) -> None:
    """Add which bytes to take although others are promised."""
    parser.add_argument(
        "--accept-digest",
        metavar="sha256:HEX",
        action="append",
        default=[],
        help="take the bytes with this sha256 although their place publishes another digest",
    )


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name.replace("\\", "/"), value
