"""Civitai on the embedded hub, and malformed answers from a server made to order."""

from __future__ import annotations

import zlib
from dataclasses import replace

import pytest

from modelget.errors import SourceUnavailable
from modelget.hub import CivitaiFile, CivitaiVersion, RateLimit
from modelget.settings import Secret, Settings
from modelget.sources.civitai import source
from modelget.sources.civitai.references import CivitaiReference, parse_reference
from modelget.types import Digest, Evidence

from .conftest import settings_for

TOKEN = "civitai-secret"
PAIR = CivitaiVersion(
    51,
    5,
    files=(
        CivitaiFile(1, "small.safetensors"),
        CivitaiFile(2, "full.safetensors", primary=True),
        CivitaiFile(3, "old.ckpt", format="PickleTensor"),
    ),
)


def reference(model: int | None = None, version: int | None = None, file: int | None = None):
    return CivitaiReference(model, version, file)


@pytest.fixture
def hub(hub_with):
    return hub_with(civitai=(PAIR, CivitaiVersion(52, 5), CivitaiVersion(61, 6, type="Checkpoint")))


@pytest.fixture
def ask(asks, hub):
    return asks("civitai", settings_for(hub))


@pytest.fixture
def ask_version(asks, hub_with):
    """Ask for version 70 as these rules make it: ``ask_version(barrier="login")``."""

    def make(token: str | None = None, hub_rules: dict | None = None, **facts):
        hub = hub_with(civitai=(CivitaiVersion(70, 7, **facts),), **(hub_rules or {}))
        settings = settings_for(hub, civitai_token=Secret(token) if token else None)
        return asks("civitai", settings), hub

    return make


@pytest.fixture
def ask_site(asks, hub, site):
    """Ask a server whose answers the test makes up."""
    return asks("civitai", replace(settings_for(hub), civitai_endpoints=(site.origin,)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://civitai.com/models/12", reference(12)),
        ("https://civitai.com/models/12/", reference(12)),
        ("https://civitai.com/models/12/some-name", reference(12)),
        ("https://civitai.com/models/12/some-name?modelVersionId=34", reference(12, 34)),
        ("https://civitai.com/models/12?version=34#files", reference(12, 34)),
        ("https://www.civitai.com/models/12?modelVersionId=", reference(12)),
        ("https://civitai.com/models/12?modelVersionId=abc", reference(12)),
        ("https://civitai.red/models/12?modelVersionId=34", reference(12, 34)),
        ("https://civitai.green/model-versions/34", reference(None, 34)),
        ("https://Civitai.com:443/models/12", reference(12)),
        ("http://civitai.com/models/12", reference(12)),
        ("https://civitai.com/api/v1/models/12", reference(12)),
        ("https://civitai.com/api/v1/model-versions/34", reference(None, 34)),
        ("https://civitai.com/api/download/models/34", reference(None, 34)),
        ("https://civitai.com/api/download/models/34?type=Model&fileId=56", reference(None, 34, 56)),
        ("https://civitai.com/api/download/models/34?token=secret", reference(None, 34)),
        ("civitai:34", reference(None, 34)),
        ("civitai:34+56", reference(None, 34, 56)),
        ("civitai:12@34", reference(12, 34)),
        ("urn:air:sdxl:lora:civitai:12@34", reference(12, 34)),
        ("urn:air:sdxl:lora:civitai:12@34+56.safetensors", reference(12, 34, 56)),
        ("air:sd1:checkpoint:civitai:12@34.ckpt", reference(12, 34)),
        ("URN:AIR:SDXL:LORA:CIVITAI:12@34", reference(12, 34)),
        ("https://civitai.com", None),
        ("https://civitai.com/", None),
        ("https://civitai.com/images/12", None),
        ("https://civitai.com/models/abc", None),
        ("https://civitai.com/models/12/name/more", None),
        ("https://huggingface.co/o/r/resolve/main/x", None),
        ("urn:air:flux1:checkpoint:huggingface:12@34", None),
        ("civitai:name", None),
    ],
)
def test_references_are_read(text: str, expected: CivitaiReference | None) -> None:
    assert parse_reference(text) == expected


