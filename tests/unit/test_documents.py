"""What came instead of a file is recognised by its first bytes."""

from __future__ import annotations

import pytest

from modelget.documents import Pointer, is_json, is_page, is_pointer, parse_pointer

OID = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{OID}\nsize 12345\n".encode()


@pytest.mark.parametrize(
    "opening",
    [
        b"<!DOCTYPE html><html>",
        b"\xef\xbb\xbf\r\n <HTML>",
        b"<?xml version='1.0'?><Error>",
        b"<Error><Code>",
        b"<!-- x",
    ],
)
def test_pages_and_error_documents_are_recognised(opening: bytes) -> None:
    assert is_page(opening)
    assert not is_json(opening)


@pytest.mark.parametrize(
    ("content_type", "is_one"),
    [
        ("text/html", True),
        ("Text/HTML; charset=utf-8", True),
        ("application/octet-stream", False),
        ("", False),
    ],
)
def test_a_server_that_says_page_means_it(content_type: str, is_one: bool) -> None:
    assert is_page(b"\x80\x02weights", content_type) is is_one


def test_json_is_recognised() -> None:
    assert is_json(b' \n{"error": 1}')
    assert is_json(b"[1]")
    assert not is_json(b"\x08\x00\x00\x00\x00\x00\x00\x00{")


def test_a_pointer_tells_digest_and_size() -> None:
    assert is_pointer(POINTER)
    assert parse_pointer(POINTER) == Pointer(OID, 12345)


def test_a_pointer_may_name_extensions() -> None:
    extended = POINTER.replace(b"oid", b"ext-0-foo sha256:" + OID.encode() + b"\noid", 1)
    assert parse_pointer(extended) == Pointer(OID, 12345)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"version https://git-lfs.github.com/spec/v1\n",
        POINTER.replace(b"sha256", b"md5"),
        POINTER.replace(OID.encode(), b"xyz"),
        POINTER.replace(b"12345", b"-1"),
        POINTER.replace(b"12345", b"9" * 30),
        POINTER.replace(b"git-lfs.github.com", b"evil.example"),
        b"\n" + POINTER,
    ],
)
def test_what_is_no_whole_pointer_tells_nothing(body: bytes) -> None:
    assert parse_pointer(body) is None
