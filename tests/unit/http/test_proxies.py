"""Proxies of the environment are used, and their passwords stay where they are."""

from __future__ import annotations

import traceback
from base64 import b64encode
from collections.abc import Callable

import pytest
from unit.http.sites import Internet, Say, Site

from modelget.errors import HostNotAllowed, SourceUnavailable
from modelget.http import Http

Serve = Callable[..., Site]
Client = Callable[..., Http]


def test_plain_http_goes_through_http_proxy_with_the_whole_address(
    serve: Serve, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(Say(body=b"{}"))
    monkeypatch.setenv("HTTP_PROXY", proxy.origin)
    assert client("http://models.example").get_json("http://models.example/x") == {}
    assert [(seen.method, seen.path) for seen in proxy.seen] == [("GET", "http://models.example/x")]


def connects(proxy: Site) -> list[str]:
    """Return what a proxy was asked to connect to; it refuses, which is enough to know."""
    return [seen.path for seen in proxy.seen if seen.method == "CONNECT"]


@pytest.fixture
def proxy(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> Site:
    site = serve(Say(403))
    monkeypatch.setenv("HTTPS_PROXY", site.origin)
    return site


def test_https_asks_the_proxy_for_a_tunnel_and_leaves_the_name_to_it(
    proxy: Site, client: Client, internet: Internet
) -> None:
    with pytest.raises(SourceUnavailable, match="proxy"):
        client(hosts=("hub.example",)).open("https://hub.example/x")
    assert connects(proxy) == ["hub.example:443"]
    assert internet.asked == []


def test_the_host_list_holds_behind_a_proxy_too(proxy: Site, client: Client) -> None:
    with pytest.raises(HostNotAllowed):
        client(hosts=("hub.example",)).open("https://evil.example/x")
    assert proxy.seen == []


@pytest.mark.parametrize("exception", ["127.0.0.1", "*", "localhost,127.0.0.1", "127.0.0.0/8"])
def test_no_proxy_is_honoured(
    exception: str, serve: Serve, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, site = serve(Say(502)), serve(Say(body=b"{}"))
    monkeypatch.setenv("HTTP_PROXY", proxy.origin)
    monkeypatch.setenv("NO_PROXY", exception)
    assert client(site).get_json(f"{site.origin}/x") == {}
    assert proxy.connections == 0


def test_a_host_without_exception_is_not_reached_past_the_proxy(
    serve: Serve, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, site = serve(Say(body=b"{}")), serve(Say())
    monkeypatch.setenv("HTTP_PROXY", proxy.origin)
    monkeypatch.setenv("NO_PROXY", "other.example")
    client(site).get_json(f"{site.origin}/x")
    assert (proxy.connections, site.connections) == (1, 0)


def test_the_proxy_gets_its_password_and_nobody_else(
    serve: Serve, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(Say(body=b"{}"))
    monkeypatch.setenv("HTTP_PROXY", proxy.origin.replace("://", "://joe:hunter2@"))
    client("http://models.example").get_json("http://models.example/x")
    told = f"Basic {b64encode(b'joe:hunter2').decode()}"
    assert proxy.seen[0].headers["Proxy-Authorization"] == told
    assert proxy.seen[0].authorization is None


@pytest.mark.parametrize(
    "address",
    [
        "http://joe:hunter2@127.0.0.1:1",
        "http://joe:hunter2@proxy:no-port",
        "http://joe:hunter2@proxy:99999",
        "http://joe:hunter2@no-such-proxy.invalid:3128",
        "socks5://joe:hunter2@127.0.0.1:1080",
        "weird://joe:hunter2@127.0.0.1:1",
        "https://joe:hunter2@127.0.0.1:1",
        "joe:hunter2@127.0.0.1:1",
        "http://",
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_by_its_variable_and_its_password_never(
    address: str, client: Client, internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    with pytest.raises(SourceUnavailable, match="HTTPS_PROXY") as caught:
        client(hosts=("hub.example",)).open("https://hub.example/x?signature=hush")
    told = "".join(traceback.format_exception_only(caught.value)) + repr(caught.value)
    assert not any(secret in told for secret in ("hunter2", "hush"))
    assert caught.value.__suppress_context__  # so no traceback shows what the libraries quote
    assert caught.value.__cause__ is None
