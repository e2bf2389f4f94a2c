"""One host for each module of these tests: the stand-in or, with COMFYUI_DIR, a real ComfyUI as well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import environ_of
from host.client import Client
from host.hosts import KINDS, hub_of, running

from modelget.hub import EmbeddedHub


@pytest.fixture(scope="module")
def hub(request: pytest.FixtureRequest) -> Iterator[EmbeddedHub]:
    with hub_of(request.module) as running_hub:
        yield running_hub


@pytest.fixture(scope="module", params=KINDS)
def host(
    request: pytest.FixtureRequest, hub: EmbeddedHub, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """The host of a module, with its ``ENVIRON`` as settings."""
    base = tmp_path_factory.mktemp("host") / "ComfyUI"
    environ = environ_of(hub) | {"HF_HOME": str(base.parent / "hf"), **getattr(request.module, "ENVIRON", {})}
    with running(request.param, base, environ) as started:
        yield started


@pytest.fixture(scope="module")
def client(host: Any) -> Client:
    return Client(host)


@pytest.fixture
def models(host: Any) -> Path:
    found: Path = host.models
    return found
