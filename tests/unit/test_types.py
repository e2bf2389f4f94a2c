"""What a few digits of a digest say, and what they do not."""

from __future__ import annotations

import hashlib

import pytest

from modelget.types import Candidate, Digest, Evidence

SHA256 = Digest("sha256", hashlib.sha256(b"weights").hexdigest())


def first(count: int, algorithm: str = "sha256-prefix") -> Digest:
    return Digest(algorithm, SHA256.hex[:count])


@pytest.mark.parametrize(("algorithm", "lengths"), [("sha256-prefix", (8, 63)), ("md5-prefix", (6, 32))])
def test_a_prefix_has_enough_digits_to_show_an_accident_and_no_more_than_there_are(
    algorithm, lengths
) -> None:
    shortest, longest = lengths
    for length in (shortest, longest):
        assert Digest(algorithm.upper(), "A" * length).hex == "a" * length
    for length in (0, shortest - 1, longest + 1):
        with pytest.raises(ValueError, match="not a"):
            Digest(algorithm, "a" * length)


def test_a_prefix_stands_for_no_file() -> None:
    assert SHA256.is_unique
    assert not first(63).is_unique
    assert not first(32, "md5-prefix").is_unique
    assert first(8).can_contradict


def test_a_longer_digest_is_told_in_terms_of_a_shorter_one_and_never_the_other_way_round() -> None:
    assert SHA256.in_terms_of(first(8)) == first(8)
    assert first(12).in_terms_of(first(9)) == first(9)
    assert first(12).in_terms_of(first(10, "autov2")) == first(10, "autov2")
    assert first(10, "autov2").in_terms_of(first(8)) == first(8)
    assert first(8).in_terms_of(SHA256) is None
    assert first(8).in_terms_of(first(9)) is None
    assert first(8).in_terms_of(first(10, "autov2")) is None
    assert first(10, "autov2").in_terms_of(SHA256) is None
    assert SHA256.in_terms_of(first(8, "md5-prefix")) is None


@pytest.mark.parametrize(("digest", "identity"), [(None, None), (SHA256, SHA256), (first(8), None)])
def test_only_a_digest_of_one_file_makes_two_candidates_one(digest, identity) -> None:
    found = Candidate("shelf", "1", "u", "x.pth", Evidence.DECLARED_URL, digest=digest)
    assert found.identity == identity
