"""GitHub on the embedded hub: releases, files, LFS, refusals; and malformed answers from a server made to order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelget.errors import SourceUnavailable
from modelget.hub import GitHubRules
from modelget.hub.github import commit_of
from modelget.settings import Secret
from modelget.sources.github.references import Archive, Asset, RepoFile, parse_reference
from modelget.types import Digest, Evidence, Form

from .conftest import settings_for

COMMIT = "0123456789abcdef0123456789abcdef01234567"
RELEASES = {"o/r@v1.0": ("x4plus.pth", "two words.pth"), "o/r@v2/beta": ("x4plus.pth",)}
LINK = "https://github.com/o/r/releases/download/v1.0/x4plus.pth"
TOKEN = "ghp_canary"


@pytest.fixture
def ask_hub(asks, hub_with):
    """Ask a GitHub with these rules: ``ask_hub(private=frozenset({"o/r"}))`` gives the question and the hub."""

    def make(token: str | None = None, **rules):
        hub = hub_with(github=GitHubRules(**({"releases": RELEASES} | rules)))
        return asks("github", settings_for(hub, github_token=Secret(token) if token else None)), hub

    return make


@pytest.fixture
def ask(ask_hub):
    return ask_hub()[0]


@pytest.fixture
def ask_site(asks, hub_with, site):
    """Ask a server whose answers the test makes up."""
    return asks("github", replace(settings_for(hub_with()), endpoints={"github": site.origin}))


def file(*place: str, repo: str = "o/r") -> RepoFile:
    return RepoFile(repo, place)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LINK, Asset("o/r", "x4plus.pth", "v1.0")),
        (
            "https://www.github.com/o/r/releases/download/v1.0/x4plus.pth?x=1#y",
            Asset("o/r", "x4plus.pth", "v1.0"),
        ),
        ("http://GitHub.com:80/o/r/releases/download/v1.0/x4plus.pth", Asset("o/r", "x4plus.pth", "v1.0")),
        ("https://github.com/o/r/releases/download/v2%2Fbeta/x.pth", Asset("o/r", "x.pth", "v2/beta")),
        ("https://github.com/o/r/releases/download/v2/beta/x.pth", Asset("o/r", "x.pth", "v2/beta")),
        ("https://github.com/o/r/releases/latest/download/a%20b.pth", Asset("o/r", "a b.pth")),
        ("https://github.com/o/r/blob/main/vae/x.pt", file("main", "vae", "x.pt")),
        ("https://github.com/o/r/blob/main/x.pt?raw=true", file("main", "x.pt")),
        ("https://github.com/o/r/raw/refs/heads/main/x.pt", file("refs", "heads", "main", "x.pt")),
        (f"https://raw.githubusercontent.com/o/r/{COMMIT}/x.pt?token=secret", file(COMMIT, "x.pt")),
        ("https://media.githubusercontent.com/media/o/r/main/x.pt", file("main", "x.pt")),
        ("https://github.com/o/r", None),
        ("https://github.com/o/r/tree/main/vae", None),
        ("https://github.com/o/r/releases/tag/v1.0", None),
        ("https://github.com/o/r/archive/refs/tags/v1.zip", Archive("o/r")),
        ("https://github.com/o/r/zipball/main/x", Archive("o/r")),
        ("https://codeload.github.com/o/r/zip/refs/heads/main", Archive("o/r")),
        ("https://gist.github.com/o/r/raw/main/x.pt", None),
        ("https://github.com/o/r/raw/main/../../x.pt", None),
        ("https://github.com/o/r/raw/main/..%2F..%2Fx.pt", None),
        ("github.com/o/r/raw/main/x.pt", None),
    ],
)
def test_links_are_read(text: str, expected: Asset | RepoFile | None) -> None:
    assert parse_reference(text) == expected


def test_an_asset_has_the_digest_that_github_publishes(ask_hub) -> None:
    ask, hub = ask_hub()
    candidate = ask.one(LINK)
    content = hub.content("github/o/r@v1.0/x4plus.pth")
    assert (candidate.id, candidate.name) == (LINK, "x4plus.pth")
    assert candidate.url == f"{hub.endpoint}/o/r/releases/download/v1.0/x4plus.pth"
    assert (candidate.size, candidate.digest) == (content.size, Digest("sha256", content.sha256))
    assert (candidate.evidence, candidate.barrier, candidate.terms.licence) == (
        Evidence.DECLARED_URL,
        None,
        None,
    )


def test_an_asset_from_before_digests_were_published_has_its_size_alone(ask_hub) -> None:
    ask, hub = ask_hub(without_digest=frozenset({"o/r@v1.0"}))
    assert ask.one(LINK).digest is None
    assert ask.one(LINK).size == hub.content("github/o/r@v1.0/x4plus.pth").size


def test_the_latest_release_is_pinned_to_its_tag(ask) -> None:
    candidate = ask.one("https://github.com/o/r/releases/latest/download/x4plus.pth")
    assert candidate.id == "https://github.com/o/r/releases/download/v2%2Fbeta/x4plus.pth"
    assert ask.one(candidate.id) == candidate


@pytest.mark.parametrize("tag", ["..", "../../x", "", "a//b", "a\nb", None])
def test_a_tag_that_is_none_pins_nothing(ask_site, site, tag) -> None:
    asset = {"name": "x4plus.pth", "size": 7}
    site.says_json("/api/v3/repos/o/r/releases/latest", {"tag_name": tag, "assets": [asset]})
    assert ask_site("https://github.com/o/r/releases/latest/download/x4plus.pth") == []
    assert len(site.requests) == 1


@pytest.mark.parametrize(
    "link",
    [
        "https://github.com/o/r/releases/download/v1.0/other.pth",
        "https://github.com/o/r/releases/download/v9/x4plus.pth",
        "https://github.com/o/none/releases/latest/download/x4plus.pth",
        "https://github.com/o/gone/blob/main/x.pt",
        "https://github.com/o/r/blob/none/x.pt",
        "https://github.com/o/r/blob/main/none.pt",
        "https://github.com/o/r/blob/main/folder/vae",
    ],
)
def test_what_is_not_there_is_nothing(ask_hub, link) -> None:
    missing = {"o/gone", "o/r@none", "o/r@none/x.pt", "o/r/none.pt"}
    assert ask_hub(missing=frozenset(missing))[0](link) == []


@pytest.mark.parametrize(
    "link",
    [
        "https://github.com/o/r/blob/main/models/vae/x.pt",
        "https://github.com/o/r/raw/main/models/vae/x.pt",
        "https://raw.githubusercontent.com/o/r/main/models/vae/x.pt",
        f"https://github.com/o/r/blob/{commit_of('o/r', 'main')}/models/vae/x.pt",
    ],
)
def test_a_file_is_pinned_to_the_commit_and_has_its_blob_id(ask_hub, link) -> None:
    ask, hub = ask_hub()
    candidate, commit = ask.one(link), commit_of("o/r", "main")
    content = hub.content("github/o/r/models/vae/x.pt")
    assert candidate.id == f"https://github.com/o/r/blob/{commit}/models/vae/x.pt"
    assert candidate.url == f"{hub.endpoint}/raw/o/r/{commit}/models/vae/x.pt"
    assert (candidate.size, candidate.digest) == (content.size, Digest("git-sha1", content.git_sha1))
    assert (candidate.name, candidate.folder) == ("x.pt", "vae")


@pytest.mark.parametrize("form", ["blob/refs/heads/main", "raw/refs/heads/main"])
def test_a_reference_may_be_written_in_full(ask, form) -> None:
    assert commit_of("o/r", "heads/main") in ask.one(f"https://github.com/o/r/{form}/x.pt").id


def test_a_branch_with_a_slash_in_its_name_is_found(ask_hub) -> None:
    ask, _hub = ask_hub(missing=frozenset({"o/r@feature"}))
    candidate = ask.one("https://github.com/o/r/blob/feature/new/vae/x.pt")
    assert candidate.id == f"https://github.com/o/r/blob/{commit_of('o/r', 'feature/new')}/vae/x.pt"


@pytest.mark.parametrize("form", ["blob", "raw"])
def test_an_lfs_file_has_size_and_sha256_of_its_pointer_and_comes_from_the_lfs_host(ask_hub, form) -> None:
    ask, hub = ask_hub(lfs=frozenset({"o/r/x.pt"}))
    candidate, content = ask.one(f"https://github.com/o/r/{form}/main/x.pt"), hub.content("github/o/r/x.pt")
    assert candidate.url == f"{hub.endpoint}/media/o/r/{commit_of('o/r', 'main')}/x.pt"
    assert (candidate.size, candidate.digest) == (content.size, Digest("sha256", content.sha256))


def test_an_owner_over_the_lfs_quota_is_a_limit_and_no_tiny_file(ask_hub) -> None:
    ask, _hub = ask_hub(lfs=frozenset({"o/r/x.pt"}), lfs_spent=frozenset({"o/r"}))
    with pytest.raises(SourceUnavailable, match="LFS data quota") as caught:
        ask("https://github.com/o/r/blob/main/x.pt")
    assert caught.value.kind == "rate-limited"


PRIVATE = {"private": frozenset({"o/r"}), "tokens": frozenset({TOKEN})}


@pytest.mark.parametrize("link", [LINK, "https://github.com/o/r/blob/main/x.pt"])
def test_a_private_repository_is_nothing_to_strangers(ask_hub, link) -> None:
    assert ask_hub(**PRIVATE)[0](link) == []


def test_a_private_asset_comes_from_the_api_by_its_number(ask_hub) -> None:
    ask, hub = ask_hub(TOKEN, **PRIVATE)
    candidate = ask.one(LINK)
    content = hub.content("github/o/r@v1.0/x4plus.pth")
    assert candidate.url.startswith(f"{hub.endpoint}/api/v3/repos/o/r/releases/assets/")
    assert (candidate.form, candidate.barrier) == (Form.OCTETS, None)
    assert (candidate.id, candidate.digest) == (LINK, Digest("sha256", content.sha256))
    assert [record.authorized for record in hub.requests if record.origin == "storage"] == [False]


def test_a_private_file_comes_from_the_api_as_it_is(ask_hub) -> None:
    ask, hub = ask_hub(TOKEN, **PRIVATE)
    candidate = ask.one("https://github.com/o/r/blob/main/vae/x.pt")
    commit, content = commit_of("o/r", "main"), hub.content("github/o/r/vae/x.pt")
    assert candidate.url == f"{hub.endpoint}/api/v3/repos/o/r/contents/vae/x.pt?ref={commit}"
    assert (candidate.form, candidate.digest) == (Form.RAW, Digest("git-sha1", content.git_sha1))


def test_a_private_file_in_lfs_is_for_browsers(ask_hub) -> None:
    ask, hub = ask_hub(TOKEN, **PRIVATE, lfs=frozenset({"o/r/x.pt"}))
    candidate = ask.one("https://github.com/o/r/blob/main/x.pt")
    assert candidate.barrier.kind == "login"
    assert "LFS" in candidate.barrier.message
    assert "browser" in candidate.barrier.hint
    assert candidate.size == hub.content("github/o/r/x.pt").size


@pytest.mark.parametrize("link", [LINK, "https://github.com/o/r/blob/main/x.pt"])
def test_a_token_that_may_only_see_which_files_there_are_is_told_so(ask_hub, link) -> None:
    candidate = ask_hub(TOKEN, **PRIVATE, narrow_tokens=frozenset({TOKEN}))[0].one(link)
    assert candidate.barrier.kind == "login"
    assert "read the contents of o/r" in candidate.barrier.hint
    assert candidate.form is Form.ANY


@pytest.mark.parametrize("answer", ["5", 5.5, None, True, -1, "../../../user"])
def test_a_number_of_an_asset_that_is_none_leads_nowhere(asks, hub_with, site, answer) -> None:
    settings = settings_for(hub_with(), endpoints={"github": site.origin}, github_token=Secret(TOKEN))
    asset = {"name": "x4plus.pth", "id": answer, "url": "https://evil.example/"}
    site.says_json("/api/v3/repos/o/r/releases/tags/v1.0", {"tag_name": "v1.0", "assets": [asset]})
    assert asks("github", settings).one(LINK).barrier.kind == "login"
    assert len(site.requests) == 2


@pytest.mark.parametrize("link", [LINK, "https://github.com/o/r/blob/main/x.pt"])
def test_a_stale_token_is_said_to_be_one_where_nothing_is_found(ask_hub, link) -> None:
    barrier = ask_hub("ghp_stale", **PRIVATE)[0].one(link).barrier
    assert barrier.kind == "login"
    assert "does not accept your token" in barrier.message


def test_a_stale_token_does_not_hide_a_branch_with_a_slash(ask_hub) -> None:
    ask, _hub = ask_hub("ghp_stale", missing=frozenset({"o/r@feature"}))
    assert ask.one("https://github.com/o/r/blob/feature/new/x.pt").barrier is None


@pytest.mark.parametrize("link", [LINK, "https://github.com/o/r/blob/main/x.pt"])
def test_a_renamed_repository_is_followed(ask_hub, link) -> None:
    releases = {key.replace("o/r@", "o/new@"): names for key, names in RELEASES.items()}
    ask, hub = ask_hub(releases=releases, renamed={"o/r": "o/new"})
    key = "o/new@v1.0/x4plus.pth" if link == LINK else "o/new/x.pt"
    assert ask.one(link).size == hub.content(f"github/{key}").size
    assert ask.one(link).barrier is None


def test_an_archive_of_the_source_code_is_refused_with_its_reason(ask_hub) -> None:
    ask, hub = ask_hub()
    barrier = ask.one("https://github.com/o/r/archive/refs/tags/v1.zip").barrier
    assert barrier.kind == "by-hand"
    assert "source code" in barrier.message
    assert "https://github.com/o/r/releases" in barrier.hint
    assert hub.requests == []


def test_a_refusal_for_too_many_questions_is_told_from_one_for_good(ask_site, site) -> None:
    site.says("/api/v3/repos/o/r/releases/tags/v1.0", 403, b"{}")
    assert ask_site.one(LINK).barrier.kind == "login"
    site.says("/api/v3/repos/o/r/releases/tags/v1.0", 403, b"{}", Retry_After="300")
    with pytest.raises(SourceUnavailable) as caught:
        ask_site(LINK)
    assert (caught.value.kind, caught.value.retry_after) == ("rate-limited", 300)


@pytest.mark.parametrize(("status", "kind", "words"), [(403, "login", "blocked"), (451, "removed", "legal")])
@pytest.mark.parametrize("link", [LINK, "https://github.com/o/r/blob/main/x.pt"])
def test_a_repository_that_was_taken_down_is_a_barrier(ask_hub, status, kind, words, link) -> None:
    candidate = ask_hub(taken_down={"o/r": status})[0].one(link)
    assert candidate.barrier.kind == kind
    assert words in candidate.barrier.message


def test_too_many_questions_say_how_to_ask_more(ask_hub) -> None:
    ask, _hub = ask_hub(spent=True)
    with pytest.raises(SourceUnavailable, match="GITHUB_TOKEN") as caught:
        ask(LINK)
    assert caught.value.kind == "rate-limited"
    assert caught.value.retry_after == 600  # an hour and more is shown as the longest wait there is


def test_a_token_asks_the_api_more_and_goes_nowhere_else(ask_hub) -> None:
    ask, hub = ask_hub(TOKEN, spent=True, tokens=frozenset({TOKEN}))
    assert ask.one(LINK).barrier is None
    assert [(record.origin, record.authorized) for record in hub.requests if record.origin == "storage"] == [
        ("storage", False)
    ]
    assert hub.requests[0].authorized


def test_a_stale_token_does_not_hide_what_is_public(ask_hub) -> None:
    assert ask_hub("ghp_stale")[0].one(LINK).digest


@pytest.mark.parametrize("answer", [None, [], 5, "x", {}, {"tag_name": 5, "assets": 5}, {"tag_name": "v1.0"}])
def test_a_malformed_release_is_nothing(ask_site, site, answer) -> None:
    site.says_json("/api/v3/repos/o/r/releases/tags/v1.0", answer)
    assert ask_site(LINK) == []


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"size": None, "digest": None},
        {"size": "5", "digest": 5},
        {"size": -1, "digest": "sha256:xyz"},
        {"size": True, "digest": "md5:" + "0" * 32},
        {"size": [], "digest": "sha256"},
        {"size": 1.5, "digest": "crc32:" + "0" * 8},
    ],
)
def test_what_is_malformed_about_an_asset_is_not_known(ask_site, site, facts) -> None:
    assets = [None, {"name": 5}, {"name": "x4plus.pth", **facts}]
    site.says_json("/api/v3/repos/o/r/releases/tags/v1.0", {"tag_name": "v1.0", "assets": assets})
    site.says("/o/r/releases/download/v1.0/x4plus.pth", 206, b"x", Content_Range="bytes 0-0/7")
    candidate = ask_site.one(LINK)
    assert (candidate.size, candidate.digest) == (7, None)


def test_an_upload_that_was_never_finished_is_nothing(ask_site, site) -> None:
    asset = {"name": "x4plus.pth", "state": "starter"}
    site.says_json("/api/v3/repos/o/r/releases/tags/v1.0", {"tag_name": "v1.0", "assets": [asset]})
    assert ask_site(LINK) == []


@pytest.mark.parametrize("content", ["", "!!", "dmVyc2lvbg==", 5, None])
def test_a_malformed_entry_is_no_pointer(ask_site, site, content) -> None:
    entry = {"type": "file", "size": 7, "sha": "not hex", "content": content}
    site.says_json("/api/v3/repos/o/r/contents/x.pt", entry)
    site.says(f"/raw/o/r/{COMMIT}/x.pt", 206, b"x", Content_Range="bytes 0-0/7")
    candidate = ask_site.one(f"https://github.com/o/r/blob/{COMMIT}/x.pt")
    assert (candidate.size, candidate.digest) == (7, None)


@pytest.mark.parametrize(
    ("status", "kind"), [(429, "rate-limited"), (500, "unavailable"), (503, "unavailable")]
)
def test_an_api_in_trouble_is_a_failure(ask_site, site, status, kind) -> None:
    site.says("/api/v3/repos/o/r/releases/tags/v1.0", status)
    with pytest.raises(SourceUnavailable) as caught:
        ask_site(LINK)
    assert caught.value.kind == kind


def test_downloads_in_trouble_are_a_failure(ask_site, site) -> None:
    asset = {"name": "x4plus.pth"}
    site.says_json("/api/v3/repos/o/r/releases/tags/v1.0", {"tag_name": "v1.0", "assets": [asset]})
    site.says("/o/r/releases/download/v1.0/x4plus.pth", 503, Retry_After="7")
    with pytest.raises(SourceUnavailable) as caught:
        ask_site(LINK)
    assert (caught.value.kind, caught.value.retry_after) == ("unavailable", 7)


def test_a_redirect_off_the_list_is_a_barrier(ask_site, site, contacted) -> None:
    asset = {"name": "x4plus.pth"}
    site.says_json("/api/v3/repos/o/r/releases/tags/v1.0", {"tag_name": "v1.0", "assets": [asset]})
    site.says("/o/r/releases/download/v1.0/x4plus.pth", 302, Location="https://evil.example/x?token=secret")
    barrier = ask_site.one(LINK).barrier
    assert barrier.kind == "host"
    assert "secret" not in repr(barrier)
    assert {f"http://{host}:{port}" for host, port in contacted} == {site.origin}


def test_offline_a_link_is_taken_as_it_is(asks, hub_with) -> None:
    hub = hub_with()
    ask = asks("github", settings_for(hub, offline=True))
    assert ask.one(LINK).url == f"{hub.endpoint}/o/r/releases/download/v1.0/x4plus.pth"
    assert ask.one("https://github.com/o/r/raw/main/x.pt").size is None
    assert hub.requests == []
