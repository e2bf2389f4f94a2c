"""No byte reaches this machine or its neighbours, whatever a URL, a resolver or a redirect says."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from unit.http.hostile_urls import HOSTILE_URLS
from unit.http.sites import CERTIFICATES, Internet, Say, Site, forget_environment, redirect

from modelget.errors import HostNotAllowed, InvalidSetting, SourceUnavailable
from modelget.hosts import HostPolicy, is_public, origin_of
from modelget.http import Http

PRIVATE = [
    *("127.0.0.1", "127.0.0.2", "127.1.2.3", "127.255.255.255", "::1"),  # this machine
    *("0.0.0.0", "0.1.2.3", "::"),  # noqa: S104 - which Linux takes for this machine too
    *("169.254.0.1", "169.254.169.254", "169.254.170.2", "fe80::1", "fe80::1%eth0", "febf::1"),  # link-local
    *("10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255"),
    *("fc00::1", "fd00::1", "fd00:ec2::254", "fdff:ffff::1", "fec0::1", "feff::1"),  # the same for IPv6
    *("100.64.0.1", "100.100.100.200", "100.127.255.255"),  # a provider's own
    *("192.0.0.1", "192.0.0.170", "192.0.0.192", "168.63.129.16"),  # protocols and clouds
    *("192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"),  # documentation
    *("198.18.0.1", "198.19.255.255", "2001:2::1"),  # benchmarks, and proxies with made-up addresses
    *("224.0.0.1", "239.255.255.250", "255.255.255.255", "240.0.0.1", "ff02::1", "ff0e::1"),
    *("::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"),  # IPv4 inside
    *("::127.0.0.1", "::7f00:1", "::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8"),
    *("64:ff9b::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::808:808", "64:ff9b:1::1"),
    *("2002:7f00:1::1", "2002:a00:1::1", "2002:a9fe:a9fe::1", "2002:808:808::1", "192.88.99.1"),  # 6to4
    *("2001::1", "2001:0:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),  # Teredo
    *("2001:10::1", "100::1", "100:0:0:1::1", "5f00::1", "4000::1", "e000::1", "1::1"),  # nobody's
]
PUBLIC = [
    *("1.1.1.1", "8.8.8.8", "93.184.216.34", "104.18.0.1", "18.164.174.23", "223.255.255.254"),
    *(
        "172.15.255.255",
        "172.32.0.1",
        "100.63.255.255",
        "100.128.0.1",
        "169.253.0.1",
        "192.167.0.1",
        "11.0.0.1",
    ),
    *("::ffff:8.8.8.8", "2606:4700::6810:1", "2a00:1450:4001::1", "2600:9000:2000::1", "2620:fe::fe"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_a_public_servers_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_public(address: str) -> None:
    assert is_public(address)


SPELLINGS = [
    *("127.1", "127.0.1", "0", "1", "2130706433", "017700000001", "0x7f000001", "0x7f.1", "0x7f.0.0.1"),
    *("0177.0.0.1", "0177.1", "127.0.0.01", "127.00.0.1", "127.0.0.1.", "127.0.0.0x1", "0X7F.0.0.1"),
    *("127.0.0.256", "127.0.0.1.1", "1.2.3.4.5", "4294967296", "0x", "1.2.3.", ".1", "127.0.0.-1"),
    *("169.254.43518", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "10.1", "192.168.257"),
    *("１２７.0.0.1", "127。0.0.1", "①27.0.0.1", "१२७.0.0.1", "127%2e0.0.1", "%31%32%37.0.0.1"),  # noqa: RUF001
    *("[0:0:0:0:0:0:0:1]", "[::01]", "[0::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::FFFF:7F00:1]"),
    *(
        "[::1%lo]",
        "[::1%251]",
        "[fe80::1%25eth0]",
        "[::1]x",
        "x[::1]",
        "::1",
        "[::1",
        "::1]",
        "[]",
        "[127.0.0.1]",
    ),
    *("[2001:DB8:0:0::1]", "[v1.x]", "[::127.0.0.1]"),
]


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_address_in_another_spelling_than_the_usual_is_no_address(scheme: str, spelling: str) -> None:
    for url in (f"{scheme}://{spelling}", f"{scheme}://{spelling}:9000/x"):
        with pytest.raises(InvalidSetting):
            origin_of(url)


@pytest.mark.parametrize("host", ["127.0.0.1", "8.8.8.8", "[::1]", "[2001:db8::1]", "[fd00:ec2::254]"])
def test_an_address_in_its_usual_spelling_is_an_origin(host: str) -> None:
    assert origin_of(f"http://{host}:9000/x") == f"http://{host}:9000"


@pytest.fixture(autouse=True)
def _trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Certificates prove the names in these tests: what stops a connection is the guard alone."""
    forget_environment(monkeypatch)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATES / "ca.pem"))


