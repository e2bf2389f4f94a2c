"""Hubs for tests: one for reading only, and one made to order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from modelget.hub import EmbeddedHub, HubRules


@pytest.fixture(scope="session")
def hub() -> Iterator[EmbeddedHub]:
    """A hub without rules, shared: no test may look at its counters."""
    with EmbeddedHub() as hub:
        yield hub


@pytest.fixture
def hub_with() -> Iterator[Callable[..., EmbeddedHub]]:
    """A hub of its own for each test: ``hub_with(gated=frozenset({"o/r"}))``."""
    with ExitStack() as stack:
        yield lambda **rules: stack.enter_context(EmbeddedHub(HubRules(**rules)))
