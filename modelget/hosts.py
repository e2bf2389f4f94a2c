"""Which hosts may be contacted, decided on names before and on addresses while connecting."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from .errors import HostNotAllowed, InvalidSetting

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST_NAME = re.compile(rf"(?=.{{1,253}}$)(?:{_LABEL}\.)*{_LABEL}")
# Parsers disagree on what these mean (urlsplit drops tabs, browsers turn "\\" into "/"), so none may decide.
_ODD = re.compile(r"[\x00-\x20\x7f\\]")

_NAMES_A_FILE = (
    "id fileid modelversionid type format size fp quanttype revision filepath filename rlkey resourcekey export dl "
    "raw download"
)
"""What a link's query may say in a file that is shared: which file is meant, and nothing that lets somebody in."""

# Python's `is_global` calls public whatever no registry reserves. All public IPv6 lies in one block
# (not so NAT64, site-local and IPv4-compatible addresses), and in it some are still not a server's own:
_PUBLIC_IPV6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC = [
    ipaddress.ip_network(net)
    for net in (
        "2001::/32",  # Teredo: an IPv4 address inside
        "2002::/16",  # 6to4: the same
        "3fff::/20",  # documentation
        "192.0.0.0/24",  # protocols; older Pythons know only parts of it
        "192.88.99.0/24",  # relays of 6to4
        "168.63.129.16/32",  # Azure's metadata
    )
]


def origin_of(url: str) -> str:
    """Return ``scheme://host[:port]`` in lower case, without a default port.

    Raises:
        InvalidSetting: the URL has no such origin, or carries user info, odd characters or a bad port.
    """
    if _ODD.search(url):
        raise InvalidSetting("not a usable URL: it holds a space, a control character or a backslash")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise InvalidSetting(f"not a usable URL: {error}") from None
    shown = f"[{host}]" if ":" in host else host
    # Nothing may stand beside host and port: urlsplit reads "[::1].evil.com" as "::1".
    clear = parts.netloc.isascii() and parts.netloc.lower() in (shown, f"{shown}:{port}")
    if parts.scheme not in _DEFAULT_PORTS or not _is_host(host) or not clear:
        raise InvalidSetting(f"not a usable web address: {parts.scheme}://{shown[:80]}")
    return f"{parts.scheme}://{shown}" + ("" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}")


def host_of(url: str) -> str:
    """Return host and port as written in an origin: lower case, no default port; raise as ``origin_of`` does."""
    return origin_of(url).partition("://")[2]


def redact(url: str) -> str:
    """Return the URL without user info, query and fragment, fit for a message or a log."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def without_secrets(link: str) -> str:
    """Return a link or id without user info, fragment and whatever a query holds beyond naming the file."""
    if not link.lower().startswith(("http://", "https://")):
        return link.partition("?")[0]
    parts = urlsplit(link)
    kept = [(key, value) for key, value in parse_qsl(parts.query) if key.lower() in _NAMES_A_FILE.split()]
    return urlunsplit(
        (parts.scheme, parts.netloc.rpartition("@")[2], parts.path, urlencode(kept, safe="/:"), "")
    )


def is_public(address: str) -> bool:
    """Tell whether an IP address belongs to the public internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if ip.version == 6 and ip not in _PUBLIC_IPV6:
        return False
    return ip.is_global and not ip.is_multicast and not any(ip in net for net in _NOT_PUBLIC)


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
        return scheme == "https" and is_listed(host, self.hosts)


def is_listed(host: str, names: frozenset[str]) -> bool:
    """Tell whether a host, in lower case, is one of these names, of which ``*.suffix`` means every one below it."""
    above = {f"*.{host[i + 1 :]}" for i, char in enumerate(host) if char == "."}
    return host in names or not above.isdisjoint(names)


def _is_host(host: str) -> bool:
    # Of an address only the canonical spelling is accepted, and an IPv4 address is not written as IPv6.
    if ":" in host:
        try:
            ip = ipaddress.IPv6Address(host)
        except ValueError:
            return False
        return ip.compressed == host and ip.ipv4_mapped is None and "%" not in host
    # A last label of digits (or 0x…) makes it an address.
    if re.fullmatch(r"\d+|0x[0-9a-f]*", host.rpartition(".")[2]):
        try:
            return str(ipaddress.IPv4Address(host)) == host
        except ValueError:
            return False
    return _HOST_NAME.fullmatch(host) is not None