@pytest.mark.parametrize(
    "link",
    [
        "https://civitai.com/models/5?modelVersionId=51",
        "https://civitai.red/model-versions/51",
        "https://civitai.com/api/download/models/51",
        "https://civitai.com/api/download/models/51?fileId=2",
        "urn:air:sdxl:lora:civitai:5@51",
        "civitai:51",
        "civitai:51+2",
    ],
)
def test_every_form_leads_to_the_same_pinned_file(ask, hub, link) -> None:
    candidate = ask.one(link)
    content = hub.content("civitai/51/full.safetensors")
    assert candidate.id == "civitai:51+2"
    assert candidate.url == f"{hub.endpoint}/api/download/models/51?fileId=2"
    assert candidate.name == "full.safetensors"
    assert candidate.size == content.size
    assert candidate.digest == Digest("sha256", content.sha256)
    assert candidate.evidence is Evidence.DECLARED_URL
    assert candidate.folder == "loras"
    assert candidate.barrier is None


def test_a_model_without_a_version_means_the_newest_and_is_pinned_to_it(ask) -> None:
    assert ask.one("https://civitai.com/models/5").id == "civitai:52+520"


def test_a_file_is_chosen_by_number_digest_and_name_before_the_primary_one(ask, hub) -> None:
    old = Digest("sha256", hub.content("civitai/51/old.ckpt").sha256)
    assert ask.one("civitai:51+1", digest=old, name="full.safetensors").name == "small.safetensors"
    assert ask.one("civitai:51", digest=old, name="small.safetensors").name == "old.ckpt"
    assert ask.one("civitai:51", name="SDXL/small.safetensors").name == "small.safetensors"
    assert ask.one("civitai:51", name="renamed.safetensors").name == "full.safetensors"


def test_a_file_that_the_version_does_not_have_is_not_another_one(ask) -> None:
    assert ask("civitai:51+999") == []


@pytest.mark.parametrize(
    ("kind", "folder"),
    [("Checkpoint", "checkpoints"), ("LORA", "loras"), ("TextualInversion", "embeddings"), ("Poses", None)],
)
def test_the_type_tells_the_folder(ask_version, kind, folder) -> None:
    ask, _hub = ask_version(type=kind)
    assert ask.one("civitai:70").folder == folder


@pytest.mark.parametrize("algorithm", ["sha256", "autov2"])
def test_a_digest_alone_finds_the_file(ask, hub, algorithm) -> None:
    content = hub.content("civitai/51/small.safetensors")
    digest = Digest(algorithm, content.sha256 if algorithm == "sha256" else content.sha256[:10])
    candidate = ask.one(digest=digest)
    assert candidate.id == "civitai:51+1"
    assert candidate.evidence is Evidence.SAME_DIGEST
    assert candidate.digest == Digest("sha256", content.sha256)
    assert candidate.size == content.size


def test_an_unknown_digest_and_one_nobody_lists_find_nothing(ask, hub) -> None:
    assert ask(digest=Digest("sha256", "0" * 64)) == []
    asked = len(hub.requests)
    assert ask(digest=Digest("git-sha1", "0" * 40)) == []
    assert len(hub.requests) == asked


def test_with_a_link_the_digest_is_not_looked_up(ask, hub) -> None:
    digest = Digest("sha256", hub.content("civitai/51/small.safetensors").sha256)
    assert ask("https://huggingface.co/o/r/resolve/main/x.pt", digest=digest) == []
    assert hub.requests == []


@pytest.mark.parametrize(
    ("barrier", "kind", "message", "hint"),
    [
        ("login", "login", "logged in", "CIVITAI_API_TOKEN"),
        ("disabled", "removed", "disabled downloads", "key does not help"),
        ("early-access", "paid", "until 2099-01-01", "/models/7"),
        ("archived", "removed", "archived", "--choose"),
        ("region", "region", "region", "--choose"),
        ("forbidden", "login", "", ""),
    ],
)
def test_each_refusal_has_its_barrier(ask_version, barrier, kind, message, hint) -> None:
    ask, _hub = ask_version(barrier=barrier)
    candidate = ask.one("civitai:70")
    assert candidate.barrier.kind == kind
    assert message in candidate.barrier.message
    assert hint in candidate.barrier.hint
    assert candidate.terms.gated == (kind in ("login", "paid"))
    assert candidate.size is None


@pytest.mark.parametrize(
    "barrier", ["disabled", "early-access", "archived", "region", "forbidden", "missing"]
)
def test_a_key_changes_none_of_the_other_refusals(ask_version, barrier) -> None:
    ask, _hub = ask_version(TOKEN, {"civitai_tokens": frozenset({TOKEN})}, barrier=barrier)
    assert all(candidate.barrier for candidate in ask("civitai:70"))


