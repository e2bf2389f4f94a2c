"""From words to things: the library, the settings, the workflows that a command line names."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import InvalidSetting, InvalidWorkflow
from ..library import open_library
from ..lock import held_to_lock
from ..lock_file import LOCK_NAME, read_lock
from ..pipeline import Workshop, open_workshop
from ..settings import Settings, load_settings
from ..types import Decisions, Digest, Workflow
from ..workflow import can_hold_workflow, read, read_stream
from .standard_input import standard_input
from .terminal import fail, plain


@dataclass(frozen=True, slots=True)
class Inputs:
    """The workflows that could be read, and whether some that were named could not."""

    workflows: list[Workflow]
    several: bool
    """Whether more than one was asked for: then JSON output is an array."""
    unreadable: int


def open_from(args: Namespace) -> Workshop:
    """Open the library and the settings that the options name."""
    comfyui = args.comfyui or (None if args.models_dir else _nearby_comfyui())
    if comfyui is None and args.models_dir is None:
        raise InvalidSetting(
            "which ComfyUI? None was named and none is here",
            "Pass --comfyui DIR (the folder with main.py) or --models-dir DIR.",
        )
    library = open_library(comfyui=comfyui, models_dir=args.models_dir)
    settings = load_settings(args.environ, comfyui=comfyui, offline=args.offline)
    policy = getattr(args, "licence_policy", None) or settings.licence_policy
    return open_workshop(replace(settings, licence_policy=policy), library, comfyui=comfyui)


def settings_from(args: Namespace) -> Settings:
    """Read the settings of the ComfyUI that is named or near, if there is one."""
    return load_settings(args.environ, comfyui=args.comfyui or _nearby_comfyui(), offline=args.offline)


def decisions_from(args: Namespace) -> Decisions:
    """Collect what the options decide."""
    return Decisions(
        choose=dict(args.choose),
        folders=dict(args.folder),
        allow_pickle=frozenset(name.replace("\\", "/") for name in args.allow_pickle),
        accept_licence=frozenset(name.replace("\\", "/") for name in args.accept_licence),
        include_inactive=args.all,
        accepted=accepted_from(args),
    )


def accepted_from(args: Namespace) -> frozenset[Digest]:
    """Return the digests of the bytes that are accepted in spite of what their places publish."""
    return frozenset(sha256_from("--accept-digest", text) for text in args.accept_digest)


def sha256_from(option: str, text: str) -> Digest:
    """Read a sha256 as an option gives it, with or without the name of the algorithm."""
    try:
        return Digest("sha256", text.strip().removeprefix("sha256:"))
    except ValueError as error:
        raise InvalidSetting(f"{option}: {error}", "Pass the 64 hexadecimal digits.") from None


def read_inputs(names: list[str], verbose: bool = False) -> Inputs:
    """Read every named workflow; one that cannot be read is reported, and the others go on.

    In a folder, files that hold no workflow are only counted, or named if ``verbose``.

    Raises:
        InvalidWorkflow: nothing could be read.
    """
    workflows: list[Workflow] = []
    errors: list[InvalidWorkflow] = []
    folders = [Path(name) for name in names if name != "-" and Path(name).is_dir()]
    for name in names:
        if Path(name) in folders:
            workflows += _read_folder(Path(name), verbose)
            continue
        try:
            workflows.append(_read_standard_input() if name == "-" else _read_locked(Path(name)))
        except InvalidWorkflow as error:
            errors.append(error)
    if errors and not workflows:
        raise errors[0]
    for unreadable in errors:
        fail(unreadable)
    return Inputs(workflows, len(names) > 1 or bool(folders), len(errors))


def _read_locked(path: Path) -> Workflow:
    """Read a workflow and hold it to the lock beside it, if there is one; that is told, and what they disagree on."""
    workflow = read(path)
    locked = read_lock(path.parent).get(path.name, ())
    workflow, notes = held_to_lock(workflow, locked)
    if locked:  # whoever can put a file beside a workflow must not change its models unseen
        notes = [f"{path.name} is held to {path.parent / LOCK_NAME} ({len(locked)} pinned)", *notes]
    for note in notes:
        print(f"note: {plain(note)}", file=sys.stderr)
    return workflow


def _may_be_workflow(path: Path) -> bool:
    return path.name != LOCK_NAME and path.is_file() and can_hold_workflow(path)


def _read_standard_input() -> Workflow:
    try:
        with standard_input() as stream:
            return read_stream(stream, "-")
    except OSError as error:
        hint = "Pass the path of a file instead."
        raise InvalidWorkflow("-", f"cannot be read ({error.strerror or error})", hint) from error


def _read_folder(folder: Path, verbose: bool) -> list[Workflow]:
    found: list[Workflow] = []
    skipped: list[InvalidWorkflow] = []
    for path in sorted(path for path in folder.rglob("*") if _may_be_workflow(path)):
        try:
            found.append(_read_locked(path))
        except InvalidWorkflow as error:
            skipped.append(error)
    if not found:
        raise InvalidWorkflow(str(folder), f"no workflow in this folder ({_files(len(skipped))} looked at)")
    if verbose:
        for refusal in skipped:
            print(f"skipped: {plain(str(refusal))}", file=sys.stderr)
    elif skipped:
        where = f"skipped: {_files(len(skipped))} in {plain(str(folder))}"
        print(f"{where} without a workflow (-v says which)", file=sys.stderr)
    return found


def _files(count: int) -> str:
    return f"{count} file{'s' * (count != 1)}"


def _nearby_comfyui() -> Path | None:
    """Return the ComfyUI that this pack is installed in, or that the current folder is."""
    # Not resolved: a pack that is linked into custom_nodes belongs to that ComfyUI.
    pack = Path(__file__).absolute().parents[2]
    if pack.parent.name == "custom_nodes":
        return pack.parent.parent
    return Path.cwd() if Path("folder_paths.py").is_file() else None
