"""Requests that follow redirects themselves, so that the host list and the credentials hold on every hop."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator, Mapping
from http.cookiejar import DefaultCookiePolicy
from threading import Lock
from typing import Any
from urllib.parse import urljoin

import requests
from requests.utils import get_environ_proxies, select_proxy
from urllib3.exceptions import HTTPError, LocationValueError, NewConnectionError

from .. import __version__
from ..errors import HostNotAllowed, InvalidSetting, SourceUnavailable
from ..hosts import HostPolicy, origin_of, redact
from ..settings import Secret
from .budget import HostBudget
from .dial import dialler, tls_context, tunneller
from .ranges import RangePlace
from .reply import Reply
from .transport import GuardedAdapter
from .waiting import LONGEST_WAIT, RETRIED_STATUSES, Clock, backoff, is_rate_limit, retry_after

# Civitai answers anything that looks like a browser, or like a bare library, with a web page.
USER_AGENT = f"Modelget/{__version__} (+https://github.com/modelget/modelget)"

_MAX_HOPS = 5
_TIMEOUT = (10.0, 30.0)  # seconds to connect, and without a byte
_DOCUMENT_TRIES = 4
_LONGEST_DOCUMENT_WAIT = 20.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Our own URL is checked before, so what cannot be parsed is the proxy's; its text may hold a password.
_PROXY_ERRORS = (
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    LocationValueError,
)


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Know of no redirect: requests would read its body to the end and parse its target, only to offer it."""


class Http:
    """A client that contacts only allowed hosts and sends a token only to its own origin."""

    def __init__(
        self,
        policy: HostPolicy,
        credentials: Mapping[str, Secret] | None = None,
        *,
        offline: bool = False,
        clock: Clock | None = None,
        connections_per_host: int = 16,
    ) -> None:
        self.policy, self.offline, self.clock = policy, offline, clock or Clock()
        self._credentials = dict(credentials or {})
        self._session = _Session()
        # Off: .netrc would add credentials we did not choose. Proxies are taken from the environment below.
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._adapter = GuardedAdapter(policy, connections_per_host)
        self._session.mount("https://", self._adapter)
        self._session.mount("http://", self._adapter)
        self._connections_per_host = connections_per_host
        self._budgets: dict[str, HostBudget] = {}
        self._contexts: dict[str | None, ssl.SSLContext] = {}
        self._refused_tokens: set[str] = set()
        self._lock = Lock()

    def close(self) -> None:
        """Close all idle connections."""
        self._session.close()

    def open(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        json: Any = None,
    ) -> Reply:
        """Send one request, follow redirects, and return whatever the last server answered.

        Raises:
            HostNotAllowed: the URL or a redirect leads off the list of hosts.
            SourceUnavailable: no answer, too many redirects, or the client is offline.
        """
        credential = self._credentials.get(self.policy.check(url))
        reply = self._follow(method, url, headers or {}, json, credential)
        if reply.status == 401 and credential is not None:
            # A stale token must not hide a public file, nor what the server says of a file that is not public.
            anonymous = self._follow(method, url, headers or {}, json, None)
            if anonymous.status < 500 and anonymous.status not in (401, 429):
                self.note_refused_token(url)
                reply.close()
                return anonymous
            anonymous.close()
        return reply

    def note_refused_token(self, url: str) -> None:
        """Remember that the URL's origin does not know our token, as it said or as it answers without one."""
        self._refused_tokens.add(origin_of(url))

    def has_refused_token(self, url: str) -> bool:
        """Tell whether the URL's origin is known not to accept our token."""
        return origin_of(url) in self._refused_tokens

    def budget(self, url: str) -> HostBudget:
        """Return the connections that all fetches from the URL's host share."""
        with self._lock:
            fresh = HostBudget(self._connections_per_host, self.clock)
            return self._budgets.setdefault(origin_of(url), fresh)

    def place_of(self, reply: Reply) -> RangePlace | None:
        """Return where an answer came from, to ask there for ranges; None where only ``open`` can lead.

        That is so behind a proxy that is not a plain HTTP one, or that is to forward plain HTTP, and where
        an answer's end is not known from its head.
        """
        if not reply.is_framed:
            return None
        url, is_tls = reply.url, reply.url.startswith("https:")
        proxy = select_proxy(url, get_environ_proxies(url, no_proxy=None))
        tls = self._tls_context() if is_tls else None
        if not proxy:
            dial = dialler(url, self.policy, tls, _TIMEOUT)
        elif tls and proxy.startswith("http:"):
            dial = tunneller(url, proxy, self._adapter.proxy_headers(proxy), tls, _TIMEOUT)
        else:
            return None
        target, headers = reply.asked
        return RangePlace(url, target, headers, dial, _TIMEOUT[1])

    def get_json(self, url: str, *, json: Any = None) -> Any:
        """Return a JSON document, or None when the server says there is none (404).

        Sends ``json`` by POST when given. Waits and asks again on 429 and 5xx.

        Raises:
            SourceUnavailable: no usable answer; ``retry_after`` holds the wait a server asked for.
        """
        return self._document(url, json)[0]

    def get_pages(self, url: str) -> Iterator[Any]:
        """Yield the JSON documents of a list in pages, each of which names the next one in a ``Link`` header.

        Yields None, as ``get_json`` returns it, for a page that is not there. All pages come from one origin.

        Raises:
            SourceUnavailable: as ``get_json``, or the next page is said to be somewhere else.
        """
        following: str | None = url
        while following:
            document, target = self._document(following, None)
            yield document
            following = _following(following, target) if target else None

    def _document(self, url: str, json: Any) -> tuple[Any, str | None]:
        """Return a document, and the address of the next page if there is one."""
        for attempt in range(_DOCUMENT_TRIES):
            last = attempt == _DOCUMENT_TRIES - 1
            try:
                reply = self.open(url, method="GET" if json is None else "POST", json=json)
            except SourceUnavailable:
                if last or self.offline:
                    raise
                self.clock.sleep(backoff(attempt, longest=4.0))
                continue
            with reply:
                if reply.status == 404:
                    return None, None
                if reply.status < 400:
                    return reply.json(), _next_page(reply)
                wait = retry_after(reply.headers, self.clock.wall())
                if last or reply.status not in RETRIED_STATUSES or (wait or 0) > _LONGEST_DOCUMENT_WAIT:
                    raise refusal(reply, wait)
            self.clock.sleep(backoff(attempt, longest=4.0) if wait is None else wait)
        raise AssertionError("unreachable")

    def _follow(
        self, method: str, url: str, headers: Mapping[str, str], json: Any, credential: Secret | None
    ) -> Reply:
        start = self.policy.check(url)
        chain = [redact(url)]
        for _hop in range(_MAX_HOPS + 1):
            if self.policy.check(url) != start:
                credential = None  # and it stays away, even if a later hop comes back
            reply = self._send(method, url, headers, json, credential)
            target = reply.headers.get("Location")
            if reply.status not in _REDIRECTS or not target:
                return reply
            reply.finish()
            url = _next(url, target)
            method, json = ("GET", None) if reply.status == 303 and method != "HEAD" else (method, json)
            chain.append(redact(url))
        raise SourceUnavailable(f"too many redirects: {' -> '.join(chain)}")

    def _send(
        self, method: str, url: str, headers: Mapping[str, str], json: Any, credential: Secret | None
    ) -> Reply:
        if self.offline:
            raise SourceUnavailable("offline: the network may not be used", kind="offline")
        sent = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **headers}
        if credential is not None:
            sent.update(credential.headers)
        try:
            response = self._session.request(
                method,
                url,
                headers=sent,
                json=json,
                stream=True,
                allow_redirects=False,
                timeout=_TIMEOUT,
                proxies=get_environ_proxies(url, no_proxy=None),
                verify=_bundle() or True,
            )
        except (requests.RequestException, HTTPError, OSError) as error:
            # Not chained: a traceback would show the signed query, or the proxy's password.
            raise SourceUnavailable(f"{redact(url)}: {_reason(error)}") from None
        return Reply(response)

    def _tls_context(self) -> ssl.SSLContext:
        """Make the context once: reading the authorities takes longer than a handshake."""
        bundle = _bundle()
        with self._lock:
            if bundle not in self._contexts:
                self._contexts[bundle] = tls_context(bundle)
            return self._contexts[bundle]


