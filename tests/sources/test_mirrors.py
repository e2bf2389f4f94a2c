"""The owner's mirrors: where a copy may lie, and that a mirror makes nothing sure by itself."""

from __future__ import annotations

import pytest

from modelget.errors import SourceUnavailable
from modelget.hub import MirrorRules, S3Rules
from modelget.settings import Settings
from modelget.types import Digest, Requirement

from .conftest import settings_for

DIGEST = Digest("sha256", "a" * 64)
NAME, FOLDER = "SDXL/x.safetensors", "checkpoints"
KEY = "mirror/x.safetensors"


@pytest.fixture
def mirror(hub_with, asks):
    """Ask a mirror on which these paths are files for the copy of one file."""

    def search(*paths: str, name: str = NAME, digest: Digest | None = DIGEST, status: int = 200):
        hub = hub_with(mirror=MirrorRules(dict.fromkeys(paths, KEY), status))
        question = asks("mirrors", settings_for(hub))
        found = question(*question.source.endpoints, name=name, folder=FOLDER, digest=digest)
        return found, [record.path.removeprefix("/mirror/") for record in hub.requests], hub

    return search


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("checkpoints/SDXL/x.safetensors", 1),
        ("x.safetensors", 2),
        (f"sha256/{DIGEST.hex}", 3),
    ],
)
def test_a_copy_is_found_in_each_layout(mirror, path, asked) -> None:
    (found,), paths, hub = mirror(path)
    assert found.url == found.id == f"{hub.mirror_url}/{path}"
    assert (found.digest, found.size) == (None, hub.content(KEY).size)  # it publishes none
    assert len(paths) == asked


def test_a_mirror_without_a_copy_has_nothing(mirror) -> None:
    found, paths, _hub = mirror()
    assert found == []
    assert paths == ["checkpoints/SDXL/x.safetensors", "x.safetensors", f"sha256/{DIGEST.hex}"]


@pytest.mark.parametrize("digest", [None, Digest("autov2", "a" * 10), Digest("git-sha1", "a" * 40)], ids=str)
def test_without_a_sha256_no_mirror_is_asked(mirror, digest) -> None:
    found, paths, _hub = mirror("x.safetensors", digest=digest)
    assert (found, paths) == ([], [])


@pytest.mark.parametrize(
    "name", ["../x.safetensors", "a/../../x.safetensors", "a//x", "", "a\nb", "a\\..\\b"]
)
def test_a_hostile_name_is_only_looked_for_by_its_digest(mirror, name) -> None:
    _found, paths, _hub = mirror(name=name)
    assert paths == [f"sha256/{DIGEST.hex}"]


def test_a_name_is_quoted(mirror) -> None:
    _found, paths, _hub = mirror(name="a b?c#d.pth")
    assert paths[0] == "checkpoints/a%20b%3Fc%23d.pth"


def test_a_mirror_that_is_down_is_unavailable_and_never_nothing(mirror) -> None:
    with pytest.raises(SourceUnavailable, match="HTTP 503"):
        mirror(status=503)


def test_a_mirror_that_hides_what_is_not_there_has_nothing(mirror) -> None:
    assert mirror(status=403)[0] == []


def test_a_declared_link_to_a_file_on_a_mirror_is_a_link_to_a_listed_host(hub_with, asks) -> None:
    hub = hub_with(mirror=MirrorRules({"vae/x.safetensors": KEY}))
    ask = asks("mirrors", settings_for(hub))
    found = ask.one(f"{hub.mirror_url}/vae/x.safetensors")
    assert (found.digest, found.size, found.barrier) == (None, hub.content(KEY).size, None)
    assert ask(f"{hub.mirror_url}/vae/nope.safetensors") == []


@pytest.mark.parametrize("path", ["../x.pth", "a/%2e%2e/x.pth", "", "x.pth?a=1", "a//x.pth", "a%0Ab.pth"])
def test_a_link_that_leads_off_the_mirror_is_not_one_to_it(asks, contacted, path) -> None:
    ask = asks("mirrors", Settings(mirrors=("https://mirror.example/models",)))
    assert ask(f"https://mirror.example/models/{path}") == []
    assert contacted == set()


def test_a_login_is_a_barrier(asks, site) -> None:
    site.says("/m/x.pth", 401)
    barrier = asks("mirrors", Settings(mirrors=(f"{site.origin}/m",))).one(f"{site.origin}/m/x.pth").barrier
    assert barrier.kind == "login"


def test_a_redirect_off_the_list_is_a_barrier_for_a_link_and_no_copy(asks, site) -> None:
    site.says("/m/x.pth", 302, Location="https://elsewhere.example/x.pth")
    ask = asks("mirrors", Settings(mirrors=(f"{site.origin}/m",)))
    assert ask.one(f"{site.origin}/m/x.pth").barrier.kind == "host"
    assert ask(f"{site.origin}/m", name="x.pth", digest=DIGEST) == []


def test_a_bucket_is_a_mirror_too(hub_with, asks) -> None:
    hub = hub_with(s3=S3Rules({"copies": {"some/x.safetensors": KEY}}))
    ask = asks("mirrors", settings_for(hub, mirrors=("s3://copies/some",)))
    assert ask.source.endpoints == (f"{hub.endpoint}/copies/some",)
    assert ask.one(*ask.source.endpoints, name=NAME, digest=DIGEST).name == "x.safetensors"
    amazon = asks("mirrors", Settings(mirrors=("s3://copies/some",))).source
    assert amazon.endpoints == ("https://copies.s3.amazonaws.com/some",)


def test_each_mirror_may_have_a_copy(asks) -> None:
    source = asks("mirrors", Settings(mirrors=("https://a.example", "https://b.example"))).source
    wanted = Requirement(NAME, digest=DIGEST)
    assert source.copies(wanted, None) == ("https://a.example", "https://b.example")


def test_the_host_of_a_mirror_is_not_one_that_any_link_may_name(asks, contacted) -> None:
    settings = Settings(mirrors=("https://mirror.example/models",))
    ask = asks("direct_url", settings)
    assert ask("https://mirror.example/models/x.pth") == []
    assert ask.one("https://mirror.example/others/x.pth").barrier.kind == "host"
    assert contacted == set()
