"""Who may be contacted once everything is brought together."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelget.errors import SourceUnavailable
from modelget.library import open_library
from modelget.pipeline import Workshop, open_workshop
from modelget.settings import load_settings


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
