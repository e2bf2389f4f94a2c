"""What can be searched: an owner's repositories on the Hub, models at Civitai."""

from __future__ import annotations

import pytest
import requests

from modelget.hub import CivitaiVersion, EmbeddedHub, RateLimit

FILES = {f"Kijai/r{number}/x{number}.safetensors": 10 for number in range(5)}
FILES |= {"other/r/x.safetensors": 10, "datasets/Kijai/set/x.bin": 10, "Kijai/secret/x.safetensors": 10}


def models(hub: EmbeddedHub, token: str = "", **query: object) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.get(f"{hub.endpoint}/api/models", params=query, headers=headers, timeout=10)


@pytest.fixture
def hub(hub_with) -> EmbeddedHub:
    return hub_with(
        files=FILES, private=frozenset({"Kijai/secret"}), tokens={"hf_mine": frozenset({"Kijai/secret"})}
    )


def test_an_owners_repositories_are_listed_with_their_files(hub) -> None:
    listed = models(hub, author="kijai", full="true").json()
    assert [one["id"] for one in listed] == [f"Kijai/r{number}" for number in range(5)]
    assert listed[0]["siblings"] == [{"rfilename": "x0.safetensors"}]


def test_without_full_no_files_are_listed(hub) -> None:
    assert all("siblings" not in one for one in models(hub, author="Kijai").json())


def test_private_repositories_are_listed_for_those_who_may_see_them(hub) -> None:
    assert "Kijai/secret" in [one["id"] for one in models(hub, "hf_mine", author="Kijai").json()]


def test_pages_name_the_next_one_until_the_last(hub) -> None:
    answer, seen = models(hub, author="Kijai", full="true", limit=2), []
    for _page in range(3):
        seen += [one["id"] for one in answer.json()]
        if "next" in answer.links:
            answer = requests.get(answer.links["next"]["url"], timeout=10)
    assert seen == [f"Kijai/r{number}" for number in range(5)]
    assert "next" not in answer.links


def test_nobody_has_nothing(hub) -> None:
    assert models(hub, author="nobody").json() == []


def test_an_owner_can_be_rate_limited(hub_with) -> None:
    hub = hub_with(rate_limited={"Kijai": RateLimit(7)})
    assert models(hub, author="Kijai").headers["RateLimit"].endswith("t=7")
    assert models(hub, author="Kijai").status_code == 200


def found(hub: EmbeddedHub, **query: object) -> requests.Response:
    return requests.get(f"{hub.endpoint}/api/v1/models", params=query, timeout=10)


def test_civitai_finds_models_by_the_words_of_their_names_newest_first(hub_with) -> None:
    versions = (
        CivitaiVersion(110, model_name="Dream Shaper"),
        CivitaiVersion(111, model_name="Dream Shaper"),
        CivitaiVersion(120, model_name="Dream Weaver", nsfw=True),
    )
    hub = hub_with(civitai=versions)
    items = found(hub, query="dream", nsfw="true").json()["items"]
    assert [one["id"] for one in items] == [12, 11]
    assert [version["id"] for version in items[1]["modelVersions"]] == [111, 110]
    assert [one["id"] for one in found(hub, query="dream").json()["items"]] == [11]
    assert found(hub, query="dream lost").json()["items"] == []
    assert len(found(hub, query="dream", nsfw="true", limit=1).json()["items"]) == 1


def test_civitai_refuses_pages_of_a_search_and_too_large_ones(hub) -> None:
    assert found(hub, query="x", page=2).status_code == 400
    assert found(hub, query="x", limit=101).status_code == 400