def test_a_key_opens_what_asks_for_a_login_and_never_reaches_storage(ask_version) -> None:
    ask, hub = ask_version(TOKEN, {"civitai_tokens": frozenset({TOKEN})}, barrier="login")
    candidate = ask.one("civitai:70")
    assert candidate.barrier is None
    assert candidate.size == hub.content("civitai/70/civitai_70.safetensors").size
    assert any(record.authorized for record in hub.requests if record.origin == "hub")
    stored = [record for record in hub.requests if record.origin == "storage"]
    assert stored
    assert not any(record.authorized for record in stored)
    assert TOKEN not in repr(candidate)


def test_a_key_that_is_not_enough_is_not_asked_for_again(ask_version) -> None:
    ask, _hub = ask_version("good", {"civitai_tokens": frozenset({"good"})}, barrier="forbidden")
    barrier = ask.one("civitai:70").barrier
    assert barrier.kind == "login"
    assert "CIVITAI_API_TOKEN" not in barrier.hint
    assert "/models/7" in barrier.hint
    assert not ask.http.has_refused_token(_hub.endpoint)


def test_a_key_that_civitai_does_not_know_is_called_so_and_asked_about_once(ask_version) -> None:
    ask, hub = ask_version("stale", barrier="login")
    for _ in range(2):
        barrier = ask.one("civitai:70").barrier
        assert "does not know your key" in barrier.message
        assert "another key" in barrier.hint
    assert ask.http.has_refused_token(hub.endpoint)
    # Once with the key, once without: the client looks whether the key was the reason.
    assert len([record for record in hub.requests if record.path == "/api/v1/me"]) == 2


def test_a_key_that_cannot_be_looked_into_is_not_called_bad(ask_site, asks, hub, site) -> None:
    ask = asks("civitai", settings_for(hub, civitai_endpoints=(site.origin,), civitai_token=Secret("key")))
    site.says("/api/v1/me", 400)
    site.says_json("/api/v1/model-versions/51", {"id": 51})
    site.says("/api/download/models/51", 206, b"x", Content_Range="bytes 0-0/9")
    assert ask.one("civitai:51").size == 9
    assert not ask.http.has_refused_token(site.origin)


def test_a_version_that_was_taken_down_is_told_from_one_that_is_not_there(ask_version) -> None:
    ask, _hub = ask_version(barrier="taken-down")
    barrier = ask.one("civitai:70").barrier
    assert (barrier.kind, barrier.message) == ("removed", "Civitai has taken it down")


@pytest.mark.parametrize(
    ("facts", "kind", "message"),
    [
        ({"usageControl": "Generation"}, "removed", "disabled downloads"),
        ({"usageControl": "InternalGeneration"}, "removed", "disabled downloads"),
        ({"model": {"mode": "Archived"}}, "removed", "archived"),
        ({"mode": "Archived"}, "removed", "archived"),
        ({"availability": "EarlyAccess"}, "paid", "it is in early access"),
        ({"earlyAccessEndsAt": "2099-02-03T00:00:00Z"}, "paid", "until 2099-02-03"),
        ({"earlyAccessEndsAt": "soon"}, "paid", "it is in early access"),
        ({"paidAccess": True}, "paid", "it is in early access"),
        (
            {"earlyAccessEndsAt": None, "usageControl": "Download", "minor": "?", "sfwOnly": 7},
            "login",
            "logged in",
        ),
        (
            {"earlyAccessEndsAt": 5, "usageControl": None, "availability": [], "model": "x"},
            "login",
            "logged in",
        ),
    ],
)
def test_a_refusal_without_words_is_explained_by_the_version(ask_site, site, facts, kind, message) -> None:
    site.says_json("/api/v1/model-versions/51", {"id": 51, "modelId": 5} | facts)
    site.says("/api/download/models/51", 401, b"{}")
    barrier = ask_site.one("civitai:51").barrier
    assert barrier.kind == kind
    assert message in barrier.message
    site.says("/api/download/models/51", 206, b"x", Content_Range="bytes 0-0/9")
    assert ask_site.one("civitai:51").barrier is None


