"""What many tests share: an embedded hub with settings that point at it, and small workflows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from modelget.cli import main
from modelget.hub import EmbeddedHub, HubRules
from modelget.settings import MIRRORED


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--soak", action="store_true", help="repeat what depends on chance for hours, not seconds"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "seeds(few, many): run with as many values of `seed`; many with --soak"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for mark in metafunc.definition.iter_markers("seeds"):
        few, many = mark.args
        metafunc.parametrize("seed", range(many if metafunc.config.getoption("soak") else few))


@pytest.fixture(scope="session")
def rounds(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """Choose between a few rounds and the many of --soak."""
    is_soak = request.config.getoption("soak")
    return lambda few, many: many if is_soak else few


@dataclass(frozen=True)
class Ran:
    """What one run of the command line showed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


class CommandLine:
    """Runs `modelget` in this process against one hub and one models folder."""

    def __init__(self, hub: EmbeddedHub, models: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.hub, self.models, self._capsys = hub, models, capsys
        self.environ = environ_of(hub)

    def __call__(self, command: str, *words: str | Path) -> Ran:
        takes_library = command in ("plan", "install", "get", "verify", "lock")
        place = ["--models-dir", str(self.models)] if takes_library else []
        self._capsys.readouterr()
        code = main([command, *map(str, words), *place], self.environ)
        out, err = self._capsys.readouterr()
        return Ran(code, out, err)


def environ_of(hub: EmbeddedHub) -> dict[str, str]:
    return {
        "HF_ENDPOINT": hub.endpoint,
        **{f"MODELGET_{name.upper()}_ENDPOINT": hub.endpoint for name in MIRRORED},
        "MODELGET_ALLOW_HOSTS": hub.storage_origin,
    }


@pytest.fixture
def rules() -> HubRules:
    """Override it in a test module or by parametrisation to make the hub special."""
    return HubRules()


@pytest.fixture
def hub(rules: HubRules) -> Iterator[EmbeddedHub]:
    with EmbeddedHub(rules) as running:
        yield running


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


@pytest.fixture
def modelget(hub: EmbeddedHub, models: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(hub, models, capsys)


@pytest.fixture
def modelget_at(models: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[EmbeddedHub], CommandLine]:
    """The same command line and models folder in front of another hub."""
    return lambda hub: CommandLine(hub, models, capsys)
