"""Who may ask our routes, decided on what cannot be faked from a web page or through a proxy.

A page of another site can make a browser on this machine send requests, and by changing what its name means (DNS
rebinding) can make them look like requests of the same site. A tunnel makes strangers look local.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from multidict import CIMultiDictProxy

from ..modelget.errors import ModelgetError

TOKEN_HEADER = "X-Modelget-Token"  # noqa: S105 - the header's name
TOKEN = secrets.token_urlsafe(32)
"""What a page must have read before it may send anything: only pages of the same origin can read our answers."""

_PROXY_HEADERS = frozenset(
    {
        "forwarded", "via", "x-real-ip", "true-client-ip", "x-client-ip", "x-cluster-client-ip", "fastly-client-ip",
        "x-original-host", "x-original-forwarded-for", "x-envoy-external-address", "x-proxyuser-ip", "x-remote-ip",
        "x-originating-ip", "x-host", "client-ip", "cdn-loop", "x-forwarded", "forwarded-for",
    }
)  # fmt: skip
_PROXY_PREFIXES = (
    "x-forwarded-",
    "cf-",
    "tailscale-",
    "ngrok-",
    "x-appengine-",
    "x-azure-",
    "x-amzn-",
    "fly-",
)
_REMOTE = (
    "Set remote = true in user/__modelget/modelget.toml (or MODELGET_REMOTE=1), then start ComfyUI again."
)

Headers = CIMultiDictProxy[str]


class Forbidden(ModelgetError):
    """The caller may not ask this; nothing was done."""

    hint = "Open ComfyUI at its own address, such as http://127.0.0.1:8188."


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, after the first look at it."""

    is_local: bool
    """From this machine, not through a proxy or a tunnel."""
    may_change: bool

    def check_change(self) -> None:
        """Raise Forbidden unless the caller may change something."""
        if not self.may_change:
            raise Forbidden("callers from other machines may look, and not change anything", _REMOTE)


def caller(peer: str | None, headers: Headers, hosts: Iterable[str], remote: bool) -> Caller:
    """Say who asks; ``peer`` is the address of the other end of the connection, ``hosts`` the names that the owner listed.

    Raises:
        Forbidden: the request may come from another site's page.
    """
    host = _one(headers, "Host") or ""
    name = _host_name(host)
    if not (_is_local_name(name) or name in hosts or _address(name)):
        hint = f'If {name[:80]!r} is this server, add it to hosts = ["…"] in user/__modelget/modelget.toml.'
        raise Forbidden(f"the host name {name[:80]!r} is not on the list", hint)
    _refuse_other_origins(headers, host)
    is_local = (
        _is_loopback(peer) and (_is_local_name(name) or name in hosts) and not _came_through_proxy(headers)
    )
    return Caller(is_local, is_local or remote)


def check_token(headers: Headers) -> None:
    """Raise Forbidden unless the request carries this run's token."""
    given = _one(headers, TOKEN_HEADER) or ""
    if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), TOKEN.encode()):
        hint = (
            "Ask GET /modelget/settings for the token of this run of the server, and send it in that header."
        )
        raise Forbidden(f"the header {TOKEN_HEADER} is missing or wrong", hint)


def _refuse_other_origins(headers: Headers, host: str) -> None:
    site = _one(headers, "Sec-Fetch-Site")
    if site not in (None, "same-origin", "none"):
        raise Forbidden("the request comes from a page of another site")
    origin = _one(headers, "Origin")
    if origin is None:
        return
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https") or parts.netloc.lower() != host.lower():
        raise Forbidden("the request comes from a page of another origin")


def _one(headers: Headers, name: str) -> str | None:
    """Return the only header of that name: of several, two readers may take different ones."""
    found = headers.getall(name, [])
    if len(found) > 1:
        raise Forbidden(f"the header {name} comes {len(found)} times")
    return found[0] if found else None


def _came_through_proxy(headers: Headers) -> bool:
    names = {name.lower() for name in headers}
    return not names.isdisjoint(_PROXY_HEADERS) or any(name.startswith(_PROXY_PREFIXES) for name in names)


def _host_name(host: str) -> str:
    """Return the name without port and brackets, empty when it is no host."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return ""
    return (parts.hostname or "").lower() if parts.netloc == host and "@" not in host else ""


def _is_local_name(name: str) -> bool:
    return name == "localhost" or _is_loopback(name)


def _is_loopback(name: str | None) -> bool:
    address = _address(name)
    mapped = getattr(address, "ipv4_mapped", None)
    return bool(address and (mapped or address).is_loopback)


def _address(name: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address that a name spells out: it means the same to everybody."""
    try:
        return ipaddress.ip_address((name or "").partition("%")[0])
    except ValueError:
        return None