@pytest.fixture
def serve() -> Iterator[Callable[..., Site]]:
    with ExitStack() as stack:
        yield lambda *given, **named: stack.enter_context(Site(*given, **named))


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Internet:
    return Internet(monkeypatch)


@pytest.fixture
def canary(serve: Callable[..., Site], internet: Internet) -> Site:
    """What must not be reached: it answers at every private address, and would be believed."""
    site = serve(Say(body=b"the crown jewels"), certificate="server.pem")
    for address in PRIVATE:
        for port in (80, 443, 8443):
            internet.route(address, port, site)
    return site


def listed(*origins: str) -> Http:
    return Http(HostPolicy.of({"hub.example", "*.hub.example"}, origins))


def test_a_hostile_url_causes_no_look_up_and_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[object] = []

    def note(*given: object, **_named: object) -> None:
        used.append(given)
        raise OSError("the network was used")

    for name in ("getaddrinfo", "gethostbyname", "create_connection", "socket"):
        monkeypatch.setattr(socket, name, note)
    http = Http(
        HostPolicy.of({"huggingface.co", "hf.co", "*.hf.co", "civitai.com"}, ["http://127.0.0.1:9000"])
    )
    for url in HOSTILE_URLS:
        with pytest.raises((HostNotAllowed, InvalidSetting)):
            http.open(url)
    assert used == []
    with pytest.raises(SourceUnavailable):
        http.open("http://127.0.0.1:9000/x")
    assert used != []  # the hook sees what it is meant to see


def test_the_client_connects_to_the_address_it_checked(
    serve: Callable[..., Site], internet: Internet
) -> None:
    site = serve(Say(body=b"hello"), certificate="server.pem")
    internet.place("hub.example", 443, site)
    with listed().open("https://hub.example/x") as reply:
        assert reply.read() == b"hello"
    assert internet.asked == ["hub.example"]  # once: there is no second look-up to answer differently
    assert internet.connected == [("93.184.216.1", 443)]


@pytest.mark.parametrize("address", PRIVATE)
def test_a_listed_name_with_a_private_address_gets_no_byte(
    address: str, canary: Site, internet: Internet
) -> None:
    internet.resolve("hub.example", address)
    with pytest.raises(SourceUnavailable, match="private address"):
        listed().open("https://hub.example/x")
    assert (internet.connected, canary.connections) == ([], 0)


def test_private_addresses_among_public_ones_are_passed_over(
    serve: Callable[..., Site], canary: Site, internet: Internet
) -> None:
    site = serve(Say(body=b"hello"), certificate="server.pem")
    internet.resolve("hub.example", "127.0.0.1", "::1", "93.184.216.34", "169.254.169.254")
    internet.route("93.184.216.34", 443, site)
    with listed().open("https://hub.example/x") as reply:
        assert reply.read() == b"hello"
    assert canary.connections == 0


