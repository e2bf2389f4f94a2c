"""Sockets: to the very address that was checked against the host policy, or through an HTTP proxy's tunnel."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPConnection
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from urllib.parse import urlsplit

import certifi

from ..hosts import HostPolicy, is_public

_NEXT_ADDRESS_SECONDS = 0.25

Dial = Callable[[], socket.socket]
"""Opens one connection; raises OSError, http.client.HTTPException, or HostNotAllowed."""


def connect(scheme: str, host: str, port: int, policy: HostPolicy, timeout: float | None) -> socket.socket:
    """Connect to an allowed address of a host; IPv6 and IPv4 in the resolver's order.

    Raises:
        HostNotAllowed: the host is not listed, whatever earlier checks took its URL for.
        OSError: no allowed address answers; TimeoutError when the last one was silent.
    """
    shown = f"[{host}]" if ":" in host else host
    origin = policy.check(f"{scheme}://{shown}:{port}")
    listed = origin in policy.origins
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise OSError(f"name not found ({error})") from error
    addresses = list(dict.fromkeys(str(address[0]) for *_kind, address in answers))
    allowed = [address for address in addresses if listed or is_public(address)]
    if addresses and not allowed:
        advice = f"if that is your proxy or mirror, add {origin} to MODELGET_ALLOW_HOSTS"
        raise OSError(f"it has a private address; {advice}")
    line = _Race(port, timeout).winner(allowed)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line


class _Race:
    """Connects to whichever address answers first; the next one starts when the last one seems dead (RFC 8305).

    Many networks promise IPv6 and lose its packets, which would cost the whole timeout for each connection.
    """

    def __init__(self, port: int, timeout: float | None) -> None:
        self._port, self._timeout = port, timeout
        self._ended: SimpleQueue[socket.socket | OSError] = SimpleQueue()
        self._lock, self._is_over = Lock(), False

    def winner(self, addresses: Sequence[str]) -> socket.socket:
        """Return a connection to one of the addresses; raises the last one's OSError when none answers."""
        if len(addresses) == 1:
            return self._dial(addresses[0])
        last, running = OSError("no address"), 0
        for number, address in enumerate(addresses, 1):
            Thread(target=self._try, args=(address,), daemon=True).start()
            running += 1
            while running:
                patience = None if number == len(addresses) else _NEXT_ADDRESS_SECONDS
                try:
                    ended = self._ended.get(timeout=patience)
                except Empty:
                    break
                running -= 1
                if isinstance(ended, socket.socket):
                    self._end()
                    return ended
                last = ended
        raise last

    def _dial(self, address: str) -> socket.socket:
        try:
            return socket.create_connection((address, self._port), self._timeout)
        except TimeoutError:
            raise TimeoutError(f"no answer within {self._timeout} s") from None

    def _try(self, address: str) -> None:
        try:
            ended: socket.socket | OSError = self._dial(address)
        except OSError as error:
            ended = error
        with self._lock:
            if not self._is_over:
                self._ended.put(ended)
            elif isinstance(ended, socket.socket):
                ended.close()

    def _end(self) -> None:
        """Close the connections that came second, now and later."""
        with self._lock:
            self._is_over = True
        while not self._ended.empty():
            late = self._ended.get()
            if isinstance(late, socket.socket):
                late.close()


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
