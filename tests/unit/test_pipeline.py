"""Once everything is brought together: who may be contacted, and what becomes of links that age."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelget.errors import AccessDenied, SourceUnavailable
from modelget.hub import DriveRules, EmbeddedHub, HubRules
from modelget.library import open_library
from modelget.pipeline import Workshop, carry_out, open_workshop, plan_for
from modelget.progress import Progress
from modelget.settings import load_settings
from modelget.types import Fetched, Plan, Requirement, Workflow

LARGE = "https://drive.google.com/file/d/0B_large_file/view"


class Quiet:
    def report(self, progress: Progress) -> None:
        pass


def drive(state: str) -> HubRules:
    rules = DriveRules(files={"0B_large_file": "x.safetensors"}, states={"0B_large_file": state})
    return HubRules(google_drive=rules)


@pytest.fixture
def planned(hub: EmbeddedHub, models: Path, modelget) -> tuple[Workshop, list[Plan]]:
    """A plan for one file of the embedded Drive, and with what to carry it out."""
    shop = open_workshop(load_settings(modelget.environ), open_library(models_dir=models))
    wanted = Requirement("x.safetensors", "vae", urls=(LARGE,))
    return shop, plan_for([Workflow("x.json", (wanted,))], shop)


@pytest.mark.parametrize("rules", [drive("unscanned-uuid")])
def test_a_link_that_aged_between_plan_and_fetch_is_asked_for_again(hub, planned) -> None:
    shop, plans = planned
    hub.expire_signed_urls()
    (outcome,) = carry_out(plans, shop, Quiet()).values()
    assert isinstance(outcome, Fetched)
    assert outcome.file.digest.hex == hub.content("drive/x.safetensors").sha256


@pytest.mark.parametrize("rules", [drive("unscanned")])
def test_a_place_that_stops_giving_says_why_in_its_own_words(hub, planned, monkeypatch) -> None:
    shop, plans = planned
    states = {"0B_large_file": "unscanned-quota"}
    monkeypatch.setattr(hub._drive, "_rules", DriveRules({"0B_large_file": "x.safetensors"}, states))
    (outcome,) = carry_out(plans, shop, Quiet()).values()
    assert isinstance(outcome, SourceUnavailable)
    assert "within a day" in str(outcome)


@pytest.mark.parametrize("rules", [HubRules()])
def test_where_the_link_is_the_same_a_refusal_stays_a_refusal(hub, models, modelget, monkeypatch) -> None:
    shop = open_workshop(load_settings(modelget.environ), open_library(models_dir=models))
    wanted = Requirement("x.safetensors", "vae", urls=("hf:o/r/x.safetensors",))
    plans = plan_for([Workflow("x.json", (wanted,))], shop)
    monkeypatch.setattr(hub._storage, "signed_url", lambda *_words: hub.storage_origin + "/x")
    (outcome,) = carry_out(plans, shop, Quiet()).values()
    assert isinstance(outcome, AccessDenied)
    assert [record.status for record in hub.requests if record.origin == "storage"] == [403]


@pytest.fixture
def shop(models) -> Workshop:
    return open_workshop(load_settings({}), open_library(models_dir=models))


def test_built_in_endpoints_are_allowed_by_name_and_get_no_leave_for_private_addresses(shop) -> None:
    assert shop.http.policy.allows("https://huggingface.co/x")
    assert shop.http.policy.allows("https://civitai.red/x")
    assert shop.http.policy.origins == frozenset()


def test_a_built_in_name_that_resolves_to_this_machine_is_not_contacted(shop, monkeypatch) -> None:
    local = [(2, 1, 6, "", ("127.0.0.1", 443))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *args, **options: local)
    monkeypatch.setattr("socket.create_connection", lambda *args, **options: pytest.fail("connected"))
    with pytest.raises(SourceUnavailable):
        shop.http.open("https://huggingface.co/x")


def test_a_mirror_that_the_owner_set_is_an_origin_of_its_own(models: Path) -> None:
    environ = {"HF_ENDPOINT": "http://127.0.0.1:9000", "MODELGET_ALLOW_HOSTS": "http://localhost:9001"}
    policy = open_workshop(load_settings(environ), open_library(models_dir=models)).http.policy
    assert policy.origins == {"http://127.0.0.1:9000", "http://localhost:9001"}
