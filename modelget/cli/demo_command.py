"""``modelget demo``: the whole story against the embedded hub, each step as a user would type it."""

from __future__ import annotations

import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ..errors import InvalidSetting
from ..hub import EmbeddedHub, HubRules
from ..settings import MIRRORED
from .exit_codes import DONE, FAILED
from .terminal import colour

_WORKFLOW = Path(__file__).parents[2] / "workflows" / "z_image_turbo.json"
_BYTES_PER_SECOND = 120e6
"""A fast home line, so that there is progress to see."""

_REPOSITORY = "Comfy-Org/z_image_turbo/split_files"
_MIB = 2**20
# The real files hold 19 GB; the embedded hub serves stand-ins of the same names and structure.
_SIZES: dict[str, bytes | int | str] = {
    f"{_REPOSITORY}/diffusion_models/z_image_turbo_bf16.safetensors": 256 * _MIB,
    f"{_REPOSITORY}/text_encoders/qwen_3_4b.safetensors": 128 * _MIB,
    f"{_REPOSITORY}/vae/ae.safetensors": 24 * _MIB,
}
_FIRST = "diffusion_models/z_image_turbo_bf16.safetensors"


def run(args: Namespace) -> int:
    """Plan, install, verify, load, and install again; return the first exit code that is not 0."""
    if not _WORKFLOW.is_file():
        raise InvalidSetting(f"{_WORKFLOW} is missing", "Run the demo from a clone of the repository.")
    with _scratch(args.keep) as models, EmbeddedHub(HubRules(files=_SIZES), _BYTES_PER_SECOND) as hub:
        print(f"A hub of its own runs on {hub.endpoint}; nothing leaves this machine.")
        place = ["--models-dir", str(models)]
        workflow = _shown(_WORKFLOW)
        steps = [
            ["plan", workflow, *place],
            ["install", workflow, "--yes", *place],
            ["verify", workflow, *place],
            ["load", str(models / _FIRST)],
        ]
        before = hub.storage_bytes
        for step in steps:
            if code := _step(step, _environ(hub)):
                return code
        fetched = hub.storage_bytes
        print(f"\nThe hub sent {fetched - before:,} bytes. Once more:")
        if code := _step(["install", workflow, "--yes", *place], _environ(hub)):
            return code
        again = hub.storage_bytes - fetched
        print(f"\nThe second run fetched {again} bytes." + (f" Models: {models}" if args.keep else ""))
        return DONE if again == 0 else FAILED


def _step(words: list[str], environ: Mapping[str, str]) -> int:
    from . import main

    print("\n" + colour("$ modelget " + " ".join(words), "bold"))
    sys.stdout.flush()
    return main(words, environ)


def _shown(path: Path) -> str:
    """Return the path as somebody in this folder would type it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _environ(hub: EmbeddedHub) -> dict[str, str]:
    """Point every source at the embedded hub; nothing of the user's own settings takes part."""
    return {
        "HF_ENDPOINT": hub.endpoint,
        **{f"MODELGET_{name.upper()}_ENDPOINT": hub.endpoint for name in MIRRORED},
        "MODELGET_ALLOW_HOSTS": hub.storage_origin,
    }


@contextmanager
def _scratch(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        models = keep / "models"
        models.mkdir(parents=True, exist_ok=True)
        yield models
        return
    with tempfile.TemporaryDirectory(prefix="modelget-demo-") as folder:
        yield Path(folder)
