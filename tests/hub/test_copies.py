"""S3, an owner's mirror and CivArchive as the embedded hub plays them, asked with plain HTTP."""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ElementTree

import pytest
import requests

from modelget.hub import ArchivedCopy, CivArchiveRules, EmbeddedHub, MirrorRules, S3Rules

KEY = "s3/x.safetensors"
BUCKETS = S3Rules(
    buckets={
        "open": {"vae/ae one.safetensors": KEY},
        "closed": {"x": KEY},
        "silent": {"x": KEY},
        "busy": {"x": KEY},
    },
    private=frozenset({"closed"}),
    unlisted=frozenset({"silent"}),
    slow=frozenset({"busy"}),
)
ON_MIRROR = MirrorRules({"vae/ae.safetensors": "o/r/ae.safetensors", f"sha256/{'0' * 64}": "o/r/other.pt"})


def get(hub: EmbeddedHub, path: str, method: str = "GET", **headers: str) -> requests.Response:
    return requests.request(method, hub.endpoint + path, headers=headers, allow_redirects=False, timeout=10)


@pytest.fixture
def s3(hub_with) -> EmbeddedHub:
    return hub_with(s3=BUCKETS)


@pytest.fixture
def mirror(hub_with) -> EmbeddedHub:
    return hub_with(mirror=ON_MIRROR)


@pytest.fixture
def archive(hub_with) -> EmbeddedHub:
    copies = (
        ArchivedCopy("HUB/mirror/x.safetensors"),
        ArchivedCopy("https://elsewhere.example/HUB/x", "2025-01-01"),
    )
    return hub_with(civarchive=CivArchiveRules({"civitai/7/x.safetensors": copies}))


# S3


def test_a_key_of_a_public_bucket_is_the_file_in_whole_and_in_parts(s3) -> None:
    content = s3.content(KEY)
    whole = get(s3, "/open/vae/ae%20one.safetensors")
    assert (whole.status_code, hashlib.sha256(whole.content).hexdigest()) == (200, content.sha256)
    part = get(s3, "/open/vae/ae%20one.safetensors", Range="bytes=5-9")
    assert (part.status_code, part.content) == (206, content.read(5, 5))
    assert part.headers["Content-Range"] == f"bytes 5-9/{content.size}"


def test_a_key_can_be_asked_about_without_its_bytes(s3) -> None:
    answer = get(s3, "/open/vae/ae%20one.safetensors", "HEAD")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Length"] == str(s3.content(KEY).size)


def test_what_looks_like_a_digest_of_an_object_is_one_of_its_parts(s3) -> None:
    headers = get(s3, "/open/vae/ae%20one.safetensors", "HEAD").headers
    content = s3.content(KEY)
    assert headers["ETag"].strip('"').endswith("-7")
    assert headers["x-amz-checksum-sha256"].endswith("-7")
    assert content.md5 not in headers["ETag"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/open/no/such.key", 404, "NoSuchKey"),
        ("/open/", 404, "NoSuchKey"),
        ("/closed/x", 403, "AccessDenied"),
        ("/closed/no/such.key", 403, "AccessDenied"),
        ("/silent/no/such.key", 403, "AccessDenied"),
        ("/busy/x", 503, "SlowDown"),
    ],
)
def test_s3_refuses_in_xml(s3, path, status, code) -> None:
    answer = get(s3, path)
    assert answer.status_code == status
    assert "xml" in answer.headers["Content-Type"]
    assert ElementTree.fromstring(answer.content).findtext("Code") == code  # noqa: S314 - our own hub


def test_a_bucket_that_does_not_list_still_gives_what_it_has(s3) -> None:
    assert get(s3, "/silent/x", "HEAD").status_code == 200


def test_what_begins_with_no_bucket_is_not_for_s3(s3) -> None:
    assert "NoSuchKey" not in get(s3, "/nowhere/x").text
    assert get(s3, "/open/vae/ae%20one.safetensors", "POST").status_code in (404, 405, 501)


# Mirrors


def test_a_mirror_gives_the_bytes_of_another_place_under_its_own_names(mirror) -> None:
    for path, key in ON_MIRROR.files.items():
        answer = get(mirror, f"/mirror/{path}")
        assert answer.status_code == 200
        assert hashlib.sha256(answer.content).hexdigest() == mirror.content(key).sha256


def test_a_mirror_resumes_and_its_etag_says_nothing_of_the_bytes(mirror) -> None:
    content = mirror.content("o/r/ae.safetensors")
    answer = get(mirror, "/mirror/vae/ae.safetensors", Range=f"bytes={content.size - 3}-")
    assert (answer.status_code, answer.content) == (206, content.read(content.size - 3, 3))
    assert answer.headers["ETag"] == '"of-this-server"'


@pytest.mark.parametrize("path", ["/mirror/none.pt", "/mirror/", "/mirror/vae"])
def test_what_is_not_on_the_mirror_is_a_page(mirror, path) -> None:
    answer = get(mirror, path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("status", [401, 403, 503])
def test_a_mirror_in_trouble_says_the_same_to_everything(hub_with, status) -> None:
    hub = hub_with(mirror=MirrorRules(ON_MIRROR.files, status))
    for path in ("/mirror/vae/ae.safetensors", "/mirror/none.pt"):
        answer = get(hub, path)
        assert answer.status_code == status
        assert answer.headers["Content-Type"].startswith("text/html")


# CivArchive


def test_civarchive_lists_who_has_copies_of_a_sha256(archive) -> None:
    content = archive.content("civitai/7/x.safetensors")
    (file,) = get(archive, f"/api/sha256/{content.sha256}").json()["files"]
    assert (file["sha256"], file["name"]) == (content.sha256, "x.safetensors")
    assert file["sizeKB"] == content.size / 1024
    assert file["mirrors"] == [
        {"url": f"{archive.endpoint}/mirror/x.safetensors", "filename": "x.safetensors", "deletedAt": None},
        {
            "url": "https://elsewhere.example/HUB/x",
            "filename": "x.safetensors",
            "deletedAt": "2025-01-01",
        },
    ]


def test_civarchive_knows_no_other_digest(archive) -> None:
    answer = get(archive, f"/api/sha256/{'0' * 64}")
    assert (answer.status_code, answer.json()) == (404, {"error": "Not found"})


@pytest.mark.parametrize("digits", ["A" * 64, "0" * 63, "0" * 65, "x" * 64, ""])
def test_civarchive_asks_for_64_lower_case_digits(archive, digits) -> None:
    assert get(archive, f"/api/sha256/{digits}").status_code == 404


@pytest.mark.parametrize("status", [403, 429, 500])
def test_civarchive_in_trouble_says_so_for_what_it_knows_too(hub_with, status) -> None:
    hub = hub_with(civarchive=CivArchiveRules({"a/b/x.pt": ()}, status))
    answer = get(hub, f"/api/sha256/{hub.content('a/b/x.pt').sha256}")
    assert (answer.status_code, answer.json()) == (status, {"error": "Sorry"})
