"""The Hub's source with the real huggingface_hub, on the embedded hub; runs once for each major version."""

from __future__ import annotations

import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import huggingface_hub.constants
import pytest

from modelget.errors import SourceUnavailable
from modelget.hub import RateLimit
from modelget.settings import Secret
from modelget.sources.huggingface import HubFile, parse_reference
from modelget.types import Digest, Evidence

from .conftest import settings_for

pytestmark = pytest.mark.hub_client

FILE = "split_files/vae/ae.safetensors"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
TOKEN = "hf_secretsecretsecret"
TREE = f"o/r/resolve/{{revision}}/{FILE}"


@pytest.fixture
def hub(hub_with):
    return hub_with()


@pytest.fixture
def ask(asks, hub):
    return asks("huggingface", settings_for(hub))


@pytest.fixture
def ask_hub(asks, hub_with):
    """Ask a hub with these rules: ``ask_hub(gated=…)``, perhaps with a token."""

    def make(token: str | None = None, **rules):
        hub = hub_with(**rules)
        return asks("huggingface", settings_for(hub, hub_token=Secret(token) if token else None)), hub

    return make


MODEL = HubFile("model", "o/r", FILE)


@pytest.mark.parametrize(
    ("text", "file"),
    [
        (f"https://huggingface.co/o/r/resolve/main/{FILE}", MODEL),
        (f"https://huggingface.co/o/r/blob/main/{FILE}", MODEL),
        (f"https://huggingface.co/o/r/raw/main/{FILE}", MODEL),
        (f"https://huggingface.co/o/r/resolve/main/{FILE}?download=true", MODEL),
        (f"https://huggingface.co/o/r/resolve/main/{FILE}?download=true#top", MODEL),
        (f"https://hf.co/o/r/resolve/main/{FILE}", MODEL),
        (f"https://hf-mirror.com/o/r/resolve/main/{FILE}", MODEL),
        (f"https://www.huggingface.co/o/r/resolve/main/{FILE}", MODEL),
        (f"http://huggingface.co/o/r/resolve/main/{FILE}", MODEL),
        (f"https://HuggingFace.co/o/r/resolve/main/{FILE}", MODEL),
        (f"https://huggingface.co:443/o/r/resolve/main/{FILE}", MODEL),
        (f"https://huggingface.co/o/r/resolve/refs%2Fpr%2F1/{FILE}", replace(MODEL, revision="refs/pr/1")),
        (f"https://huggingface.co/o/r/resolve/{COMMIT}/{FILE}", replace(MODEL, revision=COMMIT)),
        (f"https://huggingface.co/datasets/o/r/resolve/main/{FILE}", replace(MODEL, kind="dataset")),
        (f"https://huggingface.co/spaces/o/r/blob/main/{FILE}", replace(MODEL, kind="space")),
        (f"https://huggingface.co/gpt2/resolve/main/{FILE}", replace(MODEL, repo="gpt2")),
        (
            f"https://huggingface.co/datasets/squad/resolve/main/{FILE}",
            replace(MODEL, kind="dataset", repo="squad"),
        ),
        ("https://huggingface.co/o/r/resolve/main/a%20b%2Fc%23.pt", replace(MODEL, path="a b/c#.pt")),
        ("https://huggingface.co/o/r/resolve/main/100%2525.pt", replace(MODEL, path="100%25.pt")),
        (f"hf:o/r/{FILE}", MODEL),
        (f"hf:o/r/{FILE}@{COMMIT}", replace(MODEL, revision=COMMIT)),
        (f"hf:o/r/{FILE}@refs/pr/1", replace(MODEL, revision="refs/pr/1")),
        (f"hf:datasets/o/r/{FILE}", replace(MODEL, kind="dataset")),
        ("hf:o/r/100%25.pt", replace(MODEL, path="100%25.pt")),
        ("hf:o/r/two@once.pt@main", replace(MODEL, path="two@once.pt")),
        (f"hf://o/r/{FILE}", MODEL),
        (f"hf://o/r@refs%2Fpr%2F1/{FILE}", replace(MODEL, revision="refs/pr/1")),
        (f"hf://datasets/o/r@main/{FILE}", replace(MODEL, kind="dataset")),
        (f"hf://gpt2@main/{FILE}", replace(MODEL, repo="gpt2")),
        ("https://huggingface.co", None),
        ("https://huggingface.co/", None),
        ("https://huggingface.co/o/r", None),
        ("https://huggingface.co/o/r/tree/main/vae", None),
        ("https://huggingface.co/o/r/resolve/main", None),
        ("https://huggingface.co/models?search=ae", None),
        ("https://civitai.com/models/1", None),
        ("hf:gpt2/model.safetensors", None),
        ("https://huggingface.co/o/r/resolve/main/..%2F..%2F..%2Fx/y.pt", None),
        ("https://huggingface.co/o/r/resolve/main/%2e%2e/y.pt", None),
        ("https://huggingface.co/o/r/resolve/..%2Fmain/y.pt", None),
        ("https://huggingface.co/o/r/resolve/main/a%0A.pt", None),
        ("hf:o/r/../x/y.pt", None),
        ("hf:o/r/y.pt@..", None),
    ],
)
def test_references_are_read(text: str, file: HubFile | None) -> None:
    assert parse_reference(text) == file


