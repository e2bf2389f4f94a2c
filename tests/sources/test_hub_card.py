"""What a card on the Hub says about licence and limits; every field may hold anything."""

from __future__ import annotations

import pytest

from modelget.settings import Settings
from modelget.sources.shared.terms import hub_terms
from modelget.types import Restriction

pytestmark = pytest.mark.hub_client

PAGE = "https://huggingface.co/o/r"
COMMIT = "a" * 40


@pytest.mark.parametrize(
    ("card", "tags", "licence"),
    [
        ({"license": "mit"}, [], "mit"),
        ({"license": ["mit", "cc-by-4.0"]}, [], "mit, cc-by-4.0"),
        (
            {"license": "other", "license_name": "flux-1-dev-non-commercial-license"},
            [],
            "flux-1-dev-non-commercial-license",
        ),
        ({"license": ["other"], "license_name": "gemma"}, [], "gemma"),
        ({"license": "other"}, [], "other"),
        ({"license": "mit", "license_name": "gemma"}, [], "mit"),
        ({}, ["license:apache-2.0"], "apache-2.0"),
        (None, ["license:apache-2.0", "license:mit"], "apache-2.0, mit"),
        ({"license": "mit"}, ["license:apache-2.0"], "mit"),
        ({}, [], None),
        (None, None, None),
    ],
)
def test_the_licence_is_the_cards_else_that_of_the_tags(card, tags, licence) -> None:
    assert hub_terms(card, tags, PAGE).licence == licence


@pytest.mark.parametrize(
    ("written", "link"),
    [
        ("https://o.example/licence", "https://o.example/licence"),
        ("LICENSE.md", f"{PAGE}/blob/main/LICENSE.md"),
        ("./LICENSE", f"{PAGE}/blob/main/LICENSE"),
        ("docs/a%b.txt", f"{PAGE}/blob/main/docs/a%25b.txt"),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("//evil.example/x", None),
        ("../../x", None),
        ("https://name:password@o.example/x", None),
        ("https://token@o.example/x", None),
        ("https://o.example/\x1b[2J", None),
        ("https://[", None),
        ("https://o.example/" + "x" * 600, None),
        ("", None),
        (5, None),
        (["https://o.example"], None),
    ],
)
def test_the_link_leads_to_the_text_or_is_left_out(written, link) -> None:
    assert hub_terms({"license": "other", "license_link": written}, [], PAGE).link == link


def test_adult_content_and_a_closed_union_are_told() -> None:
    card = {"license": "mit", "extra_gated_eu_disallowed": True}
    terms = hub_terms(card, ["not-for-all-audiences"], PAGE, gated=True)
    assert terms.restrictions == (Restriction.EU_EXCLUDED, Restriction.NOT_FOR_ALL_AUDIENCES)
    assert terms.gated
    assert hub_terms({"tags": ["not-for-all-audiences"]}, 5, PAGE).restrictions == (
        Restriction.NOT_FOR_ALL_AUDIENCES,
    )


@pytest.mark.parametrize("odd", [5, {"a": 1}, [5, None, {}], "x" * 10**5, True, [[["mit"]]]])
def test_odd_fields_are_left_out_and_raise_nothing(odd) -> None:
    fields = ("license", "license_name", "license_link", "base_model", "tags", "extra_gated_eu_disallowed")
    for field in fields:
        terms = hub_terms({"license": "other", field: odd}, odd, PAGE)
        assert terms.commercial_use is None
        assert terms.licence is None or len(terms.licence) <= 100


@pytest.mark.parametrize(
    ("answer", "licence", "allowed"),
    [
        ({"cardData": {"license": "mit", "base_model": "black-forest-labs/FLUX.1-dev"}}, "mit", False),
        ({"cardData": {"license": "other", "license_name": "gemma"}}, "gemma", True),
        ({"cardData": {"license": "mit"}, "tags": ["base_model:finetune:tencent/HunyuanVideo"]}, "mit", None),
        ({"cardData": {}, "tags": ["license:cc-by-nc-4.0"]}, "cc-by-nc-4.0", False),
        ({"cardData": "text", "tags": "text"}, None, None),
        ({"cardData": ["license"], "tags": [5, None]}, None, None),
        ({"cardData": {"license": {"a": 1}}}, None, None),
        ({}, None, None),
    ],
)
def test_the_card_comes_through_the_real_client(asks, site, answer, licence, allowed) -> None:
    site.says(
        "/o/r/resolve/main/x.safetensors",
        ETag=f'"{"b" * 64}"',
        X_Repo_Commit=COMMIT,
        X_Linked_Size="5",
        Content_Length="0",
    )
    site.says_json("/api/models/o/r/revision/main", {"id": "o/r", "sha": COMMIT, "siblings": [], **answer})
    ask = asks("huggingface", Settings(hub_endpoint=site.origin))
    terms = ask.one("hf:o/r/x.safetensors").terms
    assert (terms.licence, terms.commercial_use) == (licence, allowed)