def _bundle() -> str | None:
    """Return the owner's own authorities, None for those that come with certifi."""
    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or None


def _next_page(reply: Reply) -> str | None:
    """Return what a ``Link: <…>; rel="next"`` header names (RFC 8288)."""
    links = requests.utils.parse_header_links(reply.headers.get("Link", ""))
    return next((link["url"] for link in links if link.get("rel") == "next" and link.get("url")), None)


def _following(url: str, target: str) -> str:
    """Return the address of the next page; raise SourceUnavailable when it is not at the same origin."""
    try:
        following = urljoin(url, target)
        if origin_of(following) == origin_of(url):
            return following
    except (ValueError, InvalidSetting):
        pass
    raise SourceUnavailable(f"{redact(url)}: the next page is said to be somewhere else")


def _next(url: str, location: str) -> str:
    """Return the address that a redirect names.

    Raises HostNotAllowed when it is no web address, or leads from https to plain http.
    """
    try:
        # Headers arrive as Latin-1; servers that do not escape a path send UTF-8.
        target = urljoin(url, location.encode("latin-1").decode("utf-8", "replace"))
        shown = origin_of(target)
    except (ValueError, InvalidSetting):
        target, shown = "", repr(location.partition("?")[0][:80])
    if shown.startswith("https:" if origin_of(url).startswith("https:") else "http"):
        return target
    refused = HostNotAllowed(shown)
    refused.hint = "The server redirects to an address that no setting allows; find the file elsewhere."
    raise refused


def refusal(reply: Reply, wait: float | None) -> SourceUnavailable:
    """Say that a server refused, with its own wait when it named one."""
    kind = "rate-limited" if is_rate_limit(reply.status, reply.headers) else "unavailable"
    capped = None if wait is None else min(wait, LONGEST_WAIT)
    return SourceUnavailable(f"{redact(reply.url)}: HTTP {reply.status}", kind, capped, reply.status)


def _reason(error: Exception) -> str:
    """Say why a connection failed in words, without the URL's query that libraries quote."""
    if isinstance(error, requests.exceptions.SSLError):
        return "the server's certificate is not trusted (behind a company proxy, set REQUESTS_CA_BUNDLE)"
    if isinstance(error, _PROXY_ERRORS):
        return "the proxy could not be used (see HTTPS_PROXY; socks5:// needs the package PySocks)"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    inner = getattr(error, "args", [None])[0]
    reason = getattr(inner, "reason", inner)
    text = str(reason)
    if isinstance(reason, NewConnectionError):
        text = text.partition(": ")[2]  # what stands before names the connection object
    return f"could not connect ({text[:300]})"