def test_a_file_whose_storage_fails_for_a_moment_is_asked_for_once_more(ask_version) -> None:
    ask, hub = ask_version(hiccups=1)
    assert ask.one("civitai:70").barrier is None
    ask, hub = ask_version(hiccups=2)
    assert ask("civitai:70") == []
    assert len([record for record in hub.requests if "/download/" in record.path]) == 2


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("My Model_v2 final.safetensors", "myModelV2_final.safetensors"),
        ("myModel_v2Final.safetensors", "author-name.safetensors"),
        ("myModel_v2Final.safetensors", "old.safetensors"),
    ],
)
def test_a_file_is_known_by_its_authors_name_and_by_the_one_that_civitai_gives_it(
    ask_version, asked, named
) -> None:
    files = (
        CivitaiFile(1, "other.ckpt", primary=True, format="PickleTensor"),
        CivitaiFile(2, named),
        CivitaiFile(3, "config.yaml", type="Config", format="Other"),
    )
    ask, _hub = ask_version(type="Checkpoint", model_name="My Model", name="v2 Final", files=files)
    assert ask.one("civitai:70", name=f"SDXL/{asked}").name == named
    assert ask.one("civitai:70", name="unlike.safetensors").name == "other.ckpt"


@pytest.mark.parametrize("order", ["big", "little"])
def test_a_crc32_finds_the_file_in_either_order_of_its_bytes(ask, hub, order) -> None:
    content = hub.content("civitai/51/small.safetensors")
    digits = zlib.crc32(content.read()).to_bytes(4, order).hex()
    assert ask.one(digest=Digest("crc32", digits)).id == "civitai:51+1"


def test_a_blake3_leads_to_the_file_whose_sha256_proves_it(ask_version) -> None:
    blake3 = "5" * 64
    ask, hub = ask_version(files=(CivitaiFile(1, "x.safetensors", published={"BLAKE3": blake3}),))
    candidate = ask.one(digest=Digest("blake3", blake3))
    assert candidate.digest == Digest("sha256", hub.content("civitai/70/x.safetensors").sha256)
    assert Digest("blake3", blake3) in candidate.also_published
    assert {digest.algorithm for digest in candidate.also_published} == {
        "autov2",
        "autov3",
        "blake3",
        "crc32",
    }


def test_what_the_scanners_found_is_said_loudly_or_keeps_the_file_back(ask_version) -> None:
    ask, _hub = ask_version(files=(CivitaiFile(1, "x.ckpt", pickle_scan="Danger"),))
    (note,) = ask.one("civitai:70").notes
    assert note.startswith("DANGER")
    ask, _hub = ask_version(files=(CivitaiFile(1, "x.ckpt", virus_scan="Danger"),))
    assert ask.one("civitai:70").barrier.kind == "removed"


@pytest.mark.parametrize(
    ("link", "order"),
    [
        ("https://civitai.com/models/5", ["com", "red"]),
        ("https://civitai.red/models/5", ["red", "com"]),
        ("https://www.civitai.red/models/5", ["red", "com"]),
        ("https://civitai.green/models/5", ["green", "com", "red"]),
        ("civitai:51", ["com", "red"]),
    ],
)
def test_the_site_that_a_link_names_is_asked_first(link, order) -> None:
    civitai = source(Settings())
    assert civitai._endpoints_for(link) == [f"https://civitai.{top}" for top in order]


def test_a_site_that_keeps_a_file_back_does_not_hide_that_another_gives_it(asks, hub, hub_with, site) -> None:
    site.says_json("/api/v1/model-versions/51", {"id": 51})
    site.says("/api/download/models/51", 401)
    both = asks("civitai", settings_for(hub, civitai_endpoints=(site.origin, hub.endpoint)))
    assert both.one("civitai:51").url.startswith(hub.endpoint)
    alone = asks("civitai", settings_for(hub, civitai_endpoints=(site.origin,)))
    assert alone.one("civitai:51").barrier.kind == "login"


@pytest.mark.parametrize(
    "link",
    [
        "https://civitai.com/images/12345",
        "https://civitai-delivery-worker-prod.5ac0637cfd0766c97916cefa3764fbdf.r2.cloudflarestorage.com/"
        "model/1/x.safetensors?X-Amz-Signature=secret",
        "https://image.civitai.com/x/y/width=450/1.jpeg",
    ],
)
def test_pictures_and_signed_links_are_no_references(ask, hub, link) -> None:
    assert ask(link) == []
    assert hub.requests == []


@pytest.mark.parametrize("link", ["civitai:70", "https://civitai.com/models/7", "civitai:70+700"])
def test_what_is_missing_is_nothing(ask_version, link) -> None:
    ask, _hub = ask_version(hub_rules={"missing": frozenset({"civitai/70"})})
    assert ask(link) == []
    ask, _hub = ask_version(barrier="missing")
    assert ask(link) == []


