"""Kaggle Models and TensorFlow Hub: what a reference means, what is pinned, and what stands in the way."""

from __future__ import annotations

import base64

import pytest

from modelget.errors import SourceUnavailable
from modelget.hub import KaggleRules
from modelget.settings import Secret, Settings
from modelget.sources.kaggle.references import KaggleFile, parse_reference
from modelget.types import Digest, Evidence

from .conftest import all_at, settings_for

UNET = "google/unet/pyTorch/base"
PAGE = "https://www.kaggle.com/models/google/unet"


@pytest.fixture
def ask(asks, hub_with):
    """``ask(files=…, …)``: a question to a hub with these rules, which is ``question.hub``."""

    def ask(token: Secret | None = None, **rules):
        hub = hub_with(kaggle=KaggleRules(**({"files": {UNET: ("w/unet.pth", "readme.md")}} | rules)))
        question = asks("kaggle", settings_for(hub, kaggle_token=token))
        question.hub = hub
        return question

    return ask


@pytest.mark.parametrize(
    ("reference", "meant"),
    [
        (f"kaggle:{UNET}", KaggleFile(UNET)),
        (f"kaggle:{UNET}/3", KaggleFile(UNET, 3)),
        (f"kaggle:{UNET}/3/w/unet.pth", KaggleFile(UNET, 3, "w/unet.pth")),
        (f"kaggle:{UNET}/w/unet.pth", KaggleFile(UNET, None, "w/unet.pth")),
        (f"{PAGE}/frameworks/pyTorch/variations/base/versions/3", KaggleFile(UNET, 3)),
        (f"{PAGE}/frameworks/pyTorch/variations/base?select=x", KaggleFile(UNET)),
        (f"{PAGE}/pyTorch/base/3", KaggleFile(UNET, 3)),
        (f"{PAGE}/pyTorch/base/", KaggleFile(UNET)),
        ("https://kaggle.com/models/google/unet", KaggleFile("google/unet")),
        (f"{PAGE}/frameworks/pyTorch", KaggleFile("google/unet")),
        ("https://www.kaggle.com/datasets/google/unet", None),
        ("https://www.kaggle.com/models/google", None),
        (f"{PAGE}/pyTorch/base/latest", None),
        ("kaggle:a/b/c", None),
        ("kaggle:a/b/c/d/0/x.pth/..", None),
    ],
)
def test_a_reference_is_read_strictly(reference, meant) -> None:
    assert parse_reference(reference) == meant


def test_a_file_is_pinned_to_the_newest_version_with_its_size_and_the_md5_of_its_storage(ask) -> None:
    question = ask(versions={UNET: 4})
    candidate = question.one(f"{PAGE}/pyTorch/base")
    content = question.hub.content(f"kaggle/{UNET}/4/w/unet.pth")
    assert (candidate.id, candidate.name) == (f"kaggle:{UNET}/4/w/unet.pth", "unet.pth")
    assert (candidate.size, candidate.digest) == (content.size, Digest("md5", content.md5))
    assert (candidate.evidence, candidate.terms.licence, candidate.barrier) == (
        Evidence.DECLARED_URL,
        "Apache 2.0",
        None,
    )
    assert candidate.identity is None  # an md5 does not make two files one


def test_a_named_version_stays_what_it_is(ask) -> None:
    assert ask(versions={UNET: 4}).one(f"kaggle:{UNET}/2").id == f"kaggle:{UNET}/2/w/unet.pth"


def test_the_wanted_name_chooses_and_else_each_model_is_a_candidate(ask) -> None:
    question = ask(files={UNET: ("a/x.pth", "b/y.pth", "saved_model.pb")})
    assert [one.name for one in question(f"kaggle:{UNET}", name="sub/y.pth")] == ["y.pth"]
    assert [one.name for one in question(f"kaggle:{UNET}", name="z.pth")] == ["x.pth", "y.pth"]


def test_a_path_that_is_not_there_is_nothing(ask) -> None:
    assert ask()(f"kaggle:{UNET}/1/w/other.pth") == []


def test_files_of_tensorflow_are_no_models_for_comfyui_and_that_is_said(ask) -> None:
    barrier = ask(files={UNET: ("saved_model.pb", "variables/variables.index")}).one(f"kaggle:{UNET}").barrier
    assert (barrier.kind, "no file that ComfyUI could load" in barrier.message) == ("by-hand", True)


def test_a_model_in_several_variations_is_for_a_person_to_choose_from(ask) -> None:
    barrier = ask().one(PAGE).barrier
    assert (barrier.kind, PAGE in barrier.hint) == ("by-hand", True)


def test_of_many_files_one_comes_in_the_archive_of_all(ask) -> None:
    files = tuple(f"f{number}.pth" for number in range(26))
    question = ask(files={UNET: files}, page_size=10)
    candidate = question.one(f"kaggle:{UNET}/1/f7.pth")
    assert candidate.archive
    assert (candidate.id, candidate.archive.id) == (f"kaggle:{UNET}/1/f7.pth", f"kaggle:{UNET}/1")
    assert (candidate.archive.kind, candidate.archive.member) == ("tar.gz", "f7.pth")
    bundle = question.hub.content(f"kaggle/{UNET}/1.tar.gz")
    assert (candidate.archive.size, candidate.archive.digest) == (bundle.size, Digest("md5", bundle.md5))
    assert candidate.size == question.hub.content(f"kaggle/{UNET}/1/f7.pth").size


