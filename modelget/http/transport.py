"""Sockets: connect only to addresses that the host policy allows, and to the very address it checked."""

from __future__ import annotations

import socket
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.timeout import Timeout

from ..hosts import HostPolicy
from .dial import connect


class GuardedAdapter(HTTPAdapter):
    """A requests transport whose direct connections refuse private addresses.

    Checking a name and connecting to it later are two look-ups, and a hostile resolver can answer them
    differently; so the connection is made to the address that was checked. A proxy resolves names itself,
    and only the list of hosts holds there.
    """

    def __init__(self, policy: HostPolicy, connections_per_host: int) -> None:
        self._policy = policy
        super().__init__(pool_maxsize=connections_per_host)

    def close(self) -> None:
        """Close all idle connections now; urllib3 leaves that to the garbage collector."""
        for manager in (self.poolmanager, *self.proxy_manager.values()):
            for key in manager.pools.keys():  # noqa: SIM118 - it is no dict
                if pool := manager.pools.get(key):
                    pool.close()
        super().close()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make pools whose connections go through the guard; called by requests."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _guarded_pools(self._policy)


def _guarded_pools(policy: HostPolicy) -> dict[str, type[HTTPConnectionPool]]:
    class PlainConnection(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, "http", policy)

    class TlsConnection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, "https", policy)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = PlainConnection

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = TlsConnection

    return {"http": PlainPool, "https": TlsPool}


def _connect(connection: HTTPConnection, scheme: str, policy: HostPolicy) -> socket.socket:
    """Connect for urllib3, with its errors."""
    timeout = Timeout.resolve_default_timeout(connection.timeout)
    host = connection.host.strip("[]")
    try:
        return connect(scheme, host, connection.port, policy, timeout)
    except TimeoutError as error:
        raise ConnectTimeoutError(connection, f"{host}: {error}") from error
    except OSError as error:
        raise NewConnectionError(connection, f"{host}: {error}") from error
