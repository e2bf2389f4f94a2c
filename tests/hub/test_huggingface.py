"""The Hub's protocol, asked with plain HTTP."""

from __future__ import annotations

import hashlib
import re

import pytest
import requests

from modelget.hub import EmbeddedHub, RateLimit

NOBODY: dict[str, str] = {}
KNOWN, GRANTED = {"Authorization": "Bearer hf_known"}, {"Authorization": "Bearer hf_granted"}
TOKENS = {"hf_known": frozenset(), "hf_granted": frozenset({"o/gated", "o/private"})}


def head(url: str, headers: dict[str, str] = NOBODY) -> requests.Response:
    return requests.head(url, headers=headers, timeout=10)


def get_json(hub: EmbeddedHub, path: str, headers: dict[str, str] = NOBODY):
    response = requests.get(hub.endpoint + path, headers=headers, timeout=10)
    assert response.status_code == 200
    return response.json()


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_weights_redirect_to_signed_storage(hub: EmbeddedHub, method: str) -> None:
    url = hub.url("o/r", "unet/a.safetensors")
    response = requests.request(method, url, allow_redirects=False, timeout=10)
    content = hub.content("o/r/unet/a.safetensors")
    assert response.status_code == 302
    assert response.headers["X-Repo-Commit"] == hub.commit("o/r")
    assert response.headers["X-Linked-Etag"] == response.headers["ETag"] == f'"{content.sha256}"'
    assert response.headers["X-Linked-Size"] == str(content.size)
    assert "X-Xet-Hash" not in response.headers
    pattern = re.escape(hub.storage_origin) + r"/o/r/unet/a\.safetensors\?.*Expires=\d+&Signature=[0-9a-f]+"
    assert re.fullmatch(pattern, response.headers["Location"])


@pytest.mark.parametrize("name", ["config.json", "README.md", "merges.txt", "config.yaml"])
def test_small_texts_come_from_the_hub_with_their_git_id(hub: EmbeddedHub, name: str) -> None:
    response = requests.get(hub.url("o/r", name), allow_redirects=False, timeout=10)
    blob = b"blob %d\0" % len(response.content) + response.content
    assert response.status_code == 200
    assert response.headers["ETag"] == f'"{hashlib.sha1(blob, usedforsecurity=False).hexdigest()}"'
    assert response.headers["X-Repo-Commit"] == hub.commit("o/r")


def test_a_big_text_is_kept_in_lfs(hub: EmbeddedHub) -> None:
    assert head(hub.url("o/r", "index-11MiB.json")).status_code == 302


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/gpt2/resolve/main/model.safetensors", "gpt2/model.safetensors"),
        ("/datasets/o/r/resolve/main/a.safetensors", "datasets/o/r/a.safetensors"),
        ("/o/r/resolve/main/a.safetensors?download=true", "o/r/a.safetensors"),
        ("/o/r/resolve/main/sub%20dir/a%2Bb.safetensors", "o/r/sub dir/a+b.safetensors"),
        ("/o/r/resolve/refs%2Fpr%2F1/a.safetensors", "o/r/a.safetensors"),
    ],
)
def test_every_form_of_a_url_leads_to_its_file(hub: EmbeddedHub, path: str, key: str) -> None:
    assert requests.get(hub.endpoint + path, timeout=10).content == hub.content(key).read()


def test_a_revision_names_a_commit_and_a_commit_itself(hub: EmbeddedHub) -> None:
    commits = {
        revision: head(hub.url("o/r", "a.json", revision)).headers["X-Repo-Commit"]
        for revision in ("main", "refs/pr/1", hub.commit("o/r"))
    }
    assert re.fullmatch("[0-9a-f]{40}", commits["main"])
    assert commits["main"] == commits[hub.commit("o/r")] != commits["refs/pr/1"]
    assert commits["main"] != hub.commit("o/other")


def test_raw_gives_the_pointer_and_blob_a_web_page(hub: EmbeddedHub) -> None:
    raw = requests.get(f"{hub.endpoint}/o/r/raw/main/a.safetensors", timeout=10).text
    page = requests.get(f"{hub.endpoint}/o/r/blob/main/a.safetensors", timeout=10)
    assert raw.startswith("version https://git-lfs")
    assert hub.content("o/r/a.safetensors").sha256 in raw
    assert page.headers["Content-Type"].startswith("text/html")


def test_a_corrupt_file_is_published_with_the_right_digest(hub_with) -> None:
    hub = hub_with(corrupt=frozenset({"o/r/a.safetensors"}))
    published = head(hub.url("o/r", "a.safetensors")).headers["X-Linked-Etag"].strip('"')
    body = requests.get(hub.url("o/r", "a.safetensors"), timeout=10).content
    assert published != hashlib.sha256(body).hexdigest()
    assert len(body) == hub.content("o/r/a.safetensors").size


