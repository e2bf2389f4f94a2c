"""A desk in front of the embedded hub, as ComfyUI opens one."""

from __future__ import annotations

import pytest
from conftest import environ_of

from modelget.desk import Desk
from modelget.library import open_library
from modelget.pipeline import open_workshop
from modelget.settings import load_settings


class Told:
    """What the desk told whoever listens."""

    def __init__(self) -> None:
        self.changes = 0
        self.planned: list[str] = []

    def changed(self) -> None:
        self.changes += 1


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def desk(hub, models, told) -> Desk:
    library = open_library(models_dir=models)

    def open_shop():
        return open_workshop(load_settings(environ_of(hub)), library)

    return Desk(open_shop, lambda: library, changed=told.changed, planned=told.planned.append)
