"""One host for each module of these tests: the stand-in or, with COMFYUI_DIR, a real ComfyUI as well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import environ_of
from host.client import Client
from host.real import RealComfyUI
from host.stand_in import StandIn
from host.stand_in.recorded import is_here
from real_host import COMFYUI

from modelget.hub import EmbeddedHub, HubRules

KINDS = ["stand-in", *(["real"] if COMFYUI else [])]


@pytest.fixture(scope="module")
def hub(request: pytest.FixtureRequest) -> Iterator[EmbeddedHub]:
    """The hub of a module, as its ``HUB`` (rules) and ``SPEED`` (bytes per second) say."""
    rules = getattr(request.module, "HUB", HubRules())
    with EmbeddedHub(rules, getattr(request.module, "SPEED", None)) as running:
        yield running


@pytest.fixture(scope="module", params=KINDS)
def host(
    request: pytest.FixtureRequest, hub: EmbeddedHub, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """The host of a module, with its ``ENVIRON`` as settings."""
    base = tmp_path_factory.mktemp("host") / "ComfyUI"
    environ = environ_of(hub) | {"HF_HOME": str(base.parent / "hf"), **getattr(request.module, "ENVIRON", {})}
    if request.param == "real":
        with RealComfyUI(base, environ) as real:
            yield real
        return
    if not is_here():
        pytest.skip("the recordings of a real host are not beside the repository (../shared/data/host)")
    with StandIn(base, environ) as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def client(host: Any) -> Client:
    return Client(host)


@pytest.fixture
def models(host: Any) -> Path:
    found: Path = host.models
    return found
