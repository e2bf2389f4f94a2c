"""Dropbox: every form of link, what is kept of it, and the pages that come instead of a file."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelget.errors import SourceUnavailable
from modelget.hub import DropboxRules
from modelget.sources.dropbox import DropboxItem, parse_reference
from modelget.types import Evidence

from .conftest import settings_for

OLD = "https://www.dropbox.com/s/k3yk3yk3y/x4.pth?dl=0"
NEW = "https://www.dropbox.com/scl/fi/n3wn3wn3w/x4.pth?rlkey=acc3ss&dl=0"
RULES = {"access": {"n3wn3wn3w": "acc3ss"}}


@pytest.fixture
def ask_hub(asks, hub_with):
    """Ask a Dropbox with these rules; gives the question and the hub."""

    def make(**rules):
        hub = hub_with(dropbox=DropboxRules(**(RULES | rules)))
        return asks("dropbox", settings_for(hub)), hub

    return make


@pytest.fixture
def ask_site(asks, hub_with, site):
    """Ask a server whose answers the test makes up."""
    return asks("dropbox", replace(settings_for(hub_with()), endpoints={"dropbox": site.origin}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (OLD, DropboxItem("s", "k3yk3yk3y", "x4.pth")),
        ("http://dropbox.com/s/k3yk3yk3y/x4.pth?raw=1", DropboxItem("s", "k3yk3yk3y", "x4.pth")),
        ("https://dl.dropboxusercontent.com/s/k3yk3yk3y/a%20b.pth", DropboxItem("s", "k3yk3yk3y", "a b.pth")),
        (NEW, DropboxItem("scl/fi", "n3wn3wn3w", "x4.pth", "acc3ss")),
        (
            "https://www.dropbox.com/scl/fi/n3wn3wn3w/x4.pth?e=1&st=token&rlkey=acc3ss&dl=1#x",
            DropboxItem("scl/fi", "n3wn3wn3w", "x4.pth", "acc3ss"),
        ),
        ("https://www.dropbox.com/sh/f0ld3r/AAB_x?dl=0", DropboxItem("sh", "f0ld3r", "AAB_x")),
        (
            "https://www.dropbox.com/scl/fo/f0ld3r/AAB_x/models/x4.pth?rlkey=acc3ss",
            DropboxItem("scl/fo", "f0ld3r", "AAB_x", "acc3ss"),
        ),
        ("https://www.dropbox.com/home/models", None),
        ("https://www.dropbox.com/s/k3yk3yk3y", None),
        ("https://www.dropbox.com/s/k3yk3yk3y/a/b.pth", None),
        ("https://www.dropbox.com/s/k3yk3yk3y/..%2Fx.pth", None),
        ("https://www.dropbox.com/s/k3yk3yk3y/..?dl=1", None),
        ("https://www.dropbox.com/scl/fi/n3wn3wn3w/x4.pth?rlkey=a%26dl%3D0", None),
        ("https://www.dropbox.com.evil.example/s/k3yk3yk3y/x4.pth", None),
    ],
)
def test_links_are_read(text: str, expected: DropboxItem | None) -> None:
    assert parse_reference(text) == expected


@pytest.mark.parametrize(("link", "key"), [(OLD, "k3yk3yk3y"), (NEW, "n3wn3wn3w")])
def test_a_file_has_name_and_size_and_no_digest(ask_hub, link, key) -> None:
    ask, hub = ask_hub()
    candidate = ask.one(link.replace("dl=0", "dl=1"))
    assert (candidate.id, candidate.name) == (link, "x4.pth")
    assert candidate.url == link.replace("https://www.dropbox.com", hub.endpoint).replace("dl=0", "dl=1")
    assert candidate.size == hub.content(f"dropbox/{key}/x4.pth").size
    assert (candidate.evidence, candidate.digest, candidate.barrier) == (Evidence.DECLARED_URL, None, None)


def test_the_key_of_a_newer_link_is_kept_and_without_it_there_is_nothing(ask_hub) -> None:
    ask, _hub = ask_hub()
    assert "rlkey=acc3ss" in ask.one(NEW).url
    assert ask(NEW.replace("rlkey=acc3ss&", "")) == []


def test_a_banned_link_is_a_limit_and_no_file(ask_hub) -> None:
    with pytest.raises(SourceUnavailable, match="too many people") as caught:
        ask_hub(states={"k3yk3yk3y": "banned"})[0](OLD)
    assert caught.value.kind == "rate-limited"


def test_a_banned_link_is_recognised_whatever_its_status(ask_site, site) -> None:
    site.says(
        "/s/k3yk3yk3y/x4.pth", 200, b"<html>have been temporarily disabled</html>", Content_Type="text/html"
    )
    with pytest.raises(SourceUnavailable, match="too many people"):
        ask_site(OLD)


@pytest.mark.parametrize("state", ["password", "unknown"])
def test_a_page_instead_of_the_file_is_for_a_person_to_look_at(ask_hub, state) -> None:
    barrier = ask_hub(states={"k3yk3yk3y": state})[0].one(OLD).barrier
    assert (barrier.kind, "page" in barrier.message) == ("login", True)
    assert OLD in barrier.hint


@pytest.mark.parametrize(
    "link",
    [
        "https://www.dropbox.com/sh/f0ld3r/AAB_x?dl=1",
        "https://www.dropbox.com/scl/fo/f0ld3r/AAB?rlkey=acc3ss",
    ],
)
def test_a_folder_is_refused_with_a_reason_and_not_opened(ask_hub, link) -> None:
    ask, hub = ask_hub()
    barrier = ask.one(link).barrier
    assert (barrier.kind, "folder" in barrier.message, "--choose" in barrier.hint) == ("by-hand", True, True)
    assert hub.requests == []


def test_what_is_not_there_is_nothing(ask_hub) -> None:
    assert ask_hub(missing=frozenset({"k3yk3yk3y"}))[0](OLD) == []


@pytest.mark.parametrize(("status", "kind"), [(403, "login"), (451, "removed")])
def test_a_refusal_is_a_barrier(ask_site, site, status, kind) -> None:
    site.says("/s/k3yk3yk3y/x4.pth", status)
    assert ask_site.one(OLD).barrier.kind == kind


def test_a_redirect_off_the_list_is_a_barrier(ask_site, site) -> None:
    site.says("/s/k3yk3yk3y/x4.pth", 302, Location="https://evil.example/x?token=secret")
    barrier = ask_site.one(OLD).barrier
    assert barrier.kind == "host"
    assert "secret" not in repr(barrier)


@pytest.mark.parametrize(
    ("status", "kind"), [(429, "rate-limited"), (500, "unavailable"), (503, "unavailable")]
)
def test_a_dropbox_in_trouble_is_a_failure(ask_site, site, status, kind) -> None:
    site.says("/s/k3yk3yk3y/x4.pth", status, Retry_After="7")
    with pytest.raises(SourceUnavailable) as caught:
        ask_site(OLD)
    assert (caught.value.kind, caught.value.retry_after) == (kind, 7)


def test_offline_a_link_is_taken_as_it_is(asks, hub_with) -> None:
    hub = hub_with()
    candidate = asks("dropbox", settings_for(hub, offline=True)).one(OLD)
    assert (candidate.name, candidate.size, candidate.barrier) == ("x4.pth", None, None)
    assert hub.requests == []
