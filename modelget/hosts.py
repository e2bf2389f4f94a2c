"""Which hosts may be contacted, decided on names before and on addresses while connecting."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from .errors import HostNotAllowed, InvalidSetting

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST_NAME = re.compile(r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9-]{1,63}")
# Parsers disagree on what these mean (urlsplit drops tabs, browsers turn "\\" into "/"), so none may decide.
_ODD = re.compile(r"[\x00-\x20\x7f\\]")

# Networks that Python's `is_global` calls public although they reach this machine or its neighbours:
# NAT64 and 6to4 carry an IPv4 address inside, multicast has no single owner.
_NOT_PUBLIC = [
    ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
]


def origin_of(url: str | SplitResult) -> str:
    """Return ``scheme://host[:port]`` in lower case, without a default port.

    Raises:
        InvalidSetting: the URL has no such origin, or carries user info, odd characters or a bad port.
    """
    if isinstance(url, str) and _ODD.search(url):
        raise InvalidSetting("not a usable URL: it holds a space, a control character or a backslash")
    try:
        parts = urlsplit(url) if isinstance(url, str) else url
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise InvalidSetting(f"not a usable URL: {error}") from None
    if parts.scheme not in _DEFAULT_PORTS or not _is_host(host) or "@" in parts.netloc:
        raise InvalidSetting(f"not a usable web address: {parts.scheme}://{host[:80]}")
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + ("" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}")


def redact(url: str) -> str:
    """Return the URL without user info, query and fragment, fit for a message or a log."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def is_public(address: str) -> bool:
    """Tell whether an IP address belongs to the public internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if any(ip.version == net.version and ip in net for net in _NOT_PUBLIC):
        return False
    return ip.is_global and not ip.is_multicast


@dataclass(frozen=True, slots=True)
class HostPolicy:
    """The list of hosts: built-in ones by https on public addresses, the owner's by exact origin."""

    hosts: frozenset[str] = frozenset()
    """Names, or ``*.suffix`` for every name below one."""
    origins: frozenset[str] = frozenset()
    """Origins the owner listed: there plain http and private addresses are allowed too."""

    @classmethod
    def of(cls, hosts: Iterable[str], origins: Iterable[str]) -> HostPolicy:
        """Build a policy from host patterns and origins as people write them."""
        return cls(frozenset(hosts), frozenset(origin_of(origin) for origin in origins))

    def allows(self, url: str) -> bool:
        """Tell whether the URL's host may be contacted."""
        try:
            self.check(url)
        except (HostNotAllowed, InvalidSetting):
            return False
        return True

    def check(self, url: str) -> str:
        """Return the URL's origin; raise HostNotAllowed when it is not on the list."""
        origin = origin_of(url)
        if origin not in self.origins and not self._is_listed(origin):
            raise HostNotAllowed(origin)
        return origin

    def _is_listed(self, origin: str) -> bool:
        scheme, _, host = origin.partition("://")
        if scheme != "https":
            return False
        above = {f"*.{host[i + 1 :]}" for i, char in enumerate(host) if char == "."}
        return host in self.hosts or not above.isdisjoint(self.hosts)


def _is_host(host: str) -> bool:
    if ":" in host:
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            return False
        return True
    # A last label of digits (or 0x…) is an address; only its canonical spelling is accepted.
    if re.fullmatch(r"\d+|0x[0-9a-f]*", host.rpartition(".")[2]):
        try:
            return str(ipaddress.IPv4Address(host)) == host
        except ValueError:
            return False
    return _HOST_NAME.fullmatch(host) is not None
