"""What other digests say to bytes that do not have the one that was promised."""

from __future__ import annotations

import hashlib
import sys
import zlib
from types import SimpleNamespace

import pytest
from faults.bench import MIB, safetensors, sha256

from modelget.types import Digest
from modelget.verify import agreement

BODY = safetensors(3 * MIB)
TENSORS = BODY[8 + int.from_bytes(BODY[:8], "little") :]
RIGHT = {
    "sha256": sha256(BODY).hex,
    "autov2": sha256(BODY).hex[:10],
    "autov3": hashlib.sha256(TENSORS).hexdigest()[:12],
    "autov1": hashlib.sha256(BODY[0x100000:0x110000]).hexdigest()[:8],
    "crc32": f"{zlib.crc32(BODY):08x}",
}


@pytest.fixture
def compare(tmp_path):
    def run(*published: Digest, body: bytes = BODY):
        file = tmp_path / "x"
        file.write_bytes(body)
        read: list[int] = []
        found = agreement(file, published, read.append)
        assert read[-1] == len(body)
        return found

    return run


@pytest.mark.parametrize("algorithm", RIGHT)
def test_each_digest_agrees_with_the_right_bytes_and_differs_from_others(compare, algorithm) -> None:
    digest = Digest(algorithm, RIGHT[algorithm])
    found = compare(digest)
    assert (found.agreeing, found.differing) == ((digest,), ())
    found = compare(digest, body=safetensors(3 * MIB, seed=2))
    assert (found.agreeing, found.differing) == ((), (digest,))
    assert algorithm.upper() in str(found)


def test_a_crc32_may_be_written_backwards(compare) -> None:
    backwards = Digest("crc32", zlib.crc32(BODY).to_bytes(4, "little").hex())
    assert compare(backwards).agreeing == (backwards,)


def test_a_new_header_leaves_the_tensors_the_same(compare) -> None:
    other = (
        (int.from_bytes(BODY[:8], "little") + 4).to_bytes(8, "little")
        + BODY[8 : -len(TENSORS)]
        + b"    "
        + TENSORS
    )
    published = [Digest(algorithm, RIGHT[algorithm]) for algorithm in ("autov3", "crc32")]
    found = compare(*published, body=other)
    assert str(found) == "agreeing: AUTOV3, differing: CRC32"


def test_what_cannot_be_computed_says_nothing(compare, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "blake3", None)
    found = compare(Digest("blake3", "5" * 64), Digest("git-sha1", "5" * 40))
    assert (found.agreeing, found.differing) == ((), ())
    assert "nothing that" in str(found)
    autov3 = Digest("autov3", "5" * 12)
    assert compare(autov3, body=b"\x80\x02" + b"x" * 99).differing == ()


def test_a_blake3_is_compared_where_its_package_is_installed(compare, monkeypatch) -> None:
    # Stands for the package, whose interface is that of hashlib.
    monkeypatch.setitem(sys.modules, "blake3", SimpleNamespace(blake3=hashlib.sha256))
    same = Digest("blake3", sha256(BODY).hex)
    assert compare(same, Digest("blake3", "5" * 64)).agreeing == (same,)
