"""The hub's files: valid for their format, always the same, cheap to read anywhere."""

from __future__ import annotations

import hashlib
import json
import tracemalloc
from itertools import product

import pytest
import torch
from safetensors import deserialize, safe_open
from safetensors.torch import load

from modelget.hub import Contents, size_of
from modelget.hub.content import BLOCK

KIB, MIB, GIB = 2**10, 2**20, 2**30


@pytest.mark.parametrize(
    ("path", "size"),
    [
        ("o/r/model-1GiB.safetensors", GIB),
        ("o/r/unet_24MiB.safetensors", 24 * MIB),
        ("o/r/8MiB/x-96KiB.pth", 96 * KIB),
    ],
)
def test_a_name_may_state_the_size(path: str, size: int) -> None:
    assert size_of(path) == Contents().of(path).size == size


def test_other_files_are_small_and_differ() -> None:
    sizes = [size_of(f"o/r/model{n}.safetensors") for n in range(200)]
    assert min(sizes) >= 64 * KIB
    assert max(sizes) <= 320 * KIB
    assert len(set(sizes)) > 50


@pytest.mark.parametrize("size", [None, 4096, 4097, 65536, 100_001, 3 * MIB + 7])
@pytest.mark.parametrize("name", ["model.safetensors", "ae_vae.sft", "my_lora.safetensors"])
def test_weights_are_a_valid_safetensors_file(name: str, size: int | None, tmp_path) -> None:
    path = f"o/r/{name}"
    content = Contents({path: size} if size else {}).of(path)
    file = tmp_path / name
    file.write_bytes(content.read())
    assert file.stat().st_size == content.size
    with safe_open(file, framework="pt") as opened:
        assert opened.metadata()["format"] == "pt"
        names = list(opened.keys())
    assert len(deserialize(file.read_bytes())) == len(names) >= 7


def test_the_header_is_padded_and_the_offsets_cover_the_buffer() -> None:
    raw = Contents().of("o/r/a-2MiB.safetensors").read()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    header.pop("__metadata__")
    spans = sorted(tuple(tensor["data_offsets"]) for tensor in header.values())
    assert length % 8 == 0
    assert [start for start, _ in spans] == [0, *[stop for _, stop in spans[:-1]]]
    assert spans[-1][1] == len(raw) - 8 - length


def test_all_values_are_finite() -> None:
    tensors = load(Contents().of("o/r/a-3MiB.safetensors").read())
    assert all(torch.isfinite(tensor).all() for tensor in tensors.values())
    assert sum(tensor.numel() for tensor in tensors.values()) > MIB


def test_the_same_path_gives_the_same_bytes_and_another_path_others() -> None:
    path, other = "o/r/a-2MiB.safetensors", "o/r/b-2MiB.safetensors"
    assert Contents().of(path).read() == Contents().of(path).read()
    assert Contents().of(path).read()[4096:] != Contents().of(other).read()[4096:]


def test_no_two_blocks_are_equal() -> None:
    raw = Contents().of("o/r/a-8MiB.bin").read()
    assert len({raw[at : at + BLOCK] for at in range(0, len(raw), BLOCK)}) == len(raw) / BLOCK


@pytest.mark.parametrize(
    "name", ["a-3MiB.safetensors", "a-3MiB.gguf", "a-3MiB.json", "a-3MiB.md", "a-3MiB.x"]
)
def test_any_range_equals_the_slice(name: str) -> None:
    content = Contents(corrupt=frozenset({"o/r/a-3MiB.gguf"})).of(f"o/r/{name}")
    whole = content.read()
    edges = [0, 1, 2047, 2048, 2049, MIB - 1, MIB + 2048, 3 * MIB // 2, 2 * MIB + 5, 3 * MIB - 1]
    for offset, length in product(edges, [0, 1, 17, MIB + 3, 3 * MIB]):
        assert content.read(offset, length) == whole[offset : offset + length], (offset, length)


def test_digests_are_those_of_the_bytes() -> None:
    content = Contents().of("o/r/a-3MiB.safetensors")
    raw = content.read()
    assert content.sha256 == hashlib.sha256(raw).hexdigest()
    assert content.git_sha1 == hashlib.sha1(b"blob %d\0" % len(raw) + raw, usedforsecurity=False).hexdigest()


def test_a_corrupt_file_differs_in_one_bit_and_keeps_the_published_digest() -> None:
    path = "o/r/a-3MiB.safetensors"
    right, wrong = Contents().of(path), Contents(corrupt=frozenset({path})).of(path)
    pairs = zip(right.read(), wrong.read(), strict=True)
    assert sum((a ^ b).bit_count() for a, b in pairs) == 1
    assert wrong.sha256 == right.sha256


def test_rules_may_give_bytes_a_size_or_another_file() -> None:
    files = {
        "a/b/x.safetensors": b"<html>",
        "a/b/y.safetensors": 5000,
        "a/b/z.safetensors": "c/d/z.safetensors",
    }
    contents = Contents(files)
    assert contents.of("a/b/x.safetensors").read() == b"<html>"
    assert contents.of("a/b/y.safetensors").size == 5000
    assert contents.of("a/b/z.safetensors").read() == contents.of("c/d/z.safetensors").read()


def test_json_is_json_and_magics_are_in_place() -> None:
    contents = Contents()
    assert isinstance(json.loads(contents.of("o/r/config.json").read()), dict)
    assert isinstance(json.loads(contents.of("o/r/big-64KiB.json").read()), dict)
    assert contents.of("o/r/m.gguf").read(0, 4) == b"GGUF"
    assert contents.of("o/r/m.ckpt").read(0, 2) == b"PK"


def test_memory_stays_flat_for_a_large_file() -> None:
    content = Contents().of("o/r/m-1GiB.safetensors")
    tracemalloc.start()
    total = sum(len(chunk) for chunk in content.chunks(0, content.size))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total == GIB
    assert peak < 8 * MIB


def test_the_end_of_a_large_file_is_made_without_its_start() -> None:
    content = Contents().of("o/r/m-900GiB.safetensors")
    tail = content.read(content.size - 10)
    assert len(tail) == 10