def test_only_one_byte_is_fetched_to_learn_the_exact_size(ask, hub) -> None:
    assert ask.one("civitai:51").size == hub.content("civitai/51/full.safetensors").size
    stored = [record for record in hub.requests if record.origin == "storage"]
    assert [(record.range, record.status) for record in stored] == [("bytes=0-0", 206)]
    assert all(record.method == "GET" for record in hub.requests)


@pytest.mark.parametrize("link", ["civitai:51", "https://civitai.com/models/5?modelVersionId=51"])
def test_what_one_site_does_not_know_the_other_is_asked_for(asks, hub, hub_with, link) -> None:
    first = hub_with(missing=frozenset({"civitai/51"}))
    settings = settings_for(first, allow_hosts=(hub.storage_origin,))
    ask = asks("civitai", replace(settings, civitai_endpoints=(first.endpoint, hub.endpoint)))
    candidate = ask.one(link)
    assert candidate.url.startswith(hub.endpoint)
    assert candidate.size == hub.content("civitai/51/full.safetensors").size
    digest = Digest("sha256", hub.content("civitai/51/old.ckpt").sha256)
    assert ask.one(digest=digest).url == f"{hub.endpoint}/api/download/models/51?fileId=3"


def test_when_one_site_is_down_the_other_is_asked(asks, hub, closed_port) -> None:
    ask = asks("civitai", replace(settings_for(hub), civitai_endpoints=(closed_port, hub.endpoint)))
    assert ask.one("civitai:51").url.startswith(hub.endpoint)


def test_a_site_that_is_down_is_told_when_the_other_does_not_know_it(asks, hub_with, closed_port) -> None:
    other = hub_with(missing=frozenset({"civitai/51"}))
    ask = asks("civitai", replace(settings_for(other), civitai_endpoints=(closed_port, other.endpoint)))
    with pytest.raises(SourceUnavailable):
        ask("civitai:51")


def test_the_first_site_that_knows_it_is_enough(asks, hub, hub_with) -> None:
    other = hub_with()
    ask = asks("civitai", replace(settings_for(hub), civitai_endpoints=(hub.endpoint, other.endpoint)))
    ask.one("civitai:51")
    assert other.requests == []


def test_too_many_downloads_are_a_failure_with_the_wait(ask_version) -> None:
    ask, _hub = ask_version(hub_rules={"rate_limited": {"civitai/70": RateLimit(7)}})
    with pytest.raises(SourceUnavailable) as caught:
        ask("civitai:70")
    assert (caught.value.kind, caught.value.retry_after) == ("rate-limited", 7)


@pytest.mark.parametrize("status", [401, 403, 500, 503])
def test_a_refusing_api_is_a_failure(ask_site, site, status) -> None:
    site.says("/api/v1/model-versions/51", status)
    with pytest.raises(SourceUnavailable, match=str(status)):
        ask_site("civitai:51")


@pytest.mark.parametrize("status", [400, 500, 503])
def test_a_download_in_trouble_is_a_failure(ask_site, site, status) -> None:
    site.says_json("/api/v1/model-versions/51", {"id": 51})
    site.says("/api/download/models/51", status)
    with pytest.raises(SourceUnavailable) as caught:
        ask_site("civitai:51")
    assert caught.value.kind == "unavailable"


def test_a_closed_port_is_a_failure(asks, hub, closed_port) -> None:
    ask = asks("civitai", replace(settings_for(hub), civitai_endpoints=(closed_port,)))
    with pytest.raises(SourceUnavailable):
        ask("civitai:51")


def test_a_web_page_in_place_of_the_api_is_a_failure(ask_site, site) -> None:
    site.says("/api/v1/model-versions/51", body=b"<html>", Content_Type="text/html")
    with pytest.raises(SourceUnavailable, match="not JSON"):
        ask_site("civitai:51")


@pytest.mark.parametrize(
    ("facts", "licence", "allowed", "restrictions"),
    [
        ({}, "civitai (sell)", True, ()),
        ({"allow_commercial_use": ("Image", "RentCivit")}, "civitai (image, rentcivit)", True, ()),
        ({"allow_commercial_use": ("Rent",)}, "civitai (rent)", None, ()),
        ({"allow_commercial_use": ("RentCivit",)}, "civitai (rentcivit)", False, ("non-commercial",)),
        ({"allow_commercial_use": ("None",)}, "civitai (none)", False, ("non-commercial",)),
        ({"allow_commercial_use": ()}, "civitai (none)", False, ("non-commercial",)),
        ({"allow_no_credit": False}, "civitai (sell)", True, ("credit-required",)),
        ({"nsfw": True, "poi": True}, "civitai (sell)", True, ("not-for-all-audiences", "real-person")),
        (
            {"allow_derivatives": False, "allow_different_license": False},
            "civitai (sell)",
            True,
            ("no-derivatives", "same-permissions"),
        ),
    ],
)
def test_the_terms_are_the_uploaders_flags(ask_version, facts, licence, allowed, restrictions) -> None:
    ask, hub = ask_version(**facts)
    terms = ask.one("civitai:70").terms
    assert (terms.licence, terms.commercial_use, terms.restrictions) == (licence, allowed, restrictions)
    assert terms.link == f"{hub.endpoint}/models/7"
    assert terms.reason