@pytest.mark.parametrize(
    "file",
    [
        MODEL,
        replace(MODEL, revision="refs/pr/1"),
        replace(MODEL, kind="space", revision="50%@home"),
        replace(MODEL, repo="gpt2", revision="refs/pr/1"),
        replace(MODEL, path="a@b/c%20d#?.pt"),
    ],
)
def test_ids_and_urls_lead_back_to_the_file(file: HubFile) -> None:
    assert parse_reference(file.id) == file
    assert parse_reference(file.url("https://huggingface.co")) == file


@pytest.mark.parametrize(
    ("link", "repo", "path", "revision"),
    [
        (f"https://huggingface.co/o/r/resolve/main/{FILE}", "o/r", FILE, "main"),
        (f"https://huggingface.co/o/r/blob/main/{FILE}?download=true", "o/r", FILE, "main"),
        (f"https://hf-mirror.com/o/r/resolve/refs%2Fpr%2F1/{FILE}", "o/r", FILE, "refs/pr/1"),
        ("https://hf.co/gpt2/resolve/main/model.safetensors", "gpt2", "model.safetensors", "main"),
        ("hf:o/r/two words.safetensors", "o/r", "two words.safetensors", "main"),
    ],
)
def test_a_link_is_answered_by_the_endpoint_and_pinned_to_its_commit(
    ask, hub, link, repo, path, revision
) -> None:
    candidate = ask.one(link)
    commit, content = hub.commit(repo, revision), hub.content(f"{repo}/{path}")
    assert candidate.url == hub.url(repo, path, commit)
    assert commit in candidate.id
    assert candidate.digest == Digest("sha256", content.sha256)
    assert candidate.size == content.size
    assert candidate.name == path.rpartition("/")[2]
    assert candidate.evidence is Evidence.DECLARED_URL
    assert candidate.barrier is None
    assert ask.one(candidate.id) == candidate


def test_a_dataset_and_a_space_are_other_repositories_than_the_model(ask, hub) -> None:
    found = ask(*(f"hf:{kind}o/r/{FILE}" for kind in ("", "datasets/", "spaces/")))
    assert len({candidate.digest for candidate in found}) == 3
    assert found[1].url.startswith(f"{hub.endpoint}/datasets/o/r/resolve/")
    assert found[2].id.startswith(f"hf:spaces/o/r/{FILE}@")


def test_a_small_file_has_the_git_id_that_the_hub_publishes(ask, hub) -> None:
    candidate = ask.one("hf:o/r/config.json")
    content = hub.content("o/r/config.json")
    assert candidate.digest == Digest("git-sha1", content.git_sha1)
    assert candidate.size == content.size


def test_the_folder_is_where_the_publisher_keeps_it(ask) -> None:
    assert [found.folder for found in ask(f"hf:o/r/{FILE}", "hf:o/r/ae.safetensors")] == ["vae", None]


@pytest.mark.parametrize(("licence", "shown"), [("mit", "mit"), (None, None)])
def test_the_licence_is_the_cards(ask_hub, licence, shown) -> None:
    ask, _hub = ask_hub(licences={"o/r": licence})
    candidate = ask.one(f"hf:o/r/{FILE}")
    assert candidate.terms.licence == shown
    assert candidate.terms.gated is False


