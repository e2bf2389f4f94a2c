"""What a head says about the file behind it, read strictly."""

from __future__ import annotations

import pytest

from modelget.fetch.answers import content_range, length_beyond_range, strong_etag
from modelget.http.reply import is_as_stored


@pytest.mark.parametrize(
    ("said", "understood"),
    [
        ("bytes 0-9/10", (0, 10, 10)),
        ("bytes 5-5/10", (5, 6, 10)),
        ("bytes 5-4/10", None),
        ("bytes 9-3/10", None),
        ("bytes 0-10/10", None),
        ("bytes 0-9/*", None),
        ("bytes */10", None),
        ("bytes -5-9/10", None),
        ("bytes 0-9/10, 20-29/40", None),
        ("bytes 0-9/1" + "0" * 18, None),
        ("items 0-9/10", None),
        ("", None),
    ],
)
def test_a_content_range_is_a_stretch_of_a_file_or_nothing(said, understood):
    assert content_range({"Content-Range": said}) == understood
    assert content_range({}) is None


@pytest.mark.parametrize(
    ("said", "length"),
    [("bytes */10", 10), ("bytes */0", 0), ("bytes */*", None), ("bytes 0-9/10", None), ("", None)],
)
def test_the_length_beyond_a_range(said, length):
    assert length_beyond_range({"Content-Range": said}) == length


@pytest.mark.parametrize(
    ("said", "strong"),
    [('"a-1"', '"a-1"'), ('""', '""'), ('W/"a"', ""), ("a", ""), ('"a b"', ""), ('"a"b"', ""), ("", "")],
)
def test_only_a_strong_validator_promises_equal_bytes(said, strong):
    assert strong_etag({"ETag": said}) == strong


@pytest.mark.parametrize(
    ("said", "stored"),
    [("identity", True), ("", True), ("Identity", True), ("gzip", False), ("identity, br", False)],
)
def test_a_compressed_body_is_not_the_file(said, stored):
    assert is_as_stored({"Content-Encoding": said}) is stored
    assert is_as_stored({})
