"""Sites that end with their test, and a machine without proxies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from unit.http.sites import FakeClock, Internet, Site, forget_environment

from modelget.hosts import HostPolicy
from modelget.http import Clock, Http


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_environment(monkeypatch)


@pytest.fixture
def serve() -> Iterator[Callable[..., Site]]:
    with ExitStack() as stack:
        yield lambda *given, **named: stack.enter_context(Site(*given, **named))


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Internet:
    return Internet(monkeypatch)


@pytest.fixture
def time() -> FakeClock:
    return FakeClock()


@pytest.fixture
def client(time: FakeClock) -> Iterator[Callable[..., Http]]:
    """``client(site, …)``: a client whose owner listed these sites or origins."""
    clock = Clock(sleep=time.sleep, wall=lambda: time.wall)
    with ExitStack() as stack:

        def make(*listed: Site | str, hosts: tuple[str, ...] = (), offline: bool = False) -> Http:
            origins = [place.origin if isinstance(place, Site) else place for place in listed]
            http = Http(HostPolicy.of(hosts, origins), offline=offline, clock=clock)
            stack.callback(http.close)
            return http

        yield make
