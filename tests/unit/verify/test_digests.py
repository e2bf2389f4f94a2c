from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from faults.bench import git_sha1

from modelget.errors import DigestMismatch
from modelget.types import Digest
from modelget.verify import Hasher, check_digest, digest_file

BODY = b"weights" * 1000
SHA256 = Digest("sha256", hashlib.sha256(BODY).hexdigest())
AUTOV2 = Digest("autov2", SHA256.hex[:10])
UNKNOWN = Digest("crc32", "0" * 8)
SHA256_PREFIX = Digest("sha256-prefix", SHA256.hex[:8])
MD5 = Digest("md5", hashlib.md5(BODY).hexdigest())  # noqa: S324
MD5_PREFIX = Digest("md5-prefix", hashlib.md5(BODY).hexdigest()[:6])  # noqa: S324


def hashed(wanted: Digest | None, size: int | None = len(BODY), body: bytes = BODY) -> Hasher:
    hasher = Hasher(wanted, size)
    for at in range(0, len(body), 999):
        hasher.update(body[at : at + 999])
    return hasher


@pytest.mark.parametrize(
    "wanted",
    [SHA256, AUTOV2, git_sha1(BODY), SHA256_PREFIX, MD5, MD5_PREFIX],
    ids=lambda digest: digest.algorithm,
)
def test_right_bytes_are_proven_and_one_wrong_byte_is_not(wanted):
    assert check_digest("x", wanted, hashed(wanted))
    wrong = hashed(wanted, body=BODY[:-1] + b"?")
    with pytest.raises(DigestMismatch) as caught:
        check_digest("x", wanted, wrong)
    assert caught.value.wanted == wanted
    assert caught.value.got == wrong.as_algorithm_of(wanted) != wanted


@pytest.mark.parametrize(("wanted", "size"), [(None, 7000), (UNKNOWN, 7000), (git_sha1(BODY), None)])
def test_where_nothing_can_be_compared_nothing_is_proven(wanted, size):
    assert not Hasher(wanted, size).proves(wanted)
    assert check_digest("x", wanted, hashed(wanted, size)) is False


@pytest.mark.parametrize("wanted", [SHA256, AUTOV2, git_sha1(BODY)])
def test_a_hasher_says_beforehand_what_it_will_prove(wanted):
    assert Hasher(wanted, len(BODY)).proves(wanted)


def test_git_knows_a_file_by_its_length_and_bytes():
    assert git_sha1(b"hello\n").hex == "ce013625030ba8dba906f756967f9e9ca394464a"  # `git hash-object`
    assert hashed(git_sha1(b"hello\n"), 6, b"hello\n").as_algorithm_of(git_sha1(b"")) == git_sha1(b"hello\n")


@pytest.mark.parametrize("size", [0, 1, 4 * 2**20, 4 * 2**20 + 1])
def test_a_file_is_hashed_whole_and_its_advance_is_told(size, tmp_path: Path):
    path, told = tmp_path / "file", []
    body = b"\x01" * size
    path.write_bytes(body)
    hasher = digest_file(path, git_sha1(body), told.append)
    assert hasher.sha256.hex == hashlib.sha256(body).hexdigest()
    assert hasher.as_algorithm_of(git_sha1(body)) == git_sha1(body)
    assert told == sorted(told)
    assert told[-1:] == ([size] if size else [])


def autov3(tensors: bytes) -> Digest:
    return Digest("autov3", hashlib.sha256(tensors).hexdigest()[:12])


@pytest.mark.parametrize("step", [1, 7, 8, 9, 40, 999, 10**6])
def test_autov3_is_computed_in_the_same_pass_whatever_the_pieces(step):
    file = (40).to_bytes(8, "little") + b"{}".ljust(40) + BODY
    hasher = Hasher(autov3(BODY), len(file))
    for at in range(0, len(file), step):
        hasher.update(file[at : at + step])
    assert check_digest("x", autov3(BODY), hasher)
    assert hasher.sha256.hex == hashlib.sha256(file).hexdigest()
    with pytest.raises(DigestMismatch):
        check_digest("x", autov3(BODY[:-1]), hasher)


def test_autov3_is_no_proof_of_a_whole_file():
    assert not Hasher(autov3(BODY), len(BODY)).proves(autov3(BODY))


@pytest.mark.parametrize("file", [b"", b"short", (2**60).to_bytes(8, "little") + BODY])
def test_autov3_of_what_has_no_tensors_is_that_of_nothing(file):
    hasher = Hasher(autov3(b""), len(file))
    hasher.update(file)
    assert check_digest("x", autov3(b""), hasher)


@pytest.mark.parametrize("wanted", [SHA256_PREFIX, MD5, MD5_PREFIX], ids=lambda digest: digest.algorithm)
def test_an_md5_and_a_few_digits_are_compared_and_are_no_proof_of_bytes_from_anywhere(wanted):
    assert check_digest("x", wanted, hashed(wanted))
    assert not Hasher(wanted, len(BODY)).proves(wanted)
