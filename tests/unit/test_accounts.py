"""Whether a credential works, as its place says."""

from __future__ import annotations

import pytest
from conftest import environ_of

from modelget.accounts import try_account
from modelget.hub import HubRules
from modelget.library import open_library
from modelget.pipeline import open_workshop
from modelget.settings import load_settings

RULES = HubRules(civitai_tokens=frozenset({"right"}), tokens={"hf_right": frozenset()})


@pytest.fixture
def rules() -> HubRules:
    return RULES


def tried(place, hub, models, **environ):
    shop = open_workshop(load_settings(environ_of(hub) | environ), open_library(models_dir=models))
    return try_account(place, shop.settings, shop.http)


@pytest.mark.parametrize(
    ("place", "variable", "right"),
    [("civitai", "CIVITAI_API_TOKEN", "right"), ("huggingface", "HF_TOKEN", "hf_right")],
)
def test_a_place_accepts_the_right_one_and_refuses_another(hub, models, place, variable, right):
    assert tried(place, hub, models, **{variable: right})[0] == "works"
    assert tried(place, hub, models, **{variable: "wrong"})[0] == "refused"
    assert tried(place, hub, models)[0] == "none"


def test_nobody_is_asked_without_a_credential_or_a_question(hub, models):
    assert tried("kaggle", hub, models, KAGGLE_API_TOKEN="x")[0] == "unknown"
    assert tried("github", hub, models)[0] == "none"
    assert hub.requests == []


def test_a_place_that_does_not_answer_refuses_nothing(hub, models):
    result, message = tried("civitai", hub, models, CIVITAI_API_TOKEN="right", HF_HUB_OFFLINE="1")
    assert result == "unreachable"
    assert "right" not in message
