"""ModelScope's protocol on the hub, asked with plain HTTP."""

from __future__ import annotations

from dataclasses import replace

import pytest
import requests

from modelget.hub import EmbeddedHub, ModelScopeRules
from modelget.hub.modelscope import commit_of

API = "/api/v1/models/o/r"
RULES = ModelScopeRules(
    files={"o/r": ("a/x.safetensors", "config.json"), "o/gated": ("x.pt",), "o/private": ("x.pt",)},
    gated=frozenset({"o/gated"}),
    private=frozenset({"o/private"}),
    unknown_revisions=frozenset({"no-such"}),
    tokens={"ms-good": frozenset({"o/private"})},
)


@pytest.fixture
def hub(hub_with) -> EmbeddedHub:
    return hub_with(modelscope=RULES)


def get(hub: EmbeddedHub, path: str, **headers: str) -> requests.Response:
    return requests.get(hub.endpoint + path, headers=headers, timeout=10)


def names(answer: requests.Response) -> list[str]:
    return [entry["Path"] for entry in answer.json()["Data"]["Files"]]


def test_a_list_has_size_sha256_and_the_commit_that_last_changed_a_file(hub) -> None:
    (entry,) = get(hub, f"{API}/repo/files?Revision=master&Root=a").json()["Data"]["Files"]
    content = hub.content("modelscope/o/r/a/x.safetensors")
    assert (entry["Size"], entry["Sha256"], entry["Type"]) == (content.size, content.sha256, "blob")
    assert entry["Revision"] == commit_of("o/r", "a/x.safetensors")


def test_a_list_is_of_one_folder_or_of_all(hub) -> None:
    assert names(get(hub, f"{API}/repo/files")) == ["config.json"]
    assert names(get(hub, f"{API}/repo/files?Recursive=True")) == ["a/x.safetensors", "config.json"]


def test_a_long_list_is_cut_short_without_a_word(hub_with) -> None:
    hub = hub_with(modelscope=replace(RULES, longest_list=1))
    answer = get(hub, f"{API}/repo/files?Recursive=True")
    assert (names(answer), answer.json()["Success"]) == (["a/x.safetensors"], True)


def test_an_unknown_revision_is_no_error_and_has_no_files(hub) -> None:
    answer = get(hub, f"{API}/repo/files?Revision=no-such")
    assert (answer.status_code, answer.json()["Success"], answer.json()["Data"]["Files"]) == (200, True, None)


@pytest.mark.parametrize(
    "path",
    ["/models/o/r/resolve/master/a/x.safetensors", f"{API}/repo?Revision=v&FilePath=a%2Fx.safetensors"],
)
def test_both_ways_to_a_file_lead_to_the_storage(hub, path) -> None:
    answer = get(hub, path, Range="bytes=0-9")
    assert answer.url.startswith(hub.storage_origin)
    assert answer.content == hub.content("modelscope/o/r/a/x.safetensors").read(0, 10)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/models/o/gated", 200),
        ("/api/v1/models/o/gated/repo/files", 403),
        ("/models/o/gated/resolve/master/x.pt", 403),
        ("/api/v1/models/o/private", 404),
        ("/api/v1/models/o/private/repo/files", 404),
        ("/api/v1/models/o/nowhere", 404),
        (f"{API}/repo?FilePath=no.pt", 404),
    ],
)
def test_strangers_see_the_card_of_a_gated_repository_and_nothing_of_a_private_one(hub, path, status) -> None:
    assert get(hub, path).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Cookie": "m_session_id=ms-good"}, 200),
        ({"Authorization": "Bearer ms-good"}, 404),
        ({"Cookie": "m_session_id=ms-bad"}, 404),
        ({"Cookie": "m_session_id=ms-bad; x=\x01"}, 404),
    ],
)
def test_a_reader_is_known_by_the_cookie(hub, headers, status) -> None:
    answer = get(hub, "/models/o/private/resolve/master/x.pt", Range="bytes=0-0", **headers)
    assert (200 if answer.status_code == 206 else answer.status_code) == status