def test_weights_may_be_a_web_page(hub_with) -> None:
    hub = hub_with(files={"o/r/a.safetensors": b"<html>"})
    response = requests.get(hub.url("o/r", "a.safetensors"), timeout=10)
    assert (response.history[0].status_code, response.content) == (302, b"<html>")


REFUSALS = [
    ("o/gated", "a.safetensors", NOBODY, 401, "GatedRepo"),
    ("o/gated", "a.safetensors", KNOWN, 403, "GatedRepo"),
    ("o/gated", "a.safetensors", GRANTED, 302, None),
    ("o/gated", "config.json", NOBODY, 401, "GatedRepo"),
    ("o/private", "a.safetensors", NOBODY, 401, "RepoNotFound"),
    ("o/private", "a.safetensors", KNOWN, 404, "RepoNotFound"),
    ("o/private", "a.safetensors", GRANTED, 302, None),
    ("o/none", "a.safetensors", NOBODY, 401, "RepoNotFound"),
    ("o/none", "a.safetensors", GRANTED, 404, "RepoNotFound"),
    ("o/r", "none.safetensors", NOBODY, 404, "EntryNotFound"),
    ("o/closed", "other.safetensors", NOBODY, 404, "EntryNotFound"),
    ("o/closed", "one.safetensors", NOBODY, 302, None),
    ("o/disabled", "a.safetensors", NOBODY, 403, None),
    ("o/r", "a.safetensors", {"Authorization": "Bearer hf_stale"}, 401, None),
]


@pytest.mark.parametrize(("repo", "path", "headers", "status", "code"), REFUSALS)
def test_refusals_carry_the_codes_of_the_hub(hub_with, repo, path, headers, status, code) -> None:
    hub = hub_with(
        tokens=TOKENS,
        gated=frozenset({"o/gated"}),
        private=frozenset({"o/private"}),
        disabled=frozenset({"o/disabled"}),
        missing=frozenset({"o/none", "o/r/none.safetensors"}),
        closed=frozenset({"o/closed"}),
        files={"o/closed/one.safetensors": 4096},
    )
    response = head(hub.url(repo, path), headers)
    assert (response.status_code, response.headers.get("X-Error-Code")) == (status, code)
    assert ("X-Repo-Commit" in response.headers) == (status == 302 or code == "EntryNotFound")
    if status != 302:
        body = requests.get(hub.url(repo, path), headers=headers, timeout=10).json()
        assert body["error"] == response.headers["X-Error-Message"]


def test_messages_that_clients_look_for(hub_with) -> None:
    hub = hub_with(disabled=frozenset({"o/disabled"}))
    stale = head(hub.url("o/r", "a.json"), {"Authorization": "Bearer hf_stale"})
    disabled = head(hub.url("o/disabled", "a.json"))
    assert stale.headers["X-Error-Message"] == "Invalid credentials in Authorization header"
    assert disabled.headers["X-Error-Message"] == "Access to this resource is disabled."


def test_a_missing_revision_is_told_apart(hub_with) -> None:
    hub = hub_with(missing=frozenset({"o/r@gone"}))
    assert head(hub.url("o/r", "a.json", "gone")).headers["X-Error-Code"] == "RevisionNotFound"
    assert head(hub.url("o/r", "a.json")).status_code == 200


def test_a_rate_limit_passes_after_its_answers(hub_with) -> None:
    hub = hub_with(rate_limited={"o/r": RateLimit(seconds=7, times=2)})
    first = head(hub.url("o/r", "a.json"))
    second = requests.get(f"{hub.endpoint}/api/models/o/r", timeout=10)
    third = head(hub.url("o/r", "a.json"))
    assert [first.status_code, second.status_code, third.status_code] == [429, 429, 200]
    assert first.headers["RateLimit"] == '"resolvers";r=0;t=7'
    assert second.headers["RateLimit"] == '"api";r=0;t=7'
    assert first.headers["RateLimit-Policy"] == '"fixed window";"resolvers";q=3000;w=300'


