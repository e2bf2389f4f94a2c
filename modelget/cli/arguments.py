"""The words of the command line; imports nothing heavy, so that --help answers at once."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from .. import __version__
from .options import (
    WORKFLOW_HELP,
    add_accept_digest,
    add_choices,
    add_decisions,
    add_library_options,
    add_licence_policy,
    add_wait,
)


def build_parser() -> argparse.ArgumentParser:
    """Build the parser; ``args.run`` of what it parses carries the command out."""
    parser = argparse.ArgumentParser(
        prog="modelget",
        description="apt-get for ComfyUI models: find, fetch, verify and load every model a workflow needs.",
        epilog="Exit codes: 0 all is present, 1 something failed, 2 usage or unreadable input, 3 a decision is needed.",
    )
    parser.add_argument("--version", action="version", version=f"modelget {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_plan(commands)
    _add_install(commands)
    _add_get(commands)
    _add_verify(commands)
    _add_lock(commands)
    _add_load(commands)
    _add_sources(commands)
    _add_demo(commands)
    return parser


Commands = argparse._SubParsersAction  # the only name argparse gives this type


def _command(commands: Commands[argparse.ArgumentParser], name: str, summary: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
    parser.set_defaults(run=_lazily(name))
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of text")
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="show more: ids, digests, every source's answer"
    )
    return parser


def _lazily(name: str) -> Callable[[argparse.Namespace], int]:
    """Import a command only when it runs."""

    def run(args: argparse.Namespace) -> int:
        return int(import_module(f".{name}_command", __package__).run(args))

    return run


def _add_plan(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(
        commands, "plan", "say what is needed, what is here and what would be fetched, and fetch nothing"
    )
    parser.add_argument("workflows", nargs="+", metavar="WORKFLOW", help=WORKFLOW_HELP)
    add_library_options(parser)
    add_decisions(parser)


def _add_install(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "install", "fetch, verify and place every model that is missing")
    parser.add_argument("workflows", nargs="+", metavar="WORKFLOW", help=WORKFLOW_HELP)
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask before fetching")
    add_wait(parser)
    add_library_options(parser)
    add_decisions(parser)


def _add_get(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "get", "fetch one file or folder model by its id")
    parser.add_argument(
        "id",
        metavar="ID",
        help="hf:owner/repo[/path][@rev], civitai:VERSION, an AIR, modelscope:owner/repo[/path][@rev], or a link to the "
        "file or its page",
    )
    parser.add_argument("--name", help="the name to give it (default: its own)")
    parser.add_argument("--folder", help="the model folder to put it in (default: what its place suggests)")
    parser.add_argument("--sha256", metavar="HEX", help="refuse other bytes")
    add_accept_digest(parser)
    parser.add_argument(
        "--allow-pickle", action="store_true", help="accept it although loading it can run code"
    )
    add_licence_policy(parser)
    parser.add_argument(
        "--accept-licence",
        action="store_true",
        help="I have the right to use it, whatever the licence policy says",
    )
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask before fetching")
    add_wait(parser)
    add_library_options(parser)


def _add_verify(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(
        commands, "verify", "recompute digests and compare them with what is recorded or published"
    )
    parser.add_argument(
        "targets",
        nargs="+",
        metavar="WORKFLOW|FILE",
        help="workflows whose models to check, model files or folder models",
    )
    add_library_options(parser)


def _add_lock(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "lock", "pin link, sha256, size and licence of every model of a workflow")
    parser.add_argument(
        "workflow", type=Path, metavar="WORKFLOW", help="a file: what `plan` takes, but no folder"
    )
    parser.add_argument(
        "--in-place", action="store_true", help="pin in the workflow itself, not in NAME.locked.json"
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 3 when the lock is out of date"
    )
    add_library_options(parser)
    add_choices(parser)


def _add_load(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "load", "read the weights onto the device and say how fast it went")
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--device", help="cuda, cuda:1, cpu … (default: cuda if there is one)")
    parser.add_argument(
        "--allow-pickle", action="store_true", help="load it although it is a pickle; its code is not run"
    )
    parser.add_argument(
        "--sha256", metavar="HEX", help="refuse other bytes; torch before 2.10 loads no pickle without it"
    )


def _add_sources(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(
        commands, "sources", "list the places models come from, credentials found, and who can be reached"
    )
    parser.add_argument("--comfyui", type=Path, metavar="DIR", help="ComfyUI's folder, for its modelget.toml")
    parser.add_argument("--offline", action="store_true", help="do not try to reach them")


def _add_demo(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = _command(commands, "demo", "show the whole story against a small hub on this machine")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="use this scratch folder and leave it there")