def test_a_gated_file_is_shown_with_its_size_digest_and_the_page_to_open(ask_hub) -> None:
    ask, hub = ask_hub(gated=frozenset({"o/r"}), files={f"o/r/{FILE}": 4096}, licences={"o/r": "other"})
    candidate = ask.one(f"hf:o/r/{FILE}")
    assert candidate.barrier is not None
    assert candidate.barrier.kind == "gated"
    assert f"{hub.endpoint}/o/r" in candidate.barrier.hint
    assert "HF_TOKEN" in candidate.barrier.hint
    assert candidate.terms.gated
    assert candidate.size == 4096
    assert candidate.digest == Digest("sha256", hub.content(f"o/r/{FILE}").sha256)
    assert candidate.terms.licence == "other"


def test_a_token_whose_owner_has_not_accepted_the_terms_is_told_where(ask_hub) -> None:
    ask, hub = ask_hub(TOKEN, gated=frozenset({"o/r"}), tokens={TOKEN: frozenset()})
    barrier = ask.one(f"hf:o/r/{FILE}").barrier
    assert barrier.kind == "gated"
    assert f"{hub.endpoint}/o/r with the account of your token" in barrier.hint
    assert "HF_TOKEN" not in barrier.hint


def test_a_granted_token_opens_a_gated_file(ask_hub) -> None:
    ask, hub = ask_hub(TOKEN, gated=frozenset({"o/r"}), tokens={TOKEN: frozenset({"o/r"})})
    candidate = ask.one(f"hf:o/r/{FILE}")
    assert candidate.barrier is None
    assert candidate.terms.gated
    assert candidate.size == hub.content(f"o/r/{FILE}").size


@pytest.mark.parametrize("token", [None, TOKEN])
@pytest.mark.parametrize("rule", ["private", "missing"])
def test_private_and_missing_cannot_be_told_apart(ask_hub, token, rule) -> None:
    ask, _hub = ask_hub(token, **{rule: frozenset({"o/r"})}, tokens={TOKEN: frozenset()})
    candidate = ask.one(f"hf:o/r/{FILE}")
    assert candidate.barrier.kind == "login"
    assert "HF_TOKEN" in candidate.barrier.hint
    assert not candidate.terms.gated


def test_a_granted_token_opens_a_private_file(ask_hub) -> None:
    ask, _hub = ask_hub(TOKEN, private=frozenset({"o/r"}), tokens={TOKEN: frozenset({"o/r"})})
    assert ask.one(f"hf:o/r/{FILE}").barrier is None


def test_a_disabled_repository_is_removed(ask_hub) -> None:
    ask, _hub = ask_hub(disabled=frozenset({"o/r"}))
    assert ask.one(f"hf:o/r/{FILE}").barrier.kind == "removed"


@pytest.mark.parametrize("missing", [f"o/r/{FILE}", "o/r@main"])
def test_a_missing_file_or_revision_is_nothing(ask_hub, missing) -> None:
    ask, _hub = ask_hub(missing=frozenset({missing}))
    assert ask(f"hf:o/r/{FILE}") == []


def test_a_mirror_without_error_codes_is_understood(asks, site, hub) -> None:
    ask = asks("huggingface", replace(settings_for(hub), hub_endpoint=site.origin))
    assert ask(f"hf:o/r/{FILE}") == []
    site.says(f"/{TREE.format(revision='main')}", 403)
    assert ask.one(f"hf:o/r/{FILE}").barrier.kind == "login"
    site.says(f"/{TREE.format(revision='main')}", 451)
    assert ask.one(f"hf:o/r/{FILE}").barrier.kind == "region"


def test_a_mirror_without_cards_still_gives_files(asks, site, hub) -> None:
    ask = asks("huggingface", replace(settings_for(hub), hub_endpoint=site.origin))
    headers = {"X_Repo_Commit": COMMIT, "ETag": f'"{"a" * 64}"'}
    site.says(f"/{TREE.format(revision='main')}", body=b"12345", **headers)
    answers = [b"<html>no such thing</html>", b"[]", b"{}", b'{"id": "o/r", "cardData": []}']
    for answer in answers:
        site.says("/api/models/o/r/revision/main", body=answer, Content_Type="application/json")
        candidate = asks("huggingface", replace(settings_for(hub), hub_endpoint=site.origin)).one(
            f"hf:o/r/{FILE}"
        )
        assert (candidate.size, candidate.terms.licence) == (5, None)
        assert candidate.digest == Digest("sha256", "a" * 64)
    assert ask.one(f"hf:o/r/{FILE}").url == f"{site.origin}/{TREE.format(revision=COMMIT)}"