@pytest.mark.parametrize(
    ("model", "licence", "allowed"),
    [
        ({"allowCommercialUse": "Sell"}, "civitai (sell)", True),
        ({"allowCommercialUse": "None", "allowNoCredit": True}, "civitai (none)", False),
        ({"allowCommercialUse": None}, None, None),
        ({"allowCommercialUse": 5}, None, None),
        ({"allowCommercialUse": [5, None, ["Sell"]]}, "civitai (none)", False),
        ({"allowCommercialUse": ["Anything\x1b[2J"]}, "civitai (none)", False),
        ({"allowCommercialUse": "Sell", "nsfwLevel": "31", "poi": "yes", "minor": 1}, "civitai (sell)", True),
        ({}, None, None),
        ([], None, None),
        ("text", None, None),
    ],
)
def test_odd_permissions_are_read_or_left_out(ask_site, site, model, licence, allowed) -> None:
    site.says_json("/api/v1/model-versions/51", {"id": 51, "modelId": 5})
    site.says_json("/api/v1/models/5", model)
    site.says("/api/download/models/51", 206, b"x", Content_Range="bytes 0-0/9")
    terms = ask_site.one("civitai:51").terms
    assert (terms.licence, terms.commercial_use) == (licence, allowed)
    assert set(terms.restrictions) <= {"non-commercial"}


@pytest.mark.parametrize(
    ("level", "audience", "is_adult"),
    [
        (1, "PG", False),
        (3, "PG, PG13", False),
        (28, "R, X, XXX", True),
        (0, None, False),
        (True, None, False),
    ],
)
def test_the_rating_is_told_in_civitais_words(ask_site, site, level, audience, is_adult) -> None:
    site.says_json("/api/v1/model-versions/51", {"id": 51, "modelId": 5, "nsfwLevel": level})
    site.says_json("/api/v1/models/5", {"allowCommercialUse": ["Image"], "nsfwLevel": 0})
    site.says("/api/download/models/51", 206, b"x", Content_Range="bytes 0-0/9")
    terms = ask_site.one("civitai:51").terms
    assert terms.audience == audience
    assert ("not-for-all-audiences" in terms.restrictions) == is_adult


def test_the_base_models_licence_binds_whatever_the_uploader_allows(ask_version) -> None:
    ask, _hub = ask_version(base_model="Flux.1 D")
    terms = ask.one("civitai:70").terms
    assert (terms.licence, terms.commercial_use) == ("civitai (sell)", False)
    assert "Flux.1 D is under flux-1-dev-non-commercial-license" in terms.reason


def test_a_person_and_a_rating_are_told_though_the_models_page_is_gone(ask_site, site) -> None:
    short = {"type": "LORA", "nsfw": True, "poi": True}
    site.says_json("/api/v1/model-versions/51", {"id": 51, "modelId": 5, "model": short, "nsfwLevel": 16})
    site.says("/api/download/models/51", 206, b"x", Content_Range="bytes 0-0/9")
    terms = ask_site.one("civitai:51").terms
    assert (terms.licence, terms.commercial_use, terms.audience) == (None, None, "XXX")
    assert terms.restrictions == ("not-for-all-audiences", "real-person")


def test_a_licence_that_cannot_be_read_stops_nothing(ask_site, site) -> None:
    site.says_json("/api/v1/model-versions/51", {"id": 51, "modelId": 5})
    site.says("/api/v1/models/5", 500)
    site.says("/api/download/models/51", 206, b"x", Content_Range="bytes 0-0/9")
    assert ask_site.one("civitai:51").terms.licence is None


SHA256 = "A" * 64


def test_the_words_that_a_model_was_trained_on_are_told(ask_version) -> None:
    ask, _hub = ask_version(trained_words=("mgstyle", "blue hair,  long hair", "mgstyle"))
    assert ask.one("civitai:70").trained_words == ("mgstyle", "blue hair", "long hair")