def test_a_resolver_that_changes_its_mind_leads_nowhere_private(
    serve: Callable[..., Site], canary: Site, internet: Internet
) -> None:
    site = serve(Say(200, {"Connection": "close"}, b"hello"), certificate="server.pem")
    internet.alternate("hub.example", "93.184.216.34", "127.0.0.1", "::ffff:127.0.0.1", "169.254.169.254")
    internet.route("93.184.216.34", 443, site)
    http = listed()
    outcomes = []
    for _ in range(200):
        try:
            http.open("https://hub.example/x").close()
            outcomes.append(True)
        except SourceUnavailable:
            outcomes.append(False)
    assert outcomes == [True, False, False, False] * 50
    assert canary.connections == 0
    assert {address for address, _port in internet.connected} == {"93.184.216.34"}


@pytest.mark.parametrize("hop", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "fd00:ec2::254", "::ffff:10.0.0.1"])
def test_the_guard_holds_on_every_hop_of_a_redirect(
    address: str, hop: int, serve: Callable[..., Site], canary: Site, internet: Internet
) -> None:
    def answer(seen: object) -> Say:
        at = len(site.seen)
        return redirect("https://inside.hub.example/x" if at == hop else f"/{at}")

    site = serve(answer, certificate="server.pem")
    internet.place("hub.example", 443, site)
    internet.resolve("inside.hub.example", address)
    with pytest.raises(SourceUnavailable, match="private address"):
        listed().open("https://hub.example/0")
    assert (len(site.seen), canary.connections) == (hop, 0)


@pytest.mark.parametrize("spelling", [*SPELLINGS, "127.0.0.1", "169.254.169.254", "[::1]", "[fd00:ec2::254]"])
def test_a_redirect_to_a_literal_address_is_refused(
    spelling: str, serve: Callable[..., Site], canary: Site, internet: Internet
) -> None:
    location = f"https://{spelling}/x".encode().decode("latin-1")  # as a header carries it
    site = serve(redirect(location), certificate="server.pem")
    internet.place("hub.example", 443, site)
    with pytest.raises(HostNotAllowed):
        listed().open("https://hub.example/0")
    assert (len(site.seen), canary.connections) == (1, 0)


def test_a_refusal_tells_the_owner_which_origin_to_list(canary: Site, internet: Internet) -> None:
    """Some proxies answer every name with an address of their own."""
    internet.resolve("hub.example", "198.18.0.1")
    with pytest.raises(SourceUnavailable) as caught:
        listed().open("https://hub.example/x")
    assert "add https://hub.example to MODELGET_ALLOW_HOSTS" in str(caught.value)
    with listed("https://hub.example").open("https://hub.example/x") as reply:
        assert reply.status == 200
    assert canary.connections == 1


def test_what_the_owner_listed_may_be_on_loopback(serve: Callable[..., Site]) -> None:
    site = serve(Say(body=b"mine"))
    with listed(site.origin).open(f"{site.origin}/x") as reply:
        assert reply.read() == b"mine"


def test_listing_one_origin_opens_no_other_port_scheme_or_name_of_that_machine(
    serve: Callable[..., Site], canary: Site, internet: Internet
) -> None:
    internet.resolve("hub.example", "127.0.0.1")
    http = listed("https://hub.example:8443", "http://127.0.0.1:80")
    with pytest.raises(SourceUnavailable, match="private address"):
        http.open("https://hub.example/x")
    with pytest.raises(HostNotAllowed):
        http.open("https://127.0.0.1/x")
    assert canary.connections == 0


def test_the_socket_is_guarded_even_when_a_url_was_misread(
    canary: Site, internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should two parsers ever disagree on a URL, the host that is really dialled decides."""
    http = listed()
    internet.resolve("evil.example", "93.184.216.66")
    internet.route("93.184.216.66", 443, canary)
    with monkeypatch.context() as patch:
        guard = HostPolicy.check
        patch.setattr(
            HostPolicy,
            "check",
            lambda policy, url: "https://hub.example" if url.endswith("/x") else guard(policy, url),
        )
        with pytest.raises(HostNotAllowed):
            http.open("https://evil.example/x")
    assert (internet.asked, canary.connections) == ([], 0)