def test_a_mirror_serves_links_to_the_hub(asks, hub, contacted) -> None:
    ask = asks("huggingface", settings_for(hub))
    assert ask.one(f"https://huggingface.co/o/r/resolve/main/{FILE}").url.startswith(hub.endpoint)
    assert {f"http://{host}:{port}" for host, port in contacted} == {hub.endpoint}


def test_too_many_questions_are_a_failure_with_the_wait_that_was_asked_for(ask_hub, naps) -> None:
    ask, _hub = ask_hub(rate_limited={"o/r": RateLimit(7, times=99)})
    with pytest.raises(SourceUnavailable) as caught:
        ask(f"hf:o/r/{FILE}")
    assert (caught.value.kind, caught.value.retry_after) == ("rate-limited", 7)
    assert sum(naps) == 0


@pytest.mark.parametrize("status", [400, 500, 503])
def test_a_server_in_trouble_is_a_failure(asks, site, hub, status) -> None:
    ask = asks("huggingface", replace(settings_for(hub), hub_endpoint=site.origin))
    site.says(f"/{TREE.format(revision='main')}", status)
    with pytest.raises(SourceUnavailable) as caught:
        ask(f"hf:o/r/{FILE}")
    assert caught.value.kind == "unavailable"
    assert str(status) in str(caught.value)


def test_a_closed_port_is_a_failure(asks, hub, closed_port) -> None:
    ask = asks("huggingface", replace(settings_for(hub), hub_endpoint=closed_port))
    with pytest.raises(SourceUnavailable, match="could not be reached"):
        ask(f"hf:o/r/{FILE}")


def test_a_stale_token_does_not_hide_public_files(ask_hub) -> None:
    ask, hub = ask_hub(TOKEN)
    candidate = ask.one(f"hf:o/r/{FILE}")
    assert candidate.barrier is None
    assert candidate.terms.licence == "apache-2.0"
    assert [record.authorized for record in hub.requests] == [True, False, True, False]


def test_a_token_that_is_not_known_is_told_where_a_file_stays_hidden(ask_hub) -> None:
    ask, hub = ask_hub(TOKEN, gated=frozenset({"o/gated"}), private=frozenset({"o/private"}))
    for repo, page in (("gated", f"{hub.endpoint}/o/gated"), ("private", "")):
        hint = ask.one(f"hf:o/{repo}/x.pt").barrier.hint
        assert "does not know your token" in hint
        assert page in hint
    assert ask.http.has_refused_token(hub.endpoint)


def test_a_good_token_is_not_called_bad(ask_hub) -> None:
    ask, hub = ask_hub(TOKEN, private=frozenset({"o/private"}), tokens={TOKEN: frozenset()})
    assert "yours may not" in ask.one("hf:o/private/x.pt").barrier.hint
    assert ask.one(f"hf:o/r/{FILE}").barrier is None
    assert not ask.http.has_refused_token(hub.endpoint)


def test_a_fine_grained_token_is_told_which_right_it_lacks(ask_hub) -> None:
    rules = {"gated": frozenset({"o/r"}), "tokens": {TOKEN: frozenset()}}
    ask, _hub = ask_hub(TOKEN, **rules, narrow_tokens=frozenset({TOKEN}))
    barrier = ask.one(f"hf:o/r/{FILE}").barrier
    assert barrier.kind == "login"
    assert "fine-grained" in barrier.message
    assert "gated repos" in barrier.hint


@pytest.mark.parametrize(
    ("state", "message", "hint"), [("pending", "not answered", "Wait"), ("rejected", "rejected", "--choose")]
)
def test_what_became_of_a_request_for_access_is_told(ask_hub, state, message, hint) -> None:
    rules = {"gated": frozenset({"o/r"}), "tokens": {TOKEN: frozenset()}, "access_requests": {"o/r": state}}
    barrier = ask_hub(TOKEN, **rules)[0].one(f"hf:o/r/{FILE}").barrier
    assert barrier.kind == "gated"
    assert message in barrier.message
    assert hint in barrier.hint


def test_a_region_that_is_not_served_is_a_barrier(ask_hub) -> None:
    ask, _hub = ask_hub(not_here=frozenset({"o/r"}))
    assert ask.one(f"hf:o/r/{FILE}").barrier.kind == "region"


