"""Redirects are followed by our own loop, hop by hop, under the rules of the host list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from unit.http.sites import CERTIFICATES, Internet, Say, Site, by_path, redirect

from modelget.errors import HostNotAllowed, SourceUnavailable
from modelget.http import Http

Serve = Callable[..., Site]
Client = Callable[..., Http]


def paths(site: Site) -> list[str]:
    return [seen.path for seen in site.seen]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_every_kind_of_redirect_is_followed(status: int, serve: Serve, client: Client) -> None:
    site = serve(by_path({"/a": redirect("/b", status), "/b": Say(body=b"here")}))
    with client(site).open(f"{site.origin}/a") as reply:
        assert reply.read() == b"here"
    assert reply.url == f"{site.origin}/b"


@pytest.mark.parametrize(
    ("location", "arrives"),
    [
        ("/c/d", "/c/d"),
        ("d", "/a/d"),
        ("../d", "/d"),
        ("?q=1", "/a/b?q=1"),
        ("d?q=1#part", "/a/d?q=1"),
        ("d e", None),
        ("/caf\xc3\xa9", "/caf%C3%A9"),
        ("/caf%C3%A9", "/caf%C3%A9"),
    ],
)
def test_a_relative_location_is_read_against_the_address_that_sent_it(
    location: str, arrives: str | None, serve: Serve, client: Client
) -> None:
    site = serve(lambda seen: redirect(location) if seen.path == "/a/b" else Say())
    if arrives is None:
        with pytest.raises(HostNotAllowed):
            client(site).open(f"{site.origin}/a/b")
        return
    client(site).open(f"{site.origin}/a/b").close()
    assert paths(site) == ["/a/b", arrives]


def test_a_location_without_scheme_keeps_the_scheme(serve: Serve, client: Client) -> None:
    site = serve(by_path({"/a": redirect("//127.0.0.1:{port}/b"), "/b": Say()}))
    site.answering = by_path({"/a": redirect(f"//127.0.0.1:{site.port}/b"), "/b": Say()})
    with client(site).open(f"{site.origin}/a") as reply:
        assert (reply.status, reply.url) == (200, f"{site.origin}/b")


def test_a_scheme_in_capitals_is_the_same_scheme(serve: Serve, client: Client) -> None:
    site = serve(Say())
    site.answering = by_path({"/a": redirect(f"HTTP://127.0.0.1:{site.port}/b"), "/b": Say()})
    with client(site).open(f"{site.origin}/a") as reply:
        assert reply.status == 200


@pytest.mark.parametrize(
    "long", [Say(302, {"Location": "/b"}, b"x" * 2**15), Say(302, {"Location": "/b"}, b"x", 10**12)]
)
def test_a_long_body_of_a_redirect_is_not_read(long: Say, serve: Serve, client: Client) -> None:
    """It may be endless."""
    site = serve(by_path({"/a": long, "/b": Say(body=b"here")}))
    with client(site).open(f"{site.origin}/a") as reply:
        assert reply.read() == b"here"
    assert site.connections == 2


def test_a_redirect_with_a_short_body_leaves_the_connection_open_for_the_next_hop(
    serve: Serve, client: Client
) -> None:
    site = serve(by_path({"/a": Say(302, {"Location": "/b"}, b"Found. Redirecting to /b"), "/b": Say()}))
    client(site).open(f"{site.origin}/a").close()
    assert (len(site.seen), site.connections) == (2, 1)


@pytest.mark.parametrize("location", ["//", "http://", "http:", "#"])
def test_a_location_that_leads_nowhere_else_is_a_loop(location: str, serve: Serve, client: Client) -> None:
    site = serve(redirect(location))
    with pytest.raises(SourceUnavailable, match="too many redirects"):
        client(site).open(f"{site.origin}/a")


def chain(hops: int) -> Callable[..., Say]:
    def answer(seen: Any) -> Say:
        at = int(seen.path.partition("?")[0].strip("/"))
        return redirect(f"/{at + 1}?signature=hush") if at < hops else Say(body=b"end")

    return answer


def test_five_hops_are_followed(serve: Serve, client: Client) -> None:
    site = serve(chain(5))
    with client(site).open(f"{site.origin}/0") as reply:
        assert reply.read() == b"end"
    assert len(site.seen) == 6


def test_the_sixth_hop_is_not_taken_and_the_message_shows_the_way_without_queries(
    serve: Serve, client: Client
) -> None:
    site = serve(chain(6))
    with pytest.raises(SourceUnavailable, match="too many redirects") as caught:
        client(site).open(f"{site.origin}/0?signature=hush")
    assert len(site.seen) == 6
    assert f"{site.origin}/0 -> {site.origin}/1" in str(caught.value)
    assert "hush" not in str(caught.value)


def test_a_loop_ends_after_five_hops(serve: Serve, client: Client) -> None:
    site = serve(redirect("/again"))
    with pytest.raises(SourceUnavailable, match="too many redirects"):
        client(site).open(f"{site.origin}/again")
    assert len(site.seen) == 6


@pytest.mark.parametrize("headers", [{}, {"Location": ""}])
def test_a_redirect_that_names_no_place_is_returned_as_it_is(
    headers: dict[str, str], serve: Serve, client: Client
) -> None:
    site = serve(Say(302, headers, b"moved"))
    with client(site).open(f"{site.origin}/a") as reply:
        assert (reply.status, reply.read()) == (302, b"moved")


@pytest.mark.parametrize("status", [300, 304])
def test_an_answer_that_is_no_redirect_is_not_followed(status: int, serve: Serve, client: Client) -> None:
    site = serve(redirect("/b", status))
    with client(site).open(f"{site.origin}/a") as reply:
        assert reply.status == status
    assert paths(site) == ["/a"]


@pytest.mark.parametrize(
    "other", ["http://localhost:{port}/x", "http://127.0.0.1:1/x", "https://evil.example/x"]
)
@pytest.mark.parametrize("status", [302, 307])
def test_a_redirect_off_the_list_is_refused(status: int, other: str, serve: Serve, client: Client) -> None:
    site = serve(Say())
    target = other.format(port=site.port)
    site.answering = lambda _seen: redirect(target, status)
    with pytest.raises(HostNotAllowed) as caught:
        client(site).open(f"{site.origin}/a")
    assert caught.value.origin == target.removesuffix("/x")
    assert caught.value.origin in caught.value.hint
    assert site.connections == 1


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "data:text/plain,x",
        "javascript:alert(1)",
        "http://[",
        "http://[::1",
        "http://\\127.0.0.1/",
        "http://127.0.0.1:99999/",
        "http://127.1/",
        "http://2130706433/",
        "http://user:secret@127.0.0.1/",
        "http://127.0.0.1\x85.example/",
        "https:\\\\127.0.0.1\\",
    ],
)
def test_a_location_that_is_no_plain_web_address_is_refused_like_an_unlisted_host(
    location: str, serve: Serve, client: Client
) -> None:
    site = serve(redirect(location))
    with pytest.raises(HostNotAllowed) as caught:
        client(site).open(f"{site.origin}/a")
    assert len(site.seen) == 1
    assert "MODELGET_ALLOW_HOSTS" not in caught.value.hint


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATES / "ca.pem"))


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("start", ["https://hub.example/a", "HTTPS://Hub.Example/a"])
def test_no_redirect_leads_from_https_to_plain_http_not_even_to_a_listed_origin(
    start: str, serve: Serve, client: Client, internet: Internet
) -> None:
    plain = serve(Say(body=b"plain"))
    secure = serve(redirect("http://hub.example/a"), certificate="server.pem")
    internet.place("hub.example", 443, secure)
    internet.place("hub.example", 80, plain)
    http = client("http://hub.example", hosts=("hub.example",))
    with pytest.raises(HostNotAllowed) as caught:
        http.open(start)
    assert (len(secure.seen), plain.connections) == (1, 0)
    assert "MODELGET_ALLOW_HOSTS" not in caught.value.hint  # listing it would not help


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("scheme", ["https", "HTTPS"])
def test_a_redirect_may_lead_from_plain_http_to_https(
    scheme: str, serve: Serve, client: Client, internet: Internet
) -> None:
    secure = serve(Say(body=b"secure"), certificate="server.pem")
    plain = serve(redirect(f"{scheme}://hub.example/a"))
    internet.place("hub.example", 443, secure)
    with client(plain, hosts=("hub.example",)).open(f"{plain.origin}/a") as reply:
        assert reply.read() == b"secure"


def test_303_turns_a_post_into_a_get_without_body(serve: Serve, client: Client) -> None:
    site = serve(by_path({"/a": redirect("/b", 303), "/b": Say(body=b"{}")}))
    assert client(site).get_json(f"{site.origin}/a", json={"hash": "x"}) == {}
    assert [(seen.method, seen.body) for seen in site.seen] == [("POST", b'{"hash": "x"}'), ("GET", b"")]


@pytest.mark.parametrize("status", [307, 308])
def test_307_and_308_keep_a_post_and_its_body(status: int, serve: Serve, client: Client) -> None:
    site = serve(by_path({"/a": redirect("/b", status), "/b": Say(body=b"{}")}))
    assert client(site).get_json(f"{site.origin}/a", json={"hash": "x"}) == {}
    assert [(seen.method, seen.body) for seen in site.seen] == [("POST", b'{"hash": "x"}')] * 2


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_head_request_stays_one(status: int, serve: Serve, client: Client) -> None:
    site = serve(by_path({"/a": redirect("/b", status), "/b": Say(body=b"big")}))
    client(site).open(f"{site.origin}/a", method="HEAD").close()
    assert [seen.method for seen in site.seen] == ["HEAD", "HEAD"]


def test_a_range_goes_along_to_where_the_file_is(serve: Serve, client: Client) -> None:
    site = serve(by_path({"/a": redirect("/b"), "/b": Say(206, body=b"c")}))
    client(site).open(f"{site.origin}/a", headers={"Range": "bytes=2-"}).close()
    assert [seen.headers["Range"] for seen in site.seen] == ["bytes=2-", "bytes=2-"]