@pytest.mark.parametrize(
    "body",
    [
        {"data": "paths=a.safetensors&paths=b.json&paths=none&expand=false"},
        {"json": {"paths": ["a.safetensors", "b.json", "none"]}},
    ],
)
@pytest.mark.parametrize("kind", ["models", "datasets", "spaces"])
def test_paths_info_describes_what_exists(hub_with, kind: str, body) -> None:
    key = "o/r" if kind == "models" else f"{kind}/o/r"
    hub = hub_with(missing=frozenset({f"{key}/none"}))
    if "data" in body:
        body = {**body, "headers": {"Content-Type": "application/x-www-form-urlencoded"}}
    url = f"{hub.endpoint}/api/{kind}/o/r/paths-info/main"
    weights, text = requests.post(url, timeout=10, **body).json()
    content, small = hub.content(f"{key}/a.safetensors"), hub.content(f"{key}/b.json")
    pointer = (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{content.sha256}\nsize {content.size}\n"
    )
    blob = hashlib.sha1(f"blob {len(pointer)}\0{pointer}".encode(), usedforsecurity=False).hexdigest()
    lfs = {"oid": content.sha256, "size": content.size, "pointerSize": len(pointer)}
    assert weights == {"type": "file", "path": "a.safetensors", "size": content.size, "oid": blob, "lfs": lfs}
    assert text == {"type": "file", "path": "b.json", "size": small.size, "oid": small.git_sha1}


def test_paths_info_of_junk_is_empty(hub: EmbeddedHub) -> None:
    url = f"{hub.endpoint}/api/models/o/r/paths-info/main"
    for body in (b"{", b"[1]", b""):
        headers = {"Content-Type": "application/json"}
        assert requests.post(url, data=body, headers=headers, timeout=10).json() == []


def test_info_lists_given_and_asked_files(hub_with) -> None:
    hub = hub_with(files={"o/r/given.safetensors": 4096}, licences={"o/r": "other"}, gated=frozenset({"o/g"}))
    head(hub.url("o/r", "asked.json"))
    info = get_json(hub, "/api/models/o/r")
    assert (info["id"], info["sha"], info["gated"]) == ("o/r", hub.commit("o/r"), False)
    assert (info["private"], info["disabled"]) == (False, False)
    assert info["cardData"] == {"license": "other"}
    assert info["tags"] == ["license:other"]
    assert info["siblings"] == [{"rfilename": "asked.json"}, {"rfilename": "given.safetensors"}]
    assert get_json(hub, "/api/models/o/g")["gated"] == "auto"
    assert get_json(hub, "/api/models/gpt2")["id"] == "gpt2"
    assert get_json(hub, "/api/datasets/o/r")["cardData"] == {"license": "apache-2.0"}


def test_info_with_blobs_tells_size_and_digest(hub_with) -> None:
    hub = hub_with(files={"o/r/a.safetensors": 4096, "o/r/b.json": 100})
    info = get_json(hub, "/api/models/o/r/revision/refs%2Fpr%2F1?blobs=true")
    weights, text = info["siblings"]
    assert info["sha"] == hub.commit("o/r", "refs/pr/1")
    assert weights["lfs"]["sha256"] == hub.content("o/r/a.safetensors").sha256
    assert (weights["size"], weights["lfs"]["size"], len(weights["blobId"])) == (4096, 4096, 40)
    assert text == {"rfilename": "b.json", "size": 100, "blobId": hub.content("o/r/b.json").git_sha1}


def test_a_card_may_have_no_licence(hub_with) -> None:
    info = get_json(hub_with(licences={"o/r": None}), "/api/models/o/r")
    assert (info["tags"], info["cardData"]) == ([], {})


def test_the_tree_shows_one_level_or_all(hub_with) -> None:
    hub = hub_with(files={"o/r/a.json": 100, "o/r/vae/b.safetensors": 4096, "o/r/vae/x/c.safetensors": 4096})
    top = get_json(hub, "/api/models/o/r/tree/main")
    below = get_json(hub, "/api/models/o/r/tree/main/vae?recursive=true")
    assert [(e["type"], e["path"]) for e in top] == [("file", "a.json"), ("directory", "vae")]
    assert [e["path"] for e in below] == ["vae/b.safetensors", "vae/x", "vae/x/c.safetensors"]
    assert requests.get(f"{hub.endpoint}/api/models/o/r/tree/main/none", timeout=10).status_code == 404


def test_whoami_knows_its_tokens(hub_with) -> None:
    hub = hub_with(tokens=TOKENS)
    assert get_json(hub, "/api/whoami-v2", KNOWN)["type"] == "user"
    for headers in (NOBODY, {"Authorization": "Bearer hf_stale"}):
        assert requests.get(f"{hub.endpoint}/api/whoami-v2", headers=headers, timeout=10).status_code == 401


def test_the_api_of_a_missing_repository_refuses(hub_with) -> None:
    hub = hub_with(missing=frozenset({"o/none"}))
    response = requests.get(f"{hub.endpoint}/api/models/o/none", timeout=10)
    assert (response.status_code, response.headers["X-Error-Code"]) == (401, "RepoNotFound")
