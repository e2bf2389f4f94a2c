"""Civitai's search: suggestions only, and only for names that may be found by it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from modelget.errors import SourceUnavailable
from modelget.http import Http
from modelget.hub import CivitaiFile, CivitaiVersion, HubRules, RateLimit
from modelget.search.civitai_names import CivitaiNames
from modelget.types import Digest, Evidence, Requirement

from .conftest import http_for, settings_for

VERSIONS = (
    CivitaiVersion(
        110,
        name="8",
        model_name="DreamShaper",
        type="Checkpoint",
        files=(CivitaiFile(1, "dreamshaper_8.safetensors", primary=True), CivitaiFile(2, "other.vae.pt")),
    ),
    CivitaiVersion(
        120,
        name="v2.0",
        model_name="Detail Tweaker XL",
        files=(CivitaiFile(3, "add-detail-xl.safetensors", primary=True),),
        nsfw=True,
    ),
)


@pytest.fixture
def rules() -> HubRules:
    return HubRules(civitai=VERSIONS)


@pytest.fixture
def http(hub) -> Iterator[Http]:
    client = http_for(settings_for(hub))
    yield client
    client.close()


@pytest.fixture
def find(hub, http):
    def ask(name: str, endpoint: str = hub.endpoint, **more):
        return list(CivitaiNames((endpoint,)).listings(Requirement(name, **more), http))

    return ask


def test_the_file_of_that_name_is_suggested_by_version_and_file(find) -> None:
    (found,) = find("dreamshaper_8.safetensors")
    assert (found.name, found.url, found.trust) == (
        "dreamshaper_8.safetensors",
        "civitai:110+1",
        Evidence.SAME_NAME,
    )
    assert found.named_by == "a search at Civitai"


@pytest.mark.parametrize(
    "name",
    [
        "DreamShaper-8.safetensors",
        "sub/dreamshaper 8.safetensors",
        "dreamshaper_8",
        "detail_tweaker_xl_v2.0.safetensors",
        "detailTweakerXL_v20.safetensors",
    ],
)
def test_case_and_separators_do_not_matter_nor_does_civitais_own_name_for_the_file(find, name) -> None:
    assert len(find(name)) == 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("juggernautXL_v9Rundiffusionphoto2.safetensors", "juggernaut XL"),
        ("realisticVisionV60B1_v51HyperVAE.safetensors", "realistic Vision"),
        ("dreamshaper_8_pruned_fp16.safetensors", "dreamshaper"),
        ("add-detail-xl.safetensors", "add detail xl"),
        ("国风_v3.safetensors", "国风"),
    ],
)
def test_the_words_of_the_models_name_are_searched_for_first(site, hub, name, words) -> None:
    site.says_json("/api/v1/models", {"items": []})
    client = http_for(settings_for(hub, allow_hosts=(site.origin,)))
    assert list(CivitaiNames((site.origin,)).listings(Requirement(name), client)) == []
    client.close()
    asked = [parse_qs(urlsplit(path).query)["query"] for _method, path, _headers in site.requests]
    assert asked[0] == [words]
    assert len(asked) <= 2


@pytest.mark.parametrize(
    "name", ["dreamshaper_7.safetensors", "dreamshaper.safetensors", "unknown.safetensors"]
)
def test_what_the_search_finds_under_another_name_is_not_suggested(find, name) -> None:
    assert find(name) == []


@pytest.mark.parametrize("name", ["model.safetensors", "vae.pt", "a1.pt", "0123456789abcdef", "123:45"])
def test_a_name_that_says_nothing_is_not_searched_for(find, hub, name) -> None:
    assert find(name) == []
    assert hub.requests == []


def test_what_is_wanted_by_digest_is_not_searched_for(find, hub) -> None:
    assert find("dreamshaper_8.safetensors", digest=Digest("autov2", "a" * 10)) == []
    assert hub.requests == []


def test_offline_asks_nobody(hub) -> None:
    client = http_for(settings_for(hub, offline=True))
    assert list(CivitaiNames((hub.endpoint,)).listings(Requirement("dreamshaper_8.pt"), client)) == []
    client.close()
    assert hub.requests == []


@pytest.mark.parametrize("rules", [HubRules(rate_limited={"civitai/search": RateLimit(30, times=99)})])
def test_a_rate_limit_is_no_answer(find) -> None:
    with pytest.raises(SourceUnavailable) as told:
        find("dreamshaper_8.safetensors")
    assert (told.value.kind, told.value.retry_after) == ("rate-limited", 30)


def test_when_one_site_is_down_the_other_is_asked(hub, http, closed_port) -> None:
    client = http_for(settings_for(hub, allow_hosts=(closed_port,)))
    search = CivitaiNames((closed_port, hub.endpoint))
    assert len(list(search.listings(Requirement("dreamshaper_8.safetensors"), client))) == 1
    client.close()


def test_only_a_few_are_suggested_exact_names_first(site, hub) -> None:
    versions = [
        {"id": n, "name": "8", "files": [{"id": n, "name": "dream-shaper-8.pt", "primary": True}]}
        for n in range(9)
    ]
    versions.append({"id": 77, "files": [{"id": 78, "name": "dreamshaper_8.pt"}]})
    site.says_json("/api/v1/models", {"items": [{"name": "DreamShaper", "modelVersions": versions}]})
    client = http_for(settings_for(hub, allow_hosts=(site.origin,)))
    found = list(CivitaiNames((site.origin,)).listings(Requirement("dreamshaper_8.pt"), client))
    client.close()
    assert len(found) == 3
    assert found[0].url == "civitai:77+78"


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        {"items": None},
        {"items": [None, 5, {}, {"modelVersions": 5}, {"modelVersions": [None, {"files": [None, {}]}]}]},
        {
            "items": [
                {"name": 5, "modelVersions": [{"id": "x", "files": [{"id": 1, "name": "dreamshaper8.pt"}]}]}
            ]
        },
        {"items": [{"modelVersions": [{"id": 1, "files": [{"id": -1, "name": "dreamshaper8.pt"}]}]}]},
    ],
)
def test_odd_answers_suggest_nothing(site, hub, answer) -> None:
    site.says_json("/api/v1/models", answer)
    client = http_for(settings_for(hub, allow_hosts=(site.origin,)))
    assert list(CivitaiNames((site.origin,)).listings(Requirement("dreamshaper_8.pt"), client)) == []
    client.close()