def test_a_weak_etag_names_the_same_bytes(ask_hub) -> None:
    ask, hub = ask_hub(weak_etags=frozenset({"o/r"}))
    weights, text = ask(f"hf:o/r/{FILE}", "hf:o/r/config.json")
    assert weights.digest == Digest("sha256", hub.content(f"o/r/{FILE}").sha256)
    assert text.digest == Digest("git-sha1", hub.content("o/r/config.json").git_sha1)


def test_a_short_wait_that_the_hub_asks_for_is_kept_and_the_question_asked_again(ask_hub) -> None:
    ask, hub = ask_hub(rate_limited={"o/r": RateLimit(7, times=2)})
    slept: list[float] = []
    ask.http.clock = replace(ask.http.clock, sleep=slept.append)
    assert ask.one(f"hf:o/r/{FILE}").size == hub.content(f"o/r/{FILE}").size
    assert slept == [7, 7]


def test_a_long_wait_is_told_and_not_kept(ask_hub) -> None:
    ask, _hub = ask_hub(rate_limited={"o/r": RateLimit(240, times=99)})
    slept: list[float] = []
    ask.http.clock = replace(ask.http.clock, sleep=slept.append)
    with pytest.raises(SourceUnavailable, match="for 240 s") as caught:
        ask(f"hf:o/r/{FILE}")
    assert caught.value.retry_after == 240
    assert slept == []


@pytest.mark.parametrize("disabled", [False, True])
def test_nothing_is_sent_but_the_questions(ask_hub, monkeypatch, disabled) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_TELEMETRY", disabled)
    ask, hub = ask_hub()
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", hub.endpoint)
    ask(f"hf:o/r/{FILE}")
    assert [record.path for record in hub.requests if "resolve" not in record.path] == [
        "/api/models/o/r/revision/main"
    ]
    assert huggingface_hub.constants.HF_HUB_DISABLE_TELEMETRY is disabled


def test_without_a_token_of_ours_none_is_sent(ask, hub, monkeypatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    ask(f"hf:o/r/{FILE}")
    assert not any(record.authorized for record in hub.requests)


@pytest.mark.parametrize("rules", [{}, {"gated": frozenset({"o/r"})}])
def test_the_card_is_asked_for_once_for_all_files_of_a_repository(ask_hub, rules) -> None:
    ask, hub = ask_hub(**rules)
    urls = [f"hf:o/r/vae/{number}.safetensors" for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask.one, urls))
    assert [candidate.name for candidate in found] == [f"{number}.safetensors" for number in range(24)]
    assert len([record for record in hub.requests if record.path.startswith("/api/")]) == 1
    assert len(hub.requests) == 25


def test_two_revisions_have_two_cards(ask, hub) -> None:
    ask(f"hf:o/r/{FILE}", f"hf:o/r/{FILE}@v2", f"hf:o/r/{FILE}@v2")
    assert len([record for record in hub.requests if record.path.startswith("/api/")]) == 2


def test_the_token_never_shows(ask_hub, closed_port, asks) -> None:
    rules = {"gated": frozenset({"o/gated"}), "private": frozenset({"o/private"})}
    limits = {"o/slow": RateLimit(7, times=99)}
    ask, _hub = ask_hub(TOKEN, **rules, rate_limited=limits, tokens={TOKEN: frozenset()})
    shown = [
        repr(candidate) for candidate in ask(*(f"hf:o/{repo}/x.pt" for repo in ("r", "gated", "private")))
    ]
    dead = asks("huggingface", replace(settings_for(_hub), hub_endpoint=closed_port, hub_token=Secret(TOKEN)))
    for question, url in ((ask, "hf:o/slow/x.pt"), (dead, "hf:o/r/x.pt")):
        with pytest.raises(SourceUnavailable) as caught:
            question(url)
        shown += [str(caught.value), "".join(traceback.format_exception(caught.value))]
    assert not any(TOKEN in text for text in shown)


def test_offline_a_reference_is_taken_as_it_is(asks, hub, contacted) -> None:
    ask = asks("huggingface", replace(settings_for(hub), offline=True))
    candidate = ask.one(f"https://huggingface.co/o/r/resolve/v1/{FILE}")
    assert candidate.id == f"hf:o/r/{FILE}@v1"
    assert (candidate.size, candidate.digest) == (None, None)
    assert contacted == set()
