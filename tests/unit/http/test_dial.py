"""Which of a host's addresses a connection goes to when some of them are dead."""

from __future__ import annotations

import socket
import threading

import pytest

from modelget.hosts import HostPolicy
from modelget.http import dial
from modelget.http.dial import connect

POLICY = HostPolicy.of((), ("http://two.example:8000",))
DEAD, ALIVE, REFUSES = "192.0.2.1", "192.0.2.2", "192.0.2.3"


class Network:
    """A resolver and addresses that are alive, dead, or refuse."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.addresses: list[str] = []
        self.dialled: list[str] = []
        self.dead_until = threading.Event()
        self.made: list[socket.socket] = []
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: self._resolve())
        monkeypatch.setattr(socket, "create_connection", self._dial)

    def _resolve(self) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 8000)) for address in self.addresses]

    def _dial(self, address: tuple[str, int], _timeout: float | None) -> socket.socket:
        self.dialled.append(address[0])
        if address[0] not in (ALIVE, DEAD):
            raise ConnectionRefusedError("refused")
        if address[0] == DEAD:
            self.dead_until.wait(30)
        mine, other = socket.socketpair()
        mine = _Line(mine, address[0])
        self.made += [mine, other]
        return mine


class _Line:
    """A connected socket that knows where it leads."""

    def __new__(cls, line: socket.socket, address: str) -> socket.socket:
        named = type("Named", (socket.socket,), {"address": address, "setsockopt": lambda *_args: None})
        return named(line.family, line.type, line.proto, line.detach())


@pytest.fixture
def network(monkeypatch):
    monkeypatch.setattr(dial, "_NEXT_ADDRESS_SECONDS", 0.01)
    network = Network(monkeypatch)
    yield network
    network.dead_until.set()
    for line in network.made:
        line.close()


def leads_to() -> str:
    return connect("http", "two.example", 8000, POLICY, 10.0).address


def test_a_silent_address_costs_a_moment_and_not_its_timeout(network):
    network.addresses = [DEAD, ALIVE]
    assert leads_to() == ALIVE


def test_an_address_that_refuses_is_passed_over_at_once(network, monkeypatch):
    monkeypatch.setattr(dial, "_NEXT_ADDRESS_SECONDS", 30)
    network.addresses = [REFUSES, ALIVE]
    assert leads_to() == ALIVE


def test_when_none_answers_the_last_reason_is_told(network):
    network.addresses = [REFUSES, "192.0.2.4"]
    with pytest.raises(ConnectionRefusedError):
        leads_to()


def test_the_first_address_is_preferred_while_it_answers(network):
    network.addresses = [ALIVE, DEAD]
    assert leads_to() == ALIVE


def test_the_connection_that_came_second_is_closed(network):
    network.addresses = [DEAD, ALIVE]
    leads_to()
    network.dead_until.set()
    late = next(thread for thread in threading.enumerate() if thread.daemon and "_try" in thread.name)
    late.join(30)
    closed = [line for line in network.made if getattr(line, "address", "") == DEAD]
    assert [line.fileno() for line in closed] == [-1]
