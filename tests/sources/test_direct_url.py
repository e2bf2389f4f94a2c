"""Plain links: to hosts that the owner listed, and to all the others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelget.errors import SourceUnavailable
from modelget.settings import Settings
from modelget.types import Evidence

from .conftest import settings_for


@pytest.fixture
def settings(site) -> Settings:
    return Settings(allow_hosts=(site.origin,))


@pytest.fixture
def ask(asks, settings):
    return asks("direct_url", settings)


def test_a_listed_link_gives_name_and_size(ask, site) -> None:
    url = site.says("/files/two%20words.safetensors", 206, b"x", Content_Range="bytes 0-0/123")
    candidate = ask.one(url)
    assert (candidate.id, candidate.url) == (url, url)
    assert candidate.name == "two words.safetensors"
    assert candidate.size == 123
    assert candidate.evidence is Evidence.DECLARED_URL
    assert (candidate.digest, candidate.barrier) == (None, None)
    (method, _path, headers) = site.requests[0]
    assert (method, headers["Range"]) == ("GET", "bytes=0-0")
    assert "Authorization" not in headers


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="model.safetensors"', "model.safetensors"),
        ("attachment; filename=model.safetensors", "model.safetensors"),
        ("attachment; filename*=UTF-8''two%20words.safetensors", "two words.safetensors"),
        ("attachment; filename*=UTF-8''mod%C3%A8le.safetensors", "mod\u00e8le.safetensors"),
        ('attachment; filename="a;b.safetensors"; size=5', "a;b.safetensors"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="..\\..\\x.safetensors"', "x.safetensors"),
        ("attachment; filename*=no-such-charset''x%FF", "x\u00ff"),
        ('attachment; filename=""', "from-path.pt"),
        ("attachment", "from-path.pt"),
        (";;;=;filename", "from-path.pt"),
        ("", "from-path.pt"),
    ],
)
def test_the_name_is_the_servers_or_the_last_of_the_path(ask, site, disposition, name) -> None:
    url = site.says("/a/from-path.pt", 206, b"x", Content_Disposition=disposition)
    assert ask.one(url).name == name


def test_a_link_without_any_name_has_the_one_that_is_wanted(ask, site) -> None:
    assert ask.one(site.says("/", 206, b"x"), name="wanted.pt").name == "wanted.pt"


def test_a_server_without_ranges_tells_the_size_by_the_length(ask, site) -> None:
    assert ask.one(site.says("/x.pt", 200, b"12345")).size == 5
    assert ask.one(site.says("/y.pt", 206, b"x", Content_Range="bytes 0-0/*")).size is None


def test_scheme_and_host_may_be_written_in_capitals(ask, site) -> None:
    url = site.says("/x.pt", 206, b"x", Content_Range="bytes 0-0/5")
    assert ask.one(url.replace("http://", "HTTP://")).size == 5


@pytest.mark.parametrize(
    "url",
    [
        "https://files.example/x.safetensors",
        "http://files.example/x.safetensors",
        "https://files.example:8443/x.safetensors",
        "http://192.168.0.5/x.safetensors",
        "https://gitlab.com/o/r/-/raw/main/x.pth",
        "https://storage.googleapis.com/x.pth",  # other places redirect there, and it keeps everybody's files
    ],
)
def test_an_unlisted_link_says_how_to_list_it_and_is_not_contacted(ask, contacted, url) -> None:
    candidate = ask.one(url)
    origin = url.rpartition("/x.")[0].split("/o/")[0]
    assert candidate.barrier.kind == "host"
    assert f"add {origin} to MODELGET_ALLOW_HOSTS" in candidate.barrier.hint
    assert candidate.name.startswith("x.")
    assert contacted == set()


def test_another_port_of_a_listed_host_is_another_place(ask, site) -> None:
    host = site.origin.rpartition(":")[0]
    assert ask.one(f"{host}:9/x.safetensors").barrier.kind == "host"
    assert ask.one(site.origin.replace("http:", "https:") + "/x.pt").barrier.kind == "host"


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_gone_is_nothing(ask, site, status) -> None:
    assert ask(site.says("/x.pt", status)) == []


@pytest.mark.parametrize(("status", "kind"), [(401, "login"), (403, "login"), (451, "region")])
def test_a_refusal_is_a_barrier_without_the_query(ask, site, status, kind) -> None:
    candidate = ask.one(site.says("/x.pt", status) + "?signature=secret")
    assert candidate.barrier.kind == kind
    assert str(status) in candidate.barrier.message
    assert "secret" not in candidate.barrier.message


@pytest.mark.parametrize("status", [400, 500, 503])
def test_a_server_in_trouble_is_a_failure(ask, site, status) -> None:
    url = site.says("/x.pt", status, Retry_After="7") + "?signature=secret"
    with pytest.raises(SourceUnavailable) as caught:
        ask(url)
    assert (caught.value.kind, caught.value.retry_after) == ("unavailable", 7)
    assert "secret" not in str(caught.value)


def test_too_many_questions_are_a_failure_with_the_wait(ask, site) -> None:
    with pytest.raises(SourceUnavailable) as caught:
        ask(site.says("/x.pt", 429, Retry_After="7"))
    assert (caught.value.kind, caught.value.retry_after) == ("rate-limited", 7)


def test_a_closed_port_is_a_failure(asks, closed_port) -> None:
    with pytest.raises(SourceUnavailable):
        asks("direct_url", Settings(allow_hosts=(closed_port,)))(f"{closed_port}/x.pt")


@pytest.mark.parametrize(
    "target", ["https://evil.example/x?token=secret", "ftp://evil.example/x", "http://["]
)
def test_a_redirect_off_the_list_is_a_barrier(ask, site, contacted, target) -> None:
    candidate = ask.one(site.says("/x.pt", 302, Location=target))
    assert candidate.barrier.kind == "host"
    assert candidate.barrier.hint
    assert "secret" not in repr(candidate.barrier)
    assert {f"http://{host}:{port}" for host, port in contacted} == {site.origin}


def test_a_redirect_within_the_list_is_followed(ask, site) -> None:
    site.says("/there.pt", 206, b"x", Content_Range="bytes 0-0/5")
    candidate = ask.one(site.says("/here.pt", 302, Location="/there.pt"))
    assert (candidate.size, candidate.url) == (5, f"{site.origin}/here.pt")


@pytest.mark.parametrize(
    "url",
    [
        "https://huggingface.co/o/r/resolve/main/x.safetensors",
        "http://huggingface.co/o/r/resolve/main/x.safetensors",
        "https://hf-mirror.com/o/r/resolve/main/x.safetensors",
        "https://huggingface.co/o/r",
        "https://civitai.com/models/1",
        "http://civitai.red/models/1",
        "https://github.com/o/r/releases/download/v1/x.pth",
        "civitai:1",
        "hf:o/r/x",
    ],
)
def test_known_sites_are_left_to_their_own_source(ask, contacted, url) -> None:
    assert ask(url) == []
    assert contacted == set()


def test_endpoints_are_left_to_their_own_source_even_when_the_owner_lists_them(asks, hub_with) -> None:
    hub = hub_with()
    ask = asks("direct_url", settings_for(hub, allow_hosts=(hub.endpoint,)))
    assert ask(hub.url("o/r", "x.safetensors"), hub.civitai_url(5)) == []
    assert hub.requests == []


def test_where_another_place_is_asked_links_are_left_to_that_place(asks, site) -> None:
    mirrored = Settings(endpoints={"github": site.origin}, allow_hosts=(site.origin,))
    assert asks("direct_url", mirrored)(site.says("/x.pt", 206, b"x")) == []
    assert site.requests == []


@pytest.mark.parametrize(
    "url", ["http://[", "https://", "https://user:pw@files.example/x", "https://files.example/a b"]
)
@pytest.mark.parametrize("name", ["wanted.pt", ""])
def test_a_malformed_link_is_a_barrier(ask, contacted, url, name) -> None:
    candidate = ask.one(url, name=name)
    assert candidate.barrier.kind == "host"
    assert candidate.barrier.hint == "Correct the link."
    assert candidate.name
    assert contacted == set()


def test_offline_a_listed_link_is_taken_as_it_is(asks, settings, site, contacted) -> None:
    ask = asks("direct_url", replace(settings, offline=True))
    candidate = ask.one(f"{site.origin}/x.pt")
    assert (candidate.name, candidate.size, candidate.barrier) == ("x.pt", None, None)
    assert ask.one("https://files.example/x.pt").barrier.kind == "host"
    assert contacted == set()


def test_several_links_are_answered_in_their_order(ask, site) -> None:
    urls = [site.says(f"/{number}.pt", 206, b"x") for number in (2, 1)]
    assert [candidate.name for candidate in ask(*urls)] == ["2.pt", "1.pt"]
