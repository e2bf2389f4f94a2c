"""The table of licences: what each kind says about commercial use, and what nobody can say."""

from __future__ import annotations

import pytest

from modelget.licences import LICENCES, bound_by, find_licence, terms_of
from modelget.types import Restriction, Terms

FREE = ["apache-2.0", "MIT", "Apache License 2.0", "bsd-3-clause", "cc0-1.0", "unlicense", "openmdw-1.0"]
FREE_WITH_LIMITS = {
    "cc-by-4.0": "credit-required",
    "cc-by-sa-4.0": "same-permissions",
    "cc-by-nd-4.0": "no-derivatives",
    "gpl-3.0": "same-permissions",
    "agpl-3.0": "same-permissions",
    "openrail": "use-restrictions",
    "openrail++": "use-restrictions",
    "creativeml-openrail-m": "use-restrictions",
    "bigscience-openrail-m": "use-restrictions",
    "bigscience-bloom-rail-1.0": "use-restrictions",
    "gemma": "use-restrictions",
    "nvidia-open-model-license": "use-restrictions",
    "fair-ai-public-license-1.0-sd": "use-restrictions",
}
FORBIDDEN = [
    "cc-by-nc-4.0",
    "CC-BY-NC-SA-4.0",
    "cc-by-nc-nd-3.0",
    "flux-1-dev-non-commercial-license",
    "flux-dev-non-commercial-license",
    "FLUX.1 [dev] Non-Commercial License",
    "apple-amlr",
    "deepfloyd-if-license",
    "stabilityai-nc-research-community",
    "sai-nc-community",
    "stable-cascade-nc-community",
    "qwen-research",
    "fair-noncommercial-research-license",
    "s-lab-license-1.0",
    "bria-2.3",
]
CONDITIONAL = {
    "stabilityai-ai-community": "revenue",
    "stable-audio-community": "revenue",
    "llama2": "700 million",
    "llama3.1": "700 million",
    "llama3.2": "EU",
    "llama4": "EU",
    "tencent-hunyuan-community": "EU",
    "qwen": "100 million",
    "cogvlm": "registration",
    "ltx-video-open-weights-license": "10 million",
}
NOBODY_KNOWS = ["other", "unknown", "cc", "my-own-licence", "apache", "mit-0-ish", "cc-by-something"]


@pytest.mark.parametrize("name", FREE)
def test_a_permissive_licence_allows_commercial_use_without_limits(name) -> None:
    terms = terms_of(name)
    assert (terms.licence, terms.commercial_use, terms.restrictions) == (name, True, ())


@pytest.mark.parametrize(("name", "limit"), FREE_WITH_LIMITS.items())
def test_a_licence_with_conditions_for_all_allows_it_and_tells_them(name, limit) -> None:
    terms = terms_of(name)
    assert terms.commercial_use is True
    assert limit in terms.restrictions


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_forbids_commercial_use_is_told_with_the_reason(name) -> None:
    terms = terms_of(name)
    assert terms.commercial_use is False
    assert Restriction.NON_COMMERCIAL in terms.restrictions
    assert terms.reason


@pytest.mark.parametrize(("name", "word"), CONDITIONAL.items())
def test_what_depends_on_who_asks_is_neither_allowed_nor_forbidden(name, word) -> None:
    terms = terms_of(name)
    assert terms.commercial_use is None
    assert Restriction.SIZE_LIMIT in terms.restrictions
    assert word in terms.reason


@pytest.mark.parametrize("name", NOBODY_KNOWS)
def test_an_unknown_licence_stays_unknown_whatever_it_resembles(name) -> None:
    terms = terms_of(name)
    assert (terms.licence, terms.commercial_use, terms.restrictions) == (name, None, ())


@pytest.mark.parametrize("name", ["gpl-3.0-nc", "apache-2.0-non-commercial", "noncommercial-openrail-m"])
def test_a_name_that_says_non_commercial_is_believed_before_what_it_resembles(name) -> None:
    assert terms_of(name).commercial_use is False


@pytest.mark.parametrize("row", LICENCES, ids=lambda row: row.names[:30])
def test_every_row_can_be_reached_by_each_of_its_names(row) -> None:
    for name in row.names.split():
        example = name.replace("[1-4]", "4").replace("[1-3]", "3").replace("[0-9]", "0").replace("*", "x")
        found = find_licence(example)
        assert found is not None
        assert found.commercial_use is row.commercial_use, example
        assert row.reason


@pytest.mark.parametrize(
    ("name", "link"),
    [
        ("Apache-2.0", "https://spdx.org/licenses/Apache-2.0.html"),
        ("cc-by-nc-sa-4.0", "https://creativecommons.org/licenses/by-nc-sa/4.0/"),
        ("gemma", "https://ai.google.dev/gemma/terms"),
        ("my-own-licence", None),
    ],
)
def test_a_well_known_text_is_linked(name, link) -> None:
    assert terms_of(name).link == link
    assert terms_of(name, link="https://o.example/mine").link == "https://o.example/mine"


def test_of_several_licences_the_one_that_allows_least_counts() -> None:
    terms = terms_of(["mit", "cc-by-nc-4.0", "llama3"])
    assert (terms.licence, terms.commercial_use) == ("mit, cc-by-nc-4.0, llama3", False)
    assert terms_of(["mit", "llama3"]).commercial_use is None
    assert terms_of(["mit", "apache-2.0"]).commercial_use is True


@pytest.mark.parametrize("stated", [None, 5, True, {}, {"mit": 1}, [], [None, 7], "", "  ", "\x00\x1b", [[]]])
def test_where_no_licence_is_stated_none_is_made_up(stated) -> None:
    terms = terms_of(stated)
    assert (terms.licence, terms.link, terms.commercial_use) == (None, None, None)
    assert "all rights are reserved" in terms.reason


def test_a_hostile_name_is_cut_and_cannot_steer_a_terminal() -> None:
    terms = terms_of("mit\x1b[2J\n" + "x" * 10_000)
    assert terms.licence is not None
    assert len(terms.licence) == 100
    assert terms.licence.isprintable()
    assert terms.commercial_use is None


@pytest.mark.parametrize(
    "base",
    [
        "black-forest-labs/FLUX.1-dev",
        "black-forest-labs/FLUX.1-Kontext-dev",
        ["runwayml/stable-diffusion-v1-5", "black-forest-labs/FLUX.1-Fill-dev"],
        "Flux.1 D",
    ],
)
def test_a_base_model_that_forbids_commercial_use_binds_what_is_made_from_it(base) -> None:
    terms = bound_by(terms_of("mit"), base)
    assert (terms.licence, terms.commercial_use) == ("mit", False)
    assert Restriction.NON_COMMERCIAL in terms.restrictions
    assert "base model" in terms.reason


def test_a_base_model_never_makes_terms_laxer() -> None:
    forbidden = terms_of("cc-by-nc-4.0")
    assert bound_by(forbidden, "SD 3.5").commercial_use is False
    assert bound_by(forbidden, "SD 3.5").reason == forbidden.reason
    assert bound_by(terms_of("mit"), "SD 3.5").commercial_use is None
    assert bound_by(Terms(), "Flux.1 D").commercial_use is False


@pytest.mark.parametrize(
    "base", [None, 5, {}, [None], "SDXL 1.0", "black-forest-labs/FLUX.1-schnell", "x" * 10**5]
)
def test_any_other_base_model_changes_nothing(base) -> None:
    assert bound_by(terms_of("mit"), base) == terms_of("mit")
