"""The list of hosts: exact names by https, exact origins of the owner, and nothing that only looks alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.http.hostile_urls import HOSTILE_URLS
from urllib3.util import parse_url

from modelget.errors import HostNotAllowed, InvalidSetting
from modelget.hosts import HostPolicy, origin_of, redact

POLICY = HostPolicy.of(
    {"huggingface.co", "hf.co", "*.hf.co", "civitai.com"},
    ["http://127.0.0.1:9000", "http://[::1]:9001", "https://mirror.example", "http://store.lan:80/models/"],
)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://huggingface.co", "https://huggingface.co"),
        ("https://huggingface.co/o/r/resolve/main/x?download=true#top", "https://huggingface.co"),
        ("https://huggingface.co:443/x", "https://huggingface.co"),
        ("HTTPS://HuggingFace.CO/x", "https://huggingface.co"),
        ("https://huggingface.co/ünïcode/モデル", "https://huggingface.co"),
        ("https://huggingface.co?x=1", "https://huggingface.co"),
        ("https://hf.co/x", "https://hf.co"),
        ("https://cdn-lfs.hf.co/x", "https://cdn-lfs.hf.co"),
        ("https://a.b.c.hf.co/x", "https://a.b.c.hf.co"),
        ("http://127.0.0.1:9000/x", "http://127.0.0.1:9000"),
        ("http://[::1]:9001/x", "http://[::1]:9001"),
        ("https://mirror.example:443/x", "https://mirror.example"),
        ("http://store.lan/x", "http://store.lan"),
    ],
)
def test_a_listed_host_is_allowed_and_its_origin_told(url: str, origin: str) -> None:
    assert POLICY.allows(url)
    assert POLICY.check(url) == origin


def test_the_corpus_of_hostile_urls_is_large() -> None:
    assert len(HOSTILE_URLS) == len(set(HOSTILE_URLS)) >= 200


@pytest.mark.parametrize("url", HOSTILE_URLS)
def test_a_hostile_url_is_not_allowed(url: str) -> None:
    assert not POLICY.allows(url)
    with pytest.raises((HostNotAllowed, InvalidSetting)):
        POLICY.check(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://hf.co.",
        "https://subhuggingface.co",
        "https://www.huggingface.co",  # listed without "*."
        "https://api.civitai.com",
    ],
)
def test_a_name_is_listed_exactly_unless_it_has_a_star(url: str) -> None:
    assert not POLICY.allows(url)


def test_a_star_covers_what_is_below_a_name_but_not_the_name() -> None:
    policy = HostPolicy.of({"*.hf.co"}, [])
    assert policy.allows("https://x.hf.co")
    assert not policy.allows("https://hf.co")
    assert not policy.allows("https://xhf.co")


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:9000",
        "http://127.0.0.1",
        "http://127.0.0.1:9001",
        "http://localhost:9000",
        "http://mirror.example",
        "https://mirror.example:8443",
        "https://store.lan",
        "http://store.lan:8080",
    ],
)
def test_an_origin_of_the_owner_holds_for_its_scheme_its_host_and_its_port(url: str) -> None:
    assert not POLICY.allows(url)


def test_a_letter_that_becomes_a_listed_one_in_lower_case_is_not_that_letter() -> None:
    kelvin = "\u212a"
    assert kelvin.lower() == "k"
    assert not HostPolicy.of({"tok.example"}, []).allows(f"https://to{kelvin}.example/x")


def test_an_empty_list_allows_nothing() -> None:
    assert not any(HostPolicy().allows(url) for url in ("https://huggingface.co", "http://127.0.0.1"))


def test_an_unlisted_host_is_named_with_the_way_to_list_it() -> None:
    with pytest.raises(HostNotAllowed) as caught:
        POLICY.check("https://other.example:8443/private/path?token=hush")
    assert caught.value.origin == "https://other.example:8443"
    assert "MODELGET_ALLOW_HOSTS" in caught.value.hint
    assert "private" not in str(caught.value) + caught.value.hint


def test_a_refused_address_does_not_show_its_password() -> None:
    with pytest.raises(InvalidSetting) as caught:
        origin_of("https://joe:hunter2@huggingface.co/x")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://h.example/a/b?token=hush", "https://h.example/a/b"),
        ("https://h.example/a#token=hush", "https://h.example/a"),
        ("https://joe:hunter2@h.example:8443/a", "https://h.example:8443/a"),
        ("http://[::1]:9/a?b", "http://[::1]:9/a"),
    ],
)
def test_a_shown_address_has_neither_query_nor_password(url: str, shown: str) -> None:
    assert redact(url) == shown


_PIECES = st.sampled_from(
    [
        "huggingface.co",
        "evil.com",
        "127.0.0.1",
        "[::1]",
        "@",
        ":",
        "443",
        "/",
        "\\",
        "#",
        "?",
        ".",
        "%2e",
        "[",
        "]",
    ]
)


@given(st.lists(_PIECES | st.characters(), max_size=8).map("".join))
def test_the_parser_that_connects_sees_the_host_that_was_checked(rest: str) -> None:
    url = f"https://{rest}"
    try:
        origin = origin_of(url)
    except InvalidSetting:
        return
    seen = parse_url(url)
    port = "" if seen.port in (None, 443) else f":{seen.port}"
    assert f"{seen.scheme}://{seen.host}{port}" == origin
