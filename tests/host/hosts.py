"""A host with the pack for the tests of a module: the stand-in or, with COMFYUI_DIR, a real ComfyUI as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest
from host.real import RealComfyUI
from host.stand_in import StandIn
from host.stand_in.recorded import is_here
from real_host import COMFYUI

from modelget.hub import EmbeddedHub, HubRules

KINDS = ["stand-in", *(["real"] if COMFYUI else [])]


@contextmanager
def hub_of(module: ModuleType) -> Iterator[EmbeddedHub]:
    """Run the hub of a module, as its ``HUB`` (rules) and ``SPEED`` (bytes per second) say."""
    with EmbeddedHub(getattr(module, "HUB", HubRules()), getattr(module, "SPEED", None)) as running:
        yield running


@contextmanager
def running(
    kind: str, base: Path, environ: Mapping[str, str], page: Path | None = None
) -> Iterator[StandIn | RealComfyUI]:
    """Run a host of a kind below ``base``; ``page`` is the static folder of ComfyUI's page, where one is looked at."""
    if kind == "real":
        with RealComfyUI(base, environ, ["--front-end-root", str(page)] if page else []) as real:
            yield real
        return
    if not is_here():
        pytest.skip("the recordings of a real host are not beside the repository (../shared/data/host)")
    with StandIn(base, environ, frontend=page) as stand_in:
        yield stand_in
