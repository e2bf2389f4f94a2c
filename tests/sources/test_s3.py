"""S3: which addresses lead to which hosts, and what a bucket answers."""

from __future__ import annotations

import pytest

from modelget.errors import SourceUnavailable
from modelget.hub import S3Rules
from modelget.settings import Settings
from modelget.sources.shared.buckets import read_address, web_address

from .conftest import settings_for

KEYS = {"vae/ae.safetensors": "s3/x.safetensors", "one file@2 (50%).pth": "s3/x.pth"}
LINK = "s3://models/vae/ae.safetensors"


@pytest.fixture
def hub(hub_with):
    names = ("models", "private", "unlisted", "slow")
    return hub_with(
        s3=S3Rules(
            dict.fromkeys(names, KEYS),
            private=frozenset({"private"}),
            unlisted=frozenset({"unlisted"}),
            slow=frozenset({"slow"}),
        )
    )


@pytest.fixture
def ask(asks, hub):
    return asks("s3", settings_for(hub))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("s3://models/a/b.pth", ("models", "a/b.pth")),
        ("s3://models/a%20b.pth", ("models", "a b.pth")),
        ("s3://models", ("models", "")),
        ("s3://my.models/a.pth", None),
        ("s3://Models/a.pth", None),
        ("s3://m/a.pth", None),
        ("s3://-models/a.pth", None),
        ("s3://models@evil.example/a.pth", None),
        ("s3://models:80/a.pth", None),
        ("s3://models/a\nb.pth", None),
        ("https://models/a.pth", None),
    ],
)
def test_an_address_is_read_strictly(text, read) -> None:
    assert read_address(text) == read


def test_a_bucket_is_a_host_at_amazon_and_a_folder_elsewhere() -> None:
    assert web_address("models", "a/b c.pth", None) == "https://models.s3.amazonaws.com/a/b%20c.pth"
    assert web_address("models", "a.pth", "https://s3.example:9000") == "https://s3.example:9000/models/a.pth"
    assert web_address("models", "", None) == "https://models.s3.amazonaws.com"


def test_a_public_key_is_a_candidate_without_a_digest(ask, hub) -> None:
    found = ask.one(LINK)
    assert found.url == f"{hub.endpoint}/models/vae/ae.safetensors"
    assert (found.id, found.name, found.barrier) == (LINK, "ae.safetensors", None)
    assert found.size == hub.content("s3/x.safetensors").size
    # The storage shows an ETag and a checksum of parts, and neither is the sha256 of the file.
    assert found.digest is None


def test_a_key_with_odd_characters_is_found(ask) -> None:
    found = ask.one("s3://models/one%20file@2%20(50%25).pth")
    assert found.name == "one file@2 (50%).pth"
    assert ask.one(found.id) == found


@pytest.mark.parametrize("bucket", ["private", "unlisted"])
def test_a_refusal_is_a_barrier_because_it_may_mean_that_nothing_is_there(ask, bucket) -> None:
    barrier = ask.one(f"s3://{bucket}/nope.pth").barrier
    assert barrier.kind == "login"
    assert "public" in barrier.hint


def test_a_key_that_is_not_there_is_nothing(ask) -> None:
    assert ask("s3://models/nope.pth") == []


def test_a_bucket_that_is_asked_too_much_is_unavailable(ask) -> None:
    with pytest.raises(SourceUnavailable, match="503"):
        ask("s3://slow/vae/ae.safetensors")


@pytest.mark.parametrize("pinned", [{}, {"digest": None}])
def test_somebodys_bucket_at_amazon_is_a_barrier_and_not_contacted(asks, contacted, pinned) -> None:
    barrier = asks("s3", Settings()).one(LINK, **pinned).barrier
    assert barrier.kind == "host"
    assert "https://models.s3.amazonaws.com" in barrier.hint
    assert contacted == set()


def test_a_bucket_whose_host_the_owner_listed_is_asked(asks) -> None:
    listed = Settings(allow_hosts=("https://models.s3.amazonaws.com",), offline=True)
    found = asks("s3", listed).one(LINK)
    assert found.barrier is None
    assert found.url == "https://models.s3.amazonaws.com/vae/ae.safetensors"


def test_a_page_instead_of_the_file_is_unavailable(asks, site) -> None:
    site.says("/models/x.pth", 200, b"<html>hello</html>", Content_Type="text/html")
    with pytest.raises(SourceUnavailable, match="web page"):
        asks("s3", Settings(endpoints={"s3": site.origin}))("s3://models/x.pth")


def test_a_redirect_to_another_region_is_a_barrier_that_names_the_host(asks, site) -> None:
    site.says("/models/x.pth", 307, Location="https://models.s3.eu-west-1.amazonaws.com/x.pth")
    barrier = asks("s3", Settings(endpoints={"s3": site.origin})).one("s3://models/x.pth").barrier
    assert barrier.kind == "host"
    assert "https://models.s3.eu-west-1.amazonaws.com" in barrier.hint


def test_no_credential_is_sent(ask, hub) -> None:
    ask(LINK)
    assert not any(record.authorized for record in hub.requests)
    assert all((record.method, record.range) == ("GET", "bytes=0-1023") for record in hub.requests)