@pytest.mark.parametrize(
    "stated", [None, 7, "mgstyle", {"a": 1}, [None, 7, ["x"]], ["a\0b", "\x1b[2J", "x" * 5000]]
)
def test_words_that_are_none_are_left_out(ask_site, site, stated) -> None:
    site.says_json("/api/v1/model-versions/51", {"id": 51, "trainedWords": stated})
    site.says("/api/download/models/51", 206, b"x", Content_Range="bytes 0-0/9")
    assert ask_site.one("civitai:51").trained_words == ()


@pytest.mark.parametrize(
    "version",
    [
        {},
        {"id": None, "modelId": None, "files": None, "model": None},
        {"id": "51", "modelId": "5", "files": "none", "model": "LORA"},
        {"id": True, "modelId": [], "files": {}, "model": []},
        {"id": 51, "files": []},
        {"id": 51, "files": [None, 5, "x", []]},
        {"id": 51, "files": [{}]},
        {"id": 51, "files": [{"id": "7", "name": None, "hashes": None, "primary": True}]},
        {"id": 51, "files": [{"id": 7, "name": ["x"], "hashes": [], "primary": "yes"}]},
        {"id": 51, "files": [{"id": 7.5, "name": 5, "hashes": {"SHA256": None, "AutoV2": 5, "BLAKE3": ""}}]},
        {"id": 51, "files": [{"hashes": {"SHA256": "zz"}, "primary": True, "sizeKB": "many"}]},
        {"id": 51, "model": {"type": None}, "files": [{"name": "../../x", "primary": True}]},
        {"id": 51, "model": {"type": {"a": 1}}},
    ],
)
def test_a_malformed_version_is_pinned_all_the_same(ask_site, site, version) -> None:
    site.says_json("/api/v1/model-versions/51", version)
    site.says("/api/download/models/51", 206, b"x", Content_Range="bytes 0-0/9")
    candidate = ask_site.one("civitai:51", digest=Digest("sha256", SHA256))
    assert candidate.id.partition("+")[0] == "civitai:51"
    assert candidate.url.startswith(f"{site.origin}/api/download/models/51")
    assert "None" not in candidate.url
    assert candidate.size == 9
    assert candidate.digest is None


@pytest.mark.parametrize("document", [[], "text", 5, None, [{"id": 51}]])
def test_a_document_of_another_kind_is_nothing(ask_site, site, document) -> None:
    for path in ("model-versions/51", "models/5", f"model-versions/by-hash/{SHA256.lower()}"):
        site.says_json(f"/api/v1/{path}", document)
    assert ask_site("civitai:51", "https://civitai.com/models/5") == []
    assert ask_site(digest=Digest("sha256", SHA256)) == []


@pytest.mark.parametrize("versions", [None, [], {}, "x", [None], [{}], [{"id": "52"}]])
def test_a_model_without_a_usable_version_is_nothing(ask_site, site, versions) -> None:
    site.says_json("/api/v1/models/5", {"modelVersions": versions})
    assert ask_site("https://civitai.com/models/5") == []


def test_a_digest_answer_for_other_bytes_is_nothing(ask_site, site) -> None:
    answer = {"id": 51, "files": [{"id": 7, "hashes": {"SHA256": "B" * 64}}]}
    site.says_json(f"/api/v1/model-versions/by-hash/{SHA256.lower()}", answer)
    assert ask_site(digest=Digest("sha256", SHA256)) == []


def test_the_only_file_is_the_one_even_when_nobody_calls_it_primary(ask_site, site) -> None:
    site.says_json("/api/v1/model-versions/51", {"id": 51, "files": [{"id": 7, "name": "x.safetensors"}]})
    site.says("/api/download/models/51", 206, b"x", Content_Range="bytes 0-0/9")
    assert ask_site.one("civitai:51").id == "civitai:51+7"


def test_a_server_without_ranges_still_tells_the_size(ask_site, site) -> None:
    site.says_json("/api/v1/model-versions/51", {"id": 51})
    site.says("/api/download/models/51", 200, b"12345")
    assert ask_site.one("civitai:51").size == 5


def test_a_download_that_leaves_the_list_of_hosts_is_a_barrier(ask_site, site) -> None:
    site.says_json("/api/v1/model-versions/51", {"id": 51})
    site.says("/api/download/models/51", 307, Location="https://cdn.example/x?signature=secret")
    barrier = ask_site.one("civitai:51").barrier
    assert barrier.kind == "host"
    assert "https://cdn.example" in barrier.hint
    assert "secret" not in repr(barrier)


