"""What was promised about the bytes, and what happens when other ones come."""

from __future__ import annotations

import hashlib

import pytest
from faults.bench import MIB, git_sha1, safetensors, sha256

from modelget.errors import DigestMismatch, FetchFailed, UnsafeFile
from modelget.types import Digest

BODY, OTHER = safetensors(2 * MIB), safetensors(2 * MIB, seed=2)
AUTOV2 = Digest("autov2", sha256(BODY).hex[:10])


def prefix(body: bytes) -> Digest:
    return Digest("sha256-prefix", sha256(body).hex[:8])


def md5_prefix(body: bytes) -> Digest:
    return Digest("md5-prefix", hashlib.md5(body).hexdigest()[:6])  # noqa: S324


PROMISES = [sha256(BODY), AUTOV2, git_sha1(BODY), prefix(BODY), md5_prefix(BODY)]


@pytest.mark.parametrize("digest", PROMISES, ids=lambda digest: digest.algorithm)
def test_right_bytes_are_placed_and_known_by_their_sha256(digest, bench, serve):
    fetched = bench.fetch(serve(BODY), digest=digest, size=len(BODY))
    assert fetched.file.digest == Digest("sha256", hashlib.sha256(BODY).hexdigest())


@pytest.mark.parametrize("digest", PROMISES, ids=lambda digest: digest.algorithm)
def test_other_bytes_are_not_and_nothing_is_kept(digest, bench, serve):
    server = serve(OTHER)
    with pytest.raises(DigestMismatch) as caught:
        bench.fetch(server, digest=digest, size=len(BODY))
    got = {
        "sha256": sha256(OTHER),
        "autov2": Digest("autov2", sha256(OTHER).hex[:10]),
        "git-sha1": git_sha1(OTHER),
        "sha256-prefix": prefix(OTHER),
        "md5-prefix": md5_prefix(OTHER),
    }
    assert (caught.value.wanted, caught.value.got) == (digest, got[digest.algorithm])
    assert str(digest) in str(caught.value)
    assert not bench.destination.exists()
    assert bench.leftovers == []
    assert len(server.requests) == 1


def test_a_small_file_is_proven_by_its_git_blob_id(bench, serve):
    body = safetensors(200)
    assert bench.fetch(serve(body), digest=git_sha1(body), size=200).file.digest == sha256(body)


def test_without_a_digest_the_structure_must_fit(bench, serve):
    assert bench.fetch(serve(BODY)).file.digest == sha256(BODY)
    bench.destination.unlink()
    with pytest.raises(UnsafeFile, match="bytes of tensors"):
        bench.fetch(serve(BODY[:-1]))
    assert not bench.destination.exists()


@pytest.mark.parametrize("digest", [None, sha256(BODY)])
def test_another_size_than_published_is_refused_before_the_bytes_come(digest, bench, serve):
    server = serve(BODY)
    with pytest.raises(FetchFailed, match=f"offers {len(BODY)} bytes, {len(BODY) - 1} were published"):
        bench.fetch(server, digest=digest, size=len(BODY) - 1)
    assert not bench.destination.exists()
    assert bench.leftovers == []


def test_what_a_name_only_claims_is_told_and_the_file_stays(bench, serve):
    fetched = bench.fetch(serve(BODY), claimed=prefix(OTHER))
    assert prefix(OTHER).hex in fetched.warning
    assert prefix(BODY).hex in fetched.warning
    assert fetched.file.digest == sha256(BODY)
    assert bench.destination.read_bytes() == BODY


@pytest.mark.parametrize(
    "facts", [{"claimed": prefix(BODY)}, {"claimed": prefix(OTHER), "digest": sha256(BODY)}, {}]
)
def test_there_is_nothing_to_tell_of_a_claim_that_holds_or_of_a_file_that_is_proven(facts, bench, serve):
    assert bench.fetch(serve(BODY), **facts).warning is None


def test_what_is_staged_of_one_file_is_no_start_of_another_one_with_the_same_first_digits(bench, serve):
    server, other = serve(BODY), serve(OTHER)
    bench.stage(bench.download(other, digest=prefix(BODY)), OTHER, (0, MIB))
    assert bench.fetch(server, digest=prefix(BODY)).file.digest == sha256(BODY)
    assert server.requests[0].start == 0
