"""Sockets: connect only to addresses that the host policy allows, and to the very address it checked."""

from __future__ import annotations

import socket
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.timeout import Timeout

from ..hosts import HostPolicy, is_public


class GuardedAdapter(HTTPAdapter):
    """A requests transport whose direct connections refuse private addresses.

    Checking a name and connecting to it later are two look-ups, and a hostile resolver can answer them
    differently; so the connection is made to the address that was checked. A proxy resolves names itself,
    and only the list of hosts holds there.
    """

    def __init__(self, policy: HostPolicy, connections_per_host: int) -> None:
        self._policy = policy
        super().__init__(pool_maxsize=connections_per_host)

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
    """Connect to the first allowed address that answers; IPv6 and IPv4 in the resolver's order.

    Raises HostNotAllowed for an unlisted host, whatever earlier checks took its URL for.
    """
    host, port = connection.host.strip("[]"), connection.port
    shown = f"[{host}]" if ":" in host else host
    origin = policy.check(f"{scheme}://{shown}:{port}")
    listed = origin in policy.origins
    timeout = Timeout.resolve_default_timeout(connection.timeout)
    last: Exception = OSError("no address")
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NewConnectionError(connection, f"{host}: name not found ({error})") from error
    for _family, _type, _proto, _name, address in answers:
        if not listed and not is_public(str(address[0])):
            advice = f"if that is your proxy or mirror, add {origin} to MODELGET_ALLOW_HOSTS"
            last = OSError(f"it has a private address; {advice}")
            continue
        try:
            connected = socket.create_connection((str(address[0]), port), timeout)
        except TimeoutError:
            last = ConnectTimeoutError(connection, f"{host}: no answer within {timeout} s")
        except OSError as error:
            last = error
        else:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connected
    raise NewConnectionError(connection, f"{host}: {last}") from last