def test_an_api_that_leaves_the_list_of_hosts_is_a_failure(ask_site, site) -> None:
    site.says("/api/v1/model-versions/51", 302, Location="https://elsewhere.example/")
    with pytest.raises(SourceUnavailable, match=r"elsewhere\.example"):
        ask_site("civitai:51")


def test_civitai_does_not_take_us_for_a_browser(ask_site, site) -> None:
    ask_site("civitai:51")
    agents = {headers["User-Agent"] for _method, _path, headers in site.requests}
    assert agents
    browsers = ("mozilla", "chrome", "safari", "firefox", "opera", "edge", "python", "urllib", "requests")
    assert not any(word in agent.lower() for agent in agents for word in browsers)


def test_a_token_in_a_link_goes_nowhere(ask, hub) -> None:
    candidate = ask.one("https://civitai.com/api/download/models/51?token=secret")
    assert "secret" not in repr(candidate)


def test_offline_a_version_is_taken_as_it_is_and_a_model_is_not(asks, hub, contacted) -> None:
    ask = asks("civitai", replace(settings_for(hub), offline=True))
    candidate = ask.one("civitai:51+2")
    assert (candidate.id, candidate.size) == ("civitai:51+2", None)
    assert candidate.url == f"{hub.endpoint}/api/download/models/51?fileId=2"
    assert ask("https://civitai.com/models/5") == []
    assert contacted == set()


# Short digests, as infotext has them


@pytest.mark.parametrize("algorithm", ["autov3", "shorthash"])
def test_a_digest_of_the_tensors_finds_the_file(ask, hub, algorithm) -> None:
    content = hub.content("civitai/51/small.safetensors")
    candidate = ask.one(digest=Digest(algorithm, content.tensors_sha256[:12]))
    assert (candidate.id, candidate.evidence) == ("civitai:51+1", Evidence.SAME_DIGEST)
    assert candidate.digest == Digest("sha256", content.sha256)


def test_a_short_hash_that_begins_the_sha256_is_asked_for_as_autov2(ask, hub) -> None:
    content = hub.content("civitai/51/old.ckpt")
    candidate = ask.one(digest=Digest("shorthash", content.sha256[:12]))
    assert candidate.id == "civitai:51+3"
    asked = [record.path for record in hub.requests if "by-hash" in record.path]
    assert [path.rpartition("/")[2] for path in asked] == [content.sha256[:12], content.sha256[:10]]


def test_a_short_hash_whose_last_digits_differ_is_another_file(ask, hub) -> None:
    content = hub.content("civitai/51/old.ckpt")
    other = "00" if content.sha256[10:12] != "00" else "11"
    assert ask(digest=Digest("shorthash", content.sha256[:10] + other)) == []


def test_the_old_hash_that_many_files_share_is_no_proof(asks, hub_with) -> None:
    big = CivitaiVersion(80, 8, type="Checkpoint", files=(CivitaiFile(800, "m.safetensors", primary=True),))
    hub = hub_with(civitai=(big,), files={"civitai/80/m.safetensors": 3 * 2**20})
    digest = Digest("autov1", hub.content("civitai/80/m.safetensors").autov1)
    assert asks("civitai", settings_for(hub)).one(digest=digest).evidence is Evidence.SAME_NAME


def test_an_autov3_of_full_length_is_compared_by_its_first_digits(ask_site, site) -> None:
    digits = "7c6bad76eb54" + "0" * 52
    files = [{"id": 1, "name": "x.safetensors", "hashes": {"AutoV3": digits.upper()}}]
    site.says_json("/api/v1/model-versions/by-hash/7c6bad76eb54", {"id": 51, "files": files})
    site.says("/api/download/models/51", 206, b"x", Content_Range="bytes 0-0/9")
    assert ask_site.one(digest=Digest("shorthash", digits[:12])).id == "civitai:51+1"


def test_a_stem_picks_the_file_of_that_stem(ask) -> None:
    assert ask.one("civitai:51", name="old").id == "civitai:51+3"
    assert ask.one("civitai:51", name="sub/small").id == "civitai:51+1"
    assert ask.one("civitai:51", name="unknown").id == "civitai:51+2"


def test_a_candidate_says_model_version_and_author(ask_version) -> None:
    ask_it, _hub = ask_version(model_name="Dream\nShaper", name="v8")
    (found,) = ask_it("civitai:70")
    assert found.title == "Dream Shaper v8, by embedded-user"
