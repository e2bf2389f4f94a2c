"""Sockets: to the very address that was checked against the host policy, or through an HTTP proxy's tunnel."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import certifi

from ..hosts import HostPolicy, is_public

Dial = Callable[[], socket.socket]
"""Opens one connection; raises OSError, http.client.HTTPException, or HostNotAllowed."""


def connect(scheme: str, host: str, port: int, policy: HostPolicy, timeout: float | None) -> socket.socket:
    """Connect to the first allowed address that answers; IPv6 and IPv4 in the resolver's order.

    Raises:
        HostNotAllowed: the host is not listed, whatever earlier checks took its URL for.
        OSError: no allowed address answers; TimeoutError when the last one was silent.
    """
    shown = f"[{host}]" if ":" in host else host
    origin = policy.check(f"{scheme}://{shown}:{port}")
    listed = origin in policy.origins
    last = OSError("no address")
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise OSError(f"name not found ({error})") from error
    for _family, _type, _proto, _name, address in answers:
        if not listed and not is_public(str(address[0])):
            advice = f"if that is your proxy or mirror, add {origin} to MODELGET_ALLOW_HOSTS"
            last = OSError(f"it has a private address; {advice}")
            continue
        try:
            connected = socket.create_connection((str(address[0]), port), timeout)
        except TimeoutError:
            last = TimeoutError(f"no answer within {timeout} s")
        except OSError as error:
            last = error
        else:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connected
    raise last


def dialler(url: str, policy: HostPolicy, tls: ssl.SSLContext | None, timeouts: tuple[float, float]) -> Dial:
    """Return how to connect to the URL's origin; ``timeouts`` are the seconds to connect, and without a byte."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if tls else 80)

    def dial() -> socket.socket:
        line = connect(parts.scheme, host, port, policy, timeouts[0])
        return _secured(line, host, tls, timeouts[1])

    return dial


def tunneller(
    url: str,
    proxy: str,
    credentials: Mapping[str, str],
    tls: ssl.SSLContext,
    timeouts: tuple[float, float],
) -> Dial:
    """Return how to connect through an HTTP proxy; it resolves names itself, so only the host list holds."""
    parts, at = urlsplit(url), urlsplit(proxy)
    host, port = parts.hostname or "", parts.port or 443

    def dial() -> socket.socket:
        tunnel = HTTPConnection(at.hostname or "", at.port or 80, timeout=timeouts[0])
        tunnel.set_tunnel(host, port, dict(credentials))
        tunnel.connect()
        return _secured(tunnel.sock, host, tls, timeouts[1])

    return dial


def tls_context(bundle: str | None) -> ssl.SSLContext:
    """Make a context that trusts what requests trusts: certifi's authorities, or those of a file or folder."""
    bundle = bundle or certifi.where()
    if Path(bundle).is_dir():
        return ssl.create_default_context(capath=bundle)
    return ssl.create_default_context(cafile=bundle)


def _secured(line: socket.socket, host: str, tls: ssl.SSLContext | None, silence: float) -> socket.socket:
    try:
        line.settimeout(silence)
        return tls.wrap_socket(line, server_hostname=host) if tls else line
    except BaseException:
        line.close()
        raise