def test_a_file_that_comes_as_a_zip_is_unpacked_from_it(ask) -> None:
    candidate = ask(zipped=frozenset({"w/unet.pth"})).one(f"kaggle:{UNET}")
    assert candidate.archive
    assert (candidate.archive.kind, candidate.archive.member, candidate.name) == (
        "zip",
        "unet.pth",
        "unet.pth",
    )
    assert candidate.archive.size
    assert candidate.archive.digest


@pytest.mark.parametrize("rules", [{"private": frozenset({UNET})}, {"files": {}}], ids=["403", "404"])
def test_what_is_private_or_on_terms_names_the_page_to_open(ask, rules) -> None:
    candidate = ask(**rules).one(f"kaggle:{UNET}/1/w/unet.pth")
    assert (candidate.terms.gated, candidate.barrier.kind) == (True, "gated")
    assert f"{PAGE}/frameworks/pyTorch/variations/base/versions/1" in candidate.barrier.hint
    assert "KAGGLE_API_TOKEN" in candidate.barrier.hint


@pytest.mark.parametrize(
    ("token", "header"),
    [
        (Secret("kg-canary"), "Bearer kg-canary"),
        (Secret.of_login("joe", "c4nary"), "Basic " + base64.b64encode(b"joe:c4nary").decode()),
    ],
    ids=["token", "login"],
)
def test_a_token_or_a_login_opens_it_and_never_reaches_the_storage(ask, token, header) -> None:
    question = ask(token, private=frozenset({UNET}), logins=frozenset({header}))
    assert question.one(f"kaggle:{UNET}").barrier is None
    assert not any(record.authorized for record in question.hub.requests if record.origin == "storage")
    assert any(record.authorized for record in question.hub.requests if record.origin == "hub")


def test_tensorflow_hub_leads_to_the_version_at_kaggle(ask) -> None:
    page = "/models/google/unet/frameworks/pyTorch/variations/base/versions/2"
    question = ask(versions={UNET: 3}, tfhub={"google/unet/1": page})
    assert question.one("https://tfhub.dev/google/unet/1").id == f"kaggle:{UNET}/2/w/unet.pth"


def test_what_tensorflow_hub_has_dropped_is_told(ask) -> None:
    barrier = ask().one("https://tfhub.dev/google/gone/1").barrier
    assert (barrier.kind, "leads to no model of Kaggle" in barrier.message) == ("removed", True)


def served(site, **answers: object) -> str:
    """Let a site answer for the model; return its origin."""
    base = f"/api/v1/models/{UNET}"
    site.says_json(f"{base}/get", answers.get("get", {"versionNumber": 1}))
    site.says_json(f"{base}/1/files", answers.get("files", {"files": [{"name": "x.pth", "size": 7}]}))
    return site.origin


@pytest.fixture
def at(asks):
    return lambda origin: asks("kaggle", Settings(**all_at(origin)))


@pytest.mark.parametrize("digest", ["crc32c=AAAAAA==", "md5=?", "md5=AAAA", "", "md5=" + "A" * 22])
def test_a_file_without_an_md5_has_no_digest(at, site, digest) -> None:
    path = f"/api/v1/models/{UNET}/1/download/x.pth"
    site.says(path, 206, b"PK\x03\x04...", Content_Range="bytes 0-6/7", x_goog_hash=digest)
    candidate = at(served(site)).one(f"kaggle:{UNET}")
    assert (candidate.digest, candidate.size, candidate.barrier) == (None, 7, None)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_or_broken_kaggle_could_not_answer(at, site, status) -> None:
    origin = served(site)
    site.says(f"/api/v1/models/{UNET}/get", status)
    with pytest.raises(SourceUnavailable) as caught:
        at(origin)(f"kaggle:{UNET}")
    assert caught.value.kind == ("rate-limited" if status == 429 else "unavailable")


@pytest.mark.parametrize("path", ["get", "1/files", "1/download/x.pth"])
def test_a_refusal_because_of_too_many_questions_is_no_question_of_terms(at, site, path) -> None:
    site.says(f"/api/v1/models/{UNET}/1/download/x.pth", 206, b"PK\x03\x04...", Content_Range="bytes 0-6/7")
    origin = served(site)
    site.says(f"/api/v1/models/{UNET}/{path}", 403, Retry_After="99")
    with pytest.raises(SourceUnavailable) as caught:
        at(origin)(f"kaggle:{UNET}")
    assert (caught.value.kind, caught.value.retry_after) == ("rate-limited", 99)


@pytest.mark.parametrize("answer", [[], "x", 7, {}, {"versionNumber": "1"}, {"versionNumber": -1}])
def test_an_answer_without_a_version_is_no_answer(at, site, answer) -> None:
    with pytest.raises(SourceUnavailable):
        at(served(site, get=answer))(f"kaggle:{UNET}")


@pytest.mark.parametrize(
    "files",
    [
        None,
        7,
        [],
        [None],
        [{}],
        [{"name": 7}],
        [{"name": "../x.pth"}],
        [{"name": "/x.pth"}],
        [{"name": "a\nb.pth"}],
    ],
)
def test_odd_entries_of_a_list_are_no_files(at, site, files) -> None:
    candidate = at(served(site, files={"files": files})).one(f"kaggle:{UNET}")
    assert candidate.barrier.kind == "by-hand"


def test_an_endless_list_ends(at, site) -> None:
    origin = served(site, files={"files": [], "nextPageToken": "again"})
    at(origin)(f"kaggle:{UNET}")
    assert len(site.requests) < 100


def test_a_page_instead_of_a_file_is_no_file(at, site) -> None:
    site.says(f"/api/v1/models/{UNET}/1/download/x.pth", 200, b"<!DOCTYPE html>", Content_Type="text/html")
    with pytest.raises(SourceUnavailable):
        at(served(site))(f"kaggle:{UNET}")
