"""ModelScope: what is pinned, whose accounts are needed, and what its server may answer."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

import pytest

from modelget.errors import SourceUnavailable
from modelget.hub import ModelScopeRules
from modelget.hub.modelscope import commit_of
from modelget.settings import Secret
from modelget.sources import modelscope
from modelget.sources.modelscope.references import ModelScopeFile, parse_reference
from modelget.types import Digest, Evidence

from .conftest import settings_for

PATH = "split files/vae/ae.safetensors"
ID = f"modelscope:o/r/{PATH}"
LIST = "/api/v1/models/o/r/repo/files"
CARD = "/api/v1/models/o/r"
FILE = "/api/v1/models/o/r/repo"
RULES = ModelScopeRules(
    files=dict.fromkeys(
        ("o/r", "o/private", "o/gated"), (PATH, "config.json", "split files/other.safetensors")
    ),
    private=frozenset({"o/private"}),
    gated=frozenset({"o/gated"}),
    unknown_revisions=frozenset({"no-such"}),
    licences={"o/r": "MIT"},
    tokens={"ms-good": frozenset({"o/private", "o/gated"}), "ms-other": frozenset()},
)


@pytest.fixture
def hub(hub_with):
    return hub_with(modelscope=RULES)


@pytest.fixture
def settings(hub):
    return settings_for(hub)


@pytest.fixture
def ask(asks, settings):
    return asks("modelscope", settings)


@pytest.fixture
def ask_site(asks, hub, site):
    """Ask a server that says what it is told; the file is there unless a test says otherwise."""
    site.says(FILE, 206, b"x", Content_Range="bytes 0-0/5")
    settings = settings_for(hub)
    return asks("modelscope", replace(settings, endpoints={"modelscope": site.origin}))


def as_account(settings, token: str):
    return replace(settings, modelscope_token=Secret(token, "m_session_id"))


def listing(*entries: object) -> dict[str, object]:
    return {"Code": 200, "Success": True, "Data": {"Files": list(entries)}}


def entry(**more: object) -> dict[str, object]:
    return {"Path": PATH, "Type": "blob", "Size": 5, "Sha256": "a" * 64, "Revision": "b" * 40, **more}


# What references mean


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("modelscope:o/r/a/x.safetensors", ModelScopeFile("o/r", "a/x.safetensors")),
        ("modelscope:o/r/x.safetensors@v1.0", ModelScopeFile("o/r", "x.safetensors", "v1.0")),
        ("modelscope:o/r/x.safetensors@a%40b", ModelScopeFile("o/r", "x.safetensors", "a@b")),
        ("https://modelscope.cn/models/o/r/resolve/master/a/x.pt", ModelScopeFile("o/r", "a/x.pt")),
        (
            "https://www.modelscope.cn/models/o/r/resolve/v1%2Fx/a%20b.pt?download=true",
            ModelScopeFile("o/r", "a b.pt", "v1/x", "www.modelscope.cn"),
        ),
        (
            "https://modelscope.cn/models/o/r/file/view/master/a/x.pt?status=2",
            ModelScopeFile("o/r", "a/x.pt"),
        ),
        (
            "https://modelscope.cn/models/o/r/file/view/master?fileName=a%2Fx.pt&status=1",
            ModelScopeFile("o/r", "a/x.pt"),
        ),
        (
            "https://www.modelscope.ai/api/v1/models/o/r/repo?Revision=v1&FilePath=a%2Fx.pt",
            ModelScopeFile("o/r", "a/x.pt", "v1", "www.modelscope.ai"),
        ),
        ("https://modelscope.cn/api/v1/models/o/r/repo?FilePath=x.pt", ModelScopeFile("o/r", "x.pt")),
    ],
)
def test_a_reference_names_repository_path_revision_and_site(text, file) -> None:
    assert parse_reference(text) == file


@pytest.mark.parametrize(
    "text",
    [
        "modelscope:",
        "modelscope:o/r",
        "modelscope:o/r/",
        "modelscope:o/r/../x",
        "modelscope:../r/x",
        "modelscope:o/r/x@",
        "modelscope:o/r/x@../y",
        "modelscope:o/r/a\nb",
        "modelscope:o r/x/y",
        f"modelscope:o/r/{'a' * 2000}",
        "https://modelscope.cn/models/o/r",
        "https://modelscope.cn/models/o/r/summary",
        "https://modelscope.cn/models/o/r/files",
        "https://modelscope.cn/models/o/r/resolve/master",
        "https://modelscope.cn/models/o/r/resolve/master/",
        "https://modelscope.cn/models/o/r/resolve/master/..%2F..%2Fx",
        "https://modelscope.cn/models/o/r/file/view/master",
        "https://modelscope.cn/models/o/r/file/view/master?fileName=../x",
        "https://modelscope.cn/api/v1/models/o/r/repo",
        "https://modelscope.cn/api/v1/models/o/r/repo?FilePath=/etc/passwd",
        "https://modelscope.cn/datasets/o/r/resolve/master/x",
        "https://modelscope.cn.evil.example/models/o/r/resolve/master/x",
        "https://evil-modelscope.cn/models/o/r/resolve/master/x",
        "https://lfs.modelscope.cn/models/o/r/resolve/master/x",
        "https://modelscope.cn:8443/models/o/r/resolve/master/x",
    ],
)
def test_what_is_no_such_reference_is_none(text) -> None:
    assert parse_reference(text) is None


# What is found


def test_a_file_is_pinned_to_its_commit_with_size_sha256_and_licence(ask, hub) -> None:
    candidate = ask.one(ID)
    content = hub.content(f"modelscope/o/r/{PATH}")
    commit = commit_of("o/r", PATH)
    assert candidate.id == f"{ID}@{commit}"
    assert candidate.url == f"{hub.endpoint}{FILE}?Revision={commit}&FilePath={quote(PATH, safe='')}"
    assert candidate.digest == Digest("sha256", content.sha256)
    assert (candidate.size, candidate.name, candidate.folder) == (content.size, "ae.safetensors", "vae")
    assert (candidate.terms.licence, candidate.terms.gated, candidate.barrier) == ("MIT", False, None)
    assert candidate.evidence is Evidence.DECLARED_URL


def test_links_and_ids_of_one_file_give_the_same_candidate(ask) -> None:
    place = quote(PATH)
    found = {
        ask.one(text)
        for text in (
            ID,
            f"{ID}@master",
            f"{ID}@{commit_of('o/r', PATH)}",
            f"https://modelscope.cn/models/o/r/resolve/master/{place}",
            f"https://www.modelscope.cn/models/o/r/file/view/master/{place}?status=2",
        )
    }
    assert len(found) == 1


def test_only_the_folder_of_the_file_is_listed(ask_site, site) -> None:
    site.says_json(LIST, listing(entry()))
    ask_site.one(ID)
    asked = next(path for _method, path, _headers in site.requests if path.startswith(LIST))
    assert asked == f"{LIST}?Revision=master&Recursive=False&Root=split+files%2Fvae"


def test_the_other_site_keeps_its_own_files_and_ids(asks, settings, contacted) -> None:
    ask = asks("modelscope", replace(settings, endpoints={}, offline=True))
    candidate = ask.one("https://modelscope.ai/models/o/r/resolve/v1/x.safetensors")
    assert candidate.id == "https://modelscope.ai/models/o/r/resolve/v1/x.safetensors"
    assert candidate.url.startswith("https://www.modelscope.ai/api/v1/models/o/r/repo?")
    assert ask.one(candidate.id) == candidate
    assert ask.one("modelscope:o/r/x.safetensors").url.startswith("https://modelscope.cn/api/")
    assert contacted == set()


def test_the_card_is_asked_for_once_however_many_files_are_wanted(ask, hub) -> None:
    ask(ID, "modelscope:o/r/config.json", "modelscope:o/r/split files/other.safetensors")
    assert sum(record.path == CARD for record in hub.requests) == 1


def test_without_a_card_a_file_is_found_all_the_same(ask_site, site) -> None:
    site.says_json(LIST, listing(entry()))
    site.says(CARD, 500)
    assert (ask_site.one(ID).terms.licence, ask_site.one(ID).size) == (None, 5)


# What is not there


@pytest.mark.parametrize("reference", ["modelscope:o/r/no/such.safetensors", f"{ID}@no-such"])
def test_a_missing_file_and_an_unknown_revision_are_nothing(ask, reference) -> None:
    assert ask(reference) == []


def test_a_file_that_went_away_since_it_was_listed_is_nothing(ask_site, site) -> None:
    site.says_json(LIST, listing(entry()))
    site.says(FILE, 404)
    assert ask_site(ID) == []


def test_a_folder_of_that_name_is_no_file(ask_site, site) -> None:
    site.says_json(LIST, listing(entry(Type="tree")))
    assert ask_site(ID) == []


def test_in_a_list_that_was_cut_short_a_file_may_be_missing(ask_site, site, monkeypatch) -> None:
    monkeypatch.setattr(modelscope, "LONGEST_LIST", 2)
    site.says_json(LIST, listing(entry(Path="a"), entry(Path="b")))
    candidate = ask_site.one(ID)
    assert (candidate.id, candidate.digest, candidate.size) == (f"{ID}@master", None, None)


# Who may have it


@pytest.mark.parametrize(("repo", "kind"), [("private", "login"), ("gated", "gated"), ("nowhere", "login")])
def test_strangers_are_told_gated_from_private(ask, repo, kind) -> None:
    candidate = ask.one(f"modelscope:o/{repo}/{PATH}")
    assert candidate.barrier.kind == kind
    assert "MODELSCOPE_API_TOKEN" in candidate.barrier.hint
    assert candidate.terms.gated == (kind == "gated")


def test_the_page_to_apply_at_is_named(ask, hub) -> None:
    assert f"{hub.endpoint}/models/o/gated" in ask.one(f"modelscope:o/gated/{PATH}").barrier.hint


@pytest.mark.parametrize("repo", ["private", "gated"])
def test_an_account_that_may_gets_the_file_by_its_cookie(asks, settings, hub, repo) -> None:
    candidate = asks("modelscope", as_account(settings, "ms-good")).one(f"modelscope:o/{repo}/{PATH}")
    assert candidate.barrier is None
    assert candidate.digest == Digest("sha256", hub.content(f"modelscope/o/{repo}/{PATH}").sha256)


@pytest.mark.parametrize(("repo", "kind"), [("private", "login"), ("gated", "gated")])
def test_an_account_that_may_not_is_not_told_to_set_a_token(asks, settings, repo, kind) -> None:
    barrier = asks("modelscope", as_account(settings, "ms-other")).one(f"modelscope:o/{repo}/{PATH}").barrier
    assert barrier.kind == kind
    assert "MODELSCOPE_API_TOKEN" not in barrier.hint
    assert "ms-other" not in repr(barrier)


def test_a_file_that_is_listed_and_refused_keeps_what_is_known_of_it(ask_site, site) -> None:
    site.says_json(LIST, listing(entry()))
    site.says(FILE, 403)
    candidate = ask_site.one(ID)
    assert (candidate.barrier.kind, candidate.size) == ("login", 5)
    assert candidate.digest == Digest("sha256", "a" * 64)


def test_a_list_is_asked_for_again_before_a_refusal_is_believed(ask_site, site) -> None:
    site.says(LIST, 403)
    ask_site.one(ID)
    assert sum(path.startswith(LIST) for _method, path, _headers in site.requests) == 2


@pytest.mark.parametrize("place", [LIST, FILE])
def test_a_region_is_told_apart(ask_site, site, place) -> None:
    site.says_json(LIST, listing(entry()))
    site.says(place, 451)
    assert ask_site.one(ID).barrier.kind == "region"


def test_the_token_reaches_modelscope_and_not_its_storage(asks, settings, hub) -> None:
    asks("modelscope", as_account(settings, "ms-good")).one(ID)
    assert {(record.origin, record.authorized) for record in hub.requests} == {
        ("hub", True),
        ("storage", False),
    }


def test_a_token_of_one_site_is_not_sent_to_the_other(settings) -> None:
    account = as_account(replace(settings, endpoints={}), "ms-good")
    assert list(account.credentials) == ["https://modelscope.cn"]
    moved = replace(account, endpoints={"modelscope": "https://www.modelscope.ai"})
    assert list(moved.credentials) == ["https://www.modelscope.ai"]


def test_naming_one_of_the_sites_sends_no_link_to_the_wrong_one(asks, settings) -> None:
    at_ai = replace(settings, endpoints={"modelscope": "https://www.modelscope.ai"}, offline=True)
    ask = asks("modelscope", at_ai)
    assert ask.one("modelscope:o/r/x.pt").url.startswith("https://modelscope.cn/")
    assert ask.one("https://modelscope.ai/models/o/r/resolve/v1/x.pt").url.startswith(
        "https://www.modelscope.ai/"
    )


# Answers that are none


@pytest.mark.parametrize(
    ("status", "kind"),
    [(429, "rate-limited"), (500, "unavailable"), (503, "unavailable"), (400, "unavailable")],
)
@pytest.mark.parametrize("place", [LIST, FILE])
def test_a_server_in_trouble_is_a_failure(ask_site, site, place, status, kind) -> None:
    site.says_json(LIST, listing(entry()))
    site.says(place, status, Retry_After="7")
    with pytest.raises(SourceUnavailable) as caught:
        ask_site(ID)
    assert (caught.value.kind, caught.value.retry_after) == (kind, 7)


@pytest.mark.parametrize(
    "answer",
    [
        [],
        "x",
        {},
        {"Success": False, "Data": {"Files": []}},
        {"Data": 5},
        {"Data": {"Files": "x"}},
        {"Data": {"Files": {"Path": PATH}}},
    ],
    ids=repr,
)
def test_an_answer_of_another_shape_is_a_failure(ask_site, site, answer) -> None:
    site.says_json(LIST, answer)
    with pytest.raises(SourceUnavailable):
        ask_site(ID)


@pytest.mark.parametrize(
    "odd",
    [
        {"Size": None, "Sha256": None, "Revision": None},
        {"Size": "5", "Sha256": 5, "Revision": 5},
        {"Size": True, "Sha256": "a" * 40, "Revision": "master"},
        {"Size": -1, "Sha256": "../" * 21 + "a", "Revision": "../../../x"},
        {"Size": 1.5, "Sha256": ["a" * 64], "Revision": ["b" * 40]},
    ],
    ids=repr,
)
def test_odd_fields_are_as_good_as_none(ask_site, site, odd) -> None:
    site.says_json(LIST, listing(None, 5, {}, entry(**odd)))
    candidate = ask_site.one(ID)
    assert (candidate.id, candidate.size, candidate.digest) == (f"{ID}@master", None, None)


@pytest.mark.parametrize(
    "card", [None, 5, {"License": 5}, {"License": ""}, {"License": None, "ProtectedMode": None}]
)
def test_an_odd_card_tells_nothing(ask_site, site, card) -> None:
    site.says_json(LIST, listing(entry()))
    site.says_json(CARD, {"Success": True, "Data": card})
    candidate = ask_site.one(ID)
    assert (candidate.terms.licence, candidate.terms.gated) == (None, False)


@pytest.mark.parametrize("place", [LIST, FILE])
def test_a_redirect_off_the_list_leads_nowhere(ask_site, site, place) -> None:
    site.says_json(LIST, listing(entry()))
    site.says(place, 302, Location="https://evil.example/x?auth_key=secret")
    if place == FILE:
        barrier = ask_site.one(ID).barrier
        assert barrier.kind == "host"
        assert "secret" not in repr(barrier)
    else:
        with pytest.raises(SourceUnavailable, match="somewhere else"):
            ask_site(ID)


def test_offline_the_reference_is_taken_as_it_is(asks, settings, contacted) -> None:
    candidate = asks("modelscope", replace(settings, offline=True)).one(f"{ID}@v1")
    assert (candidate.id, candidate.size, candidate.digest) == (f"{ID}@v1", None, None)
    assert contacted == set()
