"""Every policy gives what the safetensors library gives, bit for bit."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from tensor_files import TORCH_LACKS, bits, mixed, raw, same, sound

from modelget.errors import Cancelled, LoadFailed, UnsafeFile
from modelget.load import Policy, crew, into_memory, layout, load_state_dict, page_cache
from modelget.verify import BITS

CPU = (Policy.LAZY, Policy.MEMORY, Policy.PLAIN)
every_policy = pytest.mark.parametrize("policy", CPU)


def by_the_library(path: Path) -> dict[str, torch.Tensor]:
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


@every_policy
def test_large_small_misaligned_and_empty_tensors_come_as_the_library_gives_them(policy, tmp_path) -> None:
    path = mixed(tmp_path / "m.safetensors", 40)
    weights, metadata, report = load_state_dict(path, policy=policy)
    assert same(weights, by_the_library(path))
    assert metadata == {"format": "pt", "modelspec.title": "é"}
    assert (report.policy, report.format, report.device, report.fallback) == (
        policy,
        "safetensors",
        "cpu",
        "",
    )
    assert report.tensors == len(weights) == 708
    assert report.bytes == sum(tensor.nbytes for tensor in weights.values())
    assert report.seconds > 0


@every_policy
@pytest.mark.parametrize("dtype", sorted(set(BITS) - set(TORCH_LACKS)))
@pytest.mark.parametrize("shape", [(2, 8), (0, 2), (8,)])
def test_every_type_comes_with_its_bits(policy, dtype, shape, tmp_path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(sound([("pad", "U8", (5,)), ("weights", dtype, shape)]))
    weights, _metadata, report = load_state_dict(path, policy=policy)
    assert not report.fallback
    assert same(weights, by_the_library(path))


@every_policy
@pytest.mark.parametrize("dtype", TORCH_LACKS)
def test_a_type_that_torch_lacks_is_named(policy, dtype, tmp_path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(sound([("weights", dtype, (4,))]))
    with pytest.raises(LoadFailed, match=f"m.safetensors: 'weights' has the type '{dtype}'") as caught:
        load_state_dict(path, policy=policy)
    assert caught.value.hint


@every_policy
def test_a_type_that_nobody_knows_is_named(policy, tmp_path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(raw({"w": {"dtype": "F3", "shape": [8], "data_offsets": [0, 3]}}, b"abc"))
    with pytest.raises(LoadFailed, match="'F3'"):
        load_state_dict(path, policy=policy)


@every_policy
def test_rows_of_an_odd_number_of_four_bit_values_are_refused_in_words(policy, tmp_path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(sound([("w", "F4", (2, 3))]))
    with pytest.raises(LoadFailed, match="odd number of four-bit"):
        load_state_dict(path, policy=policy)


@every_policy
def test_a_file_without_tensors_is_an_empty_dictionary(policy, tmp_path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(raw({"__metadata__": {"only": "this"}}))
    weights, metadata, report = load_state_dict(path, policy=policy)
    assert (weights, metadata, report.bytes) == ({}, {"only": "this"}, 0)


@every_policy
def test_tensors_can_be_changed_without_changing_each_other_or_the_file(policy, tmp_path) -> None:
    path = mixed(tmp_path / "m.safetensors")
    before = path.read_bytes()
    weights, _metadata, _report = load_state_dict(path, policy=policy)
    others = {name: bits(tensor) for name, tensor in weights.items() if name != "half"}
    weights["half"].zero_()
    assert all(bits(weights[name]) == was for name, was in others.items())
    assert path.read_bytes() == before


def test_tensors_outlive_the_file_and_each_other(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(layout, "SLAB", 2**20)
    path = mixed(tmp_path / "m.safetensors")
    expected = bits(by_the_library(path)["bias"])
    weights, _metadata, _report = load_state_dict(path, policy=Policy.MEMORY)
    bias = weights.pop("bias")
    weights.clear()
    path.unlink()
    load_state_dict(mixed(tmp_path / "n.safetensors"), policy=Policy.MEMORY)
    assert bits(bias) == expected


def test_each_thread_takes_part_in_reading(tmp_path, monkeypatch) -> None:
    path = mixed(tmp_path / "m.safetensors", 8)
    monkeypatch.setattr(into_memory, "_BLOCK", 64 * 2**10)
    meet, seen = threading.Barrier(crew.READERS, timeout=30), set()
    read_into = into_memory.Opened.read_into

    def reading(self, offset, views) -> None:
        if offset and threading.get_ident() not in seen:
            seen.add(threading.get_ident())
            meet.wait()  # breaks unless all threads come here
        read_into(self, offset, views)

    monkeypatch.setattr(into_memory.Opened, "read_into", reading)
    weights, _metadata, report = load_state_dict(path, policy=Policy.MEMORY)
    assert report.fallback == ""
    assert len(seen) == crew.READERS
    assert same(weights, by_the_library(path))


def test_a_file_that_is_not_in_memory_is_read_there_before_its_tensors_are_handed_over(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(page_cache, "is_cached", lambda _path: False)
    monkeypatch.setattr(page_cache, "_BLOCK", 2**20)
    path = mixed(tmp_path / "m.safetensors", 8)
    read_into, read = page_cache.Opened.read_into, []

    def reading(self, offset, views) -> None:
        read.append((offset, sum(map(len, views))))
        read_into(self, offset, views)

    monkeypatch.setattr(page_cache.Opened, "read_into", reading)
    weights, _metadata, report = load_state_dict(path, policy=Policy.LAZY)
    end = 0
    for offset, size in sorted(read)[1:]:  # the first is a look at what it is
        assert offset <= max(end, 2**16)
        end = offset + size
    assert end == path.stat().st_size
    assert (report.policy, report.peak_host_bytes) == (Policy.LAZY, page_cache.WARMING_BYTES)
    assert same(weights, by_the_library(path))


def test_reading_ahead_can_be_stopped(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(page_cache, "is_cached", lambda _path: False)
    monkeypatch.setattr(page_cache, "_BLOCK", 2**20)
    monkeypatch.setattr(crew, "_REPORT_SECONDS", 0)
    stop, told = threading.Event(), []

    class Stopper:
        def report(self, progress) -> None:
            told.append(progress)
            stop.set()

    with pytest.raises(Cancelled):
        load_state_dict(
            mixed(tmp_path / "m.safetensors", 40), policy=Policy.LAZY, reporter=Stopper(), stop=stop
        )
    assert len(told) <= 1 + crew.READERS


@every_policy
def test_progress_goes_up_to_the_whole_file(policy, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(crew, "_REPORT_SECONDS", 0)
    monkeypatch.setattr(into_memory, "_BLOCK", 2**20)
    told = []
    path = mixed(tmp_path / "m.safetensors", 8)
    load_state_dict(
        path,
        policy=policy,
        reporter=type("Ears", (), {"report": lambda _self, progress: told.append(progress)})(),
    )
    done = [progress.done for progress in told]
    assert done == sorted(done)
    assert {(progress.name, progress.phase) for progress in told} == {("m.safetensors", "loading")}
    assert done[-1] == told[-1].total
    assert len(told) > (5 if policy is Policy.MEMORY else 0)


@every_policy
@pytest.mark.parametrize("cut", [1, 2**20])
def test_a_cut_file_is_refused_and_not_loaded_in_part(policy, cut, tmp_path) -> None:
    path = mixed(tmp_path / "m.safetensors")
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(UnsafeFile, match="bytes of tensors where its header says"):
        load_state_dict(path, policy=policy)
