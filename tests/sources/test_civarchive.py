"""CivArchive: asked only if the owner says so, by a digest, and believed in nothing else."""

from __future__ import annotations

import json

import pytest

from modelget.errors import SourceUnavailable
from modelget.hub import ArchivedCopy, CivArchiveRules
from modelget.settings import Settings
from modelget.types import Digest, Requirement

from .conftest import settings_for

KEY = "removed/x.safetensors"
HF = "https://huggingface.co/o/r/resolve/main/x.safetensors"
COPIES = (
    ArchivedCopy(HF),
    ArchivedCopy("https://civitai.com/api/download/models/7", deleted_at="2025-01-01T00:00:00Z"),
    ArchivedCopy("https://files.example/x.safetensors"),
    ArchivedCopy(HF),
)


@pytest.fixture
def hub(hub_with):
    return hub_with(civarchive=CivArchiveRules({KEY: COPIES}))


@pytest.fixture
def digest(hub) -> Digest:
    return Digest("sha256", hub.content(KEY).sha256)


@pytest.fixture
def copies(asks):
    """Ask for copies with these settings."""

    def of(settings: Settings, digest: Digest | None):
        question = asks("civarchive", settings)
        return question.source.copies(Requirement("x.safetensors", digest=digest), question.http)

    return of


def test_copies_are_links_without_those_that_were_deleted(copies, hub, digest) -> None:
    assert copies(settings_for(hub), digest) == (HF, "https://files.example/x.safetensors")


def test_it_is_asked_once_in_lower_case_and_without_a_credential(copies, hub, digest) -> None:
    copies(settings_for(hub), Digest("sha256", digest.hex.upper()))
    (record,) = hub.requests
    assert (record.path, record.authorized) == (f"/api/sha256/{digest.hex}", False)


def test_what_it_does_not_know_has_no_copies(copies, hub) -> None:
    assert copies(settings_for(hub), Digest("sha256", "0" * 64)) == ()


@pytest.mark.parametrize("other", [None, Digest("autov2", "a" * 10), Digest("git-sha1", "a" * 40)], ids=str)
def test_without_a_sha256_it_is_not_asked(copies, hub, other) -> None:
    assert copies(settings_for(hub), other) == ()
    assert hub.requests == []


def test_turned_off_it_is_not_asked_and_says_how_to_turn_it_on(copies, asks, hub, digest) -> None:
    off = settings_for(hub, civarchive=False)
    assert copies(off, digest) == ()
    assert asks("civarchive", off)(f"civarchive:{digest.hex}")[0].barrier
    assert hub.requests == []
    source = asks("civarchive", off).source
    assert "MODELGET_CIVARCHIVE=1" in source.advice
    assert source.endpoints == ()


def test_turned_on_it_has_no_advice_and_a_caution(asks, hub) -> None:
    source = asks("civarchive", settings_for(hub)).source
    assert source.advice is None
    assert "author" in source.caution
    assert "moderators" in source.caution


@pytest.mark.parametrize("status", [403, 429, 500])
def test_an_answer_that_is_none_is_unavailable(copies, hub_with, status) -> None:
    hub = hub_with(civarchive=CivArchiveRules({}, status))
    with pytest.raises(SourceUnavailable):
        copies(settings_for(hub), Digest("sha256", "0" * 64))


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "x",
        {},
        {"files": None},
        {"files": [None, 1, "x", {}]},
        {"files": [{"sha256": 5, "mirrors": [{"url": HF}]}]},
        {"files": [{"sha256": "SHA", "mirrors": None}]},
        {"files": [{"sha256": "SHA", "mirrors": [None, {}, {"url": 5}, {"url": ""}, {"url": None}]}]},
    ],
    ids=str,
)
def test_malformed_answers_have_no_copies(copies, site, document) -> None:
    digits = "b" * 64
    text = json.dumps(document).replace("SHA", digits)
    site.says(f"/api/sha256/{digits}", body=text.encode())
    settings = Settings(endpoints={"civarchive": site.origin}, civarchive=True)
    assert copies(settings, Digest("sha256", digits)) == ()


def test_copies_of_other_bytes_in_its_answer_are_left_out(copies, site) -> None:
    digits = "b" * 64
    files = [{"sha256": "c" * 64, "mirrors": [{"url": HF}]}]
    site.says_json(f"/api/sha256/{digits}", {"files": files})
    settings = Settings(endpoints={"civarchive": site.origin}, civarchive=True)
    assert copies(settings, Digest("sha256", digits)) == ()


def test_a_flood_of_copies_is_cut(copies, site) -> None:
    digits = "b" * 64
    mirrors = [{"url": f"https://files.example/{number}"} for number in range(1000)]
    site.says_json(f"/api/sha256/{digits}", {"files": [{"sha256": digits, "mirrors": mirrors}]})
    settings = Settings(endpoints={"civarchive": site.origin}, civarchive=True)
    assert len(copies(settings, Digest("sha256", digits))) <= 10


def test_its_page_of_a_digest_is_a_barrier_with_that_digest(asks, hub, digest) -> None:
    found = asks("civarchive", settings_for(hub)).one(f"https://civarchive.com/sha256/{digest.hex.upper()}")
    assert (found.digest, found.name) == (digest, "x.safetensors")
    assert found.barrier.kind == "removed"


def test_its_page_of_a_model_proves_nothing_and_asks_nobody(asks, hub) -> None:
    found = asks("civarchive", settings_for(hub)).one("https://civarchive.com/models/5?modelVersionId=6")
    assert found.digest is None
    assert found.barrier.kind == "by-hand"
    assert "sha256 page" in found.barrier.hint
    assert hub.requests == []
