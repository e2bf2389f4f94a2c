"""PyTorch Hub: what its links and names say, and what its server answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelget.errors import SourceUnavailable
from modelget.hub import RateLimit
from modelget.hub.pytorch_hub import PYTORCH_HUB
from modelget.sources.pytorch_hub import path_of, promise_of
from modelget.types import Digest, Evidence

from .conftest import settings_for

FILE = "/models/vgg16.pth"
KEY = "pytorch_hub/models/vgg16.pth"
MODELS = "https://download.pytorch.org/models"


@pytest.fixture
def hub(hub_with):
    return hub_with()


@pytest.fixture
def ask(asks, hub):
    return asks("pytorch_hub", settings_for(hub))


@pytest.fixture
def ask_site(asks, hub, site):
    settings = settings_for(hub)
    return asks("pytorch_hub", replace(settings, endpoints={"pytorch_hub": site.origin}))


def test_a_link_gives_name_size_and_the_first_digits_of_the_sha256(ask, hub) -> None:
    content = hub.content(KEY)
    link = PYTORCH_HUB.link(content, FILE)
    candidate = ask.one(link)
    assert (candidate.id, candidate.url) == (link, link.replace("https://download.pytorch.org", hub.endpoint))
    assert candidate.name == f"vgg16-{content.sha256[:8]}.pth"
    assert candidate.size == content.size
    assert candidate.digest == Digest("sha256-prefix", content.sha256[:8])
    assert (candidate.evidence, candidate.claimed) == (Evidence.DECLARED_URL, None)
    assert [(record.method, record.range) for record in hub.requests] == [("GET", "bytes=0-1023")]


@pytest.mark.parametrize(
    ("link", "path"),
    [
        (f"{MODELS}/vgg16-397923af.pth", "/models/vgg16-397923af.pth"),
        ("http://download.pytorch.org/models/vgg16-397923af.pth", "/models/vgg16-397923af.pth"),
        ("https://s3.amazonaws.com/pytorch/models/vgg16-397923af.pth", "/models/vgg16-397923af.pth"),
        ("https://download.pytorch.org/torchaudio/models/a.pt?x=1#y", "/torchaudio/models/a.pt"),
        (f"{MODELS}/two%20words.pth", "/models/two words.pth"),
        ("https://s3.amazonaws.com/pytorch-evil/models/x.pth", None),
        ("https://s3.amazonaws.com/other/models/x.pth", None),
        ("https://s3.amazonaws.com/pytorch/../other/x.pth", None),
        ("https://s3.amazonaws.com.evil.example/pytorch/models/x.pth", None),
        ("https://download.pytorch.org.evil.example/models/x.pth", None),
        ("https://download.pytorch.org:8443/models/x.pth", None),
        (f"{MODELS}/..%2F..%2Fx.pth", None),
        (f"{MODELS}//x.pth", None),
        (f"{MODELS}/", None),
        (f"{MODELS}/a%0Ab.pth", None),
        (f"{MODELS}/a%5Cb.pth", None),
        (f"{MODELS}/{'a' * 2000}.pth", None),
        ("vgg16-397923af.pth", None),
    ],
)
def test_links_are_read_strictly(link, path) -> None:
    assert path_of(link) == path


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("vgg16-397923af.pth", Digest("sha256-prefix", "397923af")),
        ("a-b-c-0123456789abcdef.pth.tar", Digest("sha256-prefix", "0123456789abcdef")),
        (f"x-{'a' * 64}.pth", Digest("sha256", "a" * 64)),
        (f"x-{'a' * 65}.pth", None),
        ("foo-a.pth", None),
        ("foo-.pth", None),
        ("foo-abcdef0.pth", None),
        ("foo-ABCDEF01.pth", None),
        ("foo-20200130.pth", None),
        ("foo-12345678.pth", Digest("sha256-prefix", "12345678")),
        ("mobilenet_v2_qnnpack_37f702c5.pth", None),
        ("x-397923af/plain.pth", None),
    ],
)
def test_a_name_promises_only_what_it_surely_says(name, digest) -> None:
    assert promise_of(f"/models/{name}").digest == digest


def test_the_older_address_leads_to_the_same_file(ask, hub) -> None:
    link = PYTORCH_HUB.link(hub.content(KEY), FILE)
    older = link.replace("https://download.pytorch.org", "https://s3.amazonaws.com/pytorch")
    assert ask.one(older) == ask.one(link)


@pytest.mark.parametrize(("status", "kind"), [(403, "removed"), (401, "login"), (451, "region")])
def test_a_refusal_is_a_barrier(ask_site, site, status, kind) -> None:
    site.says("/models/x.pth", status)
    barrier = ask_site.one(f"{MODELS}/x.pth").barrier
    assert (barrier.kind, "link" in barrier.hint) == (kind, True)


def test_the_hub_refuses_what_is_not_there_as_the_real_storage_does(asks, hub_with) -> None:
    hub = hub_with(missing=frozenset({KEY}))
    assert asks("pytorch_hub", settings_for(hub)).one(f"{MODELS}/vgg16.pth").barrier.kind == "removed"


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_gone_is_nothing(ask_site, site, status) -> None:
    site.says("/models/x.pth", status)
    assert ask_site(f"{MODELS}/x.pth") == []


@pytest.mark.parametrize(
    ("status", "kind"), [(429, "rate-limited"), (500, "unavailable"), (503, "unavailable")]
)
def test_a_server_in_trouble_is_a_failure_with_the_wait(ask_site, site, status, kind) -> None:
    site.says("/models/x.pth", status, Retry_After="7")
    with pytest.raises(SourceUnavailable) as caught:
        ask_site(f"{MODELS}/x.pth")
    assert (caught.value.kind, caught.value.retry_after) == (kind, 7)


def test_a_busy_hub_is_a_failure_once(asks, hub_with) -> None:
    hub = hub_with(rate_limited={KEY: RateLimit(3)})
    ask = asks("pytorch_hub", settings_for(hub))
    with pytest.raises(SourceUnavailable) as caught:
        ask(f"{MODELS}/vgg16.pth")
    assert caught.value.retry_after == 3
    assert ask.one(f"{MODELS}/vgg16.pth").size


def test_a_redirect_off_the_list_is_a_barrier(ask_site, site) -> None:
    site.says("/models/x.pth", 302, Location="https://evil.example/x?token=secret")
    barrier = ask_site.one(f"{MODELS}/x.pth").barrier
    assert barrier.kind == "host"
    assert "secret" not in repr(barrier)


@pytest.mark.parametrize(
    ("status", "range_header", "size"),
    [(206, "bytes 0-0/7", 7), (206, "bytes 0-0/*", None), (206, "bytes 0-0/" + "9" * 30, None), (200, "", 1)],
)
def test_the_size_is_what_the_server_says_of_the_whole_file(
    ask_site, site, status, range_header, size
) -> None:
    site.says("/models/x.pth", status, b"x", Content_Range=range_header)
    assert ask_site.one(f"{MODELS}/x.pth").size == size


def test_offline_the_link_is_taken_as_it_is(asks, hub, contacted) -> None:
    ask = asks("pytorch_hub", replace(settings_for(hub), offline=True))
    candidate = ask.one(f"{MODELS}/vgg16-397923af.pth")
    assert (candidate.digest, candidate.size) == (Digest("sha256-prefix", "397923af"), None)
    assert contacted == set()


def test_no_token_goes_there(asks, hub) -> None:
    from modelget.settings import Secret

    settings = settings_for(hub, hub_endpoint="https://huggingface.co", hub_token=Secret("hf_x"))
    asks("pytorch_hub", settings).one(f"{MODELS}/x.pth")
    assert not any(record.authorized for record in hub.requests)


def test_a_web_page_is_not_taken_for_the_file(ask_site, site) -> None:
    site.says(
        "/models/vgg16-397923af.pth", 200, b"<!DOCTYPE html><title>Welcome</title>", Content_Type="text/html"
    )
    with pytest.raises(SourceUnavailable, match="PyTorch Hub answers a web page instead of the file"):
        ask_site(f"{MODELS}/vgg16-397923af.pth")
