"""Loading onto a real CUDA device; skipped, with the reason, where there is none."""

from __future__ import annotations

import gc
import json
from pathlib import Path
from threading import Event

import pytest
import torch
from safetensors import safe_open
from tensor_files import TORCH_LACKS, mixed, same, sound

from modelget.cli import main
from modelget.errors import Cancelled
from modelget.load import Policy, load_state_dict, onto_device
from modelget.verify import BITS

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device"),
]


def by_the_library(path: Path) -> dict[str, torch.Tensor]:
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def load(path: Path, **more):
    return load_state_dict(path, policy=Policy.DEVICE, device="cuda", **more)


def test_tensors_come_onto_the_device_bit_for_bit(tmp_path) -> None:
    path = mixed(tmp_path / "m.safetensors", 300)
    weights, metadata, report = load(path)
    assert report.fallback == ""
    assert report.device.startswith("cuda")
    assert all(tensor.is_cuda for tensor in weights.values())
    assert same(weights, by_the_library(path))
    assert metadata["format"] == "pt"


def test_a_second_load_into_the_same_buffers_leaves_the_first_as_it_was(tmp_path) -> None:
    one, other = mixed(tmp_path / "1.safetensors", 200), tmp_path / "2.safetensors"
    other.write_bytes(sound([("w", "BF16", (100 * 2**20,))], seed=2))
    first, _metadata, _report = load(one)
    load(other)
    assert same(first, by_the_library(one))


@pytest.mark.parametrize("dtype", sorted(set(BITS) - set(TORCH_LACKS)))
def test_every_type_comes_with_its_bits(dtype, tmp_path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(sound([("pad", "U8", (5,)), ("weights", dtype, (2, 8)), ("none", dtype, (0, 2))]))
    weights, _metadata, report = load(path)
    assert report.fallback == ""
    assert same(weights, by_the_library(path))


def test_memory_that_kernels_still_read_is_not_overwritten(tmp_path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(sound([("w", "U8", (64 * 2**20,))]))
    old = torch.zeros(64 * 2**20, dtype=torch.uint8, device="cuda")
    torch.cuda.synchronize()
    torch.cuda._sleep(2 * 10**9)
    sums = old.sum(dtype=torch.int64)  # runs after the sleep, when the memory has been given back
    del old
    load(path)
    assert sums.item() == 0


def test_the_host_holds_no_more_than_the_buffers(tmp_path) -> None:
    _weights, _metadata, report = load(mixed(tmp_path / "m.safetensors", 1024))
    assert report.peak_host_bytes is not None
    assert report.peak_host_bytes <= onto_device.MOST_HOST_BYTES <= 512 * 2**20


def test_the_device_holds_the_weights_once(tmp_path) -> None:
    path = mixed(tmp_path / "m.safetensors", 512)
    gc.collect()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    _weights, _metadata, report = load(path)
    assert torch.cuda.max_memory_allocated() - before < 1.02 * report.bytes + 2**20


def test_stopping_gives_the_device_memory_back(tmp_path) -> None:
    path, stop = mixed(tmp_path / "m.safetensors", 512), Event()
    gc.collect()
    before = torch.cuda.memory_allocated()

    class Stopper:
        def report(self, _progress) -> None:
            stop.set()

    with pytest.raises(Cancelled):
        load(path, stop=stop, reporter=Stopper())
    gc.collect()
    assert torch.cuda.memory_allocated() == before


def test_a_full_device_is_told_and_nothing_is_kept(tmp_path, monkeypatch) -> None:
    path = mixed(tmp_path / "m.safetensors", 512)
    gc.collect()
    torch.cuda.empty_cache()
    before = torch.cuda.memory_allocated()
    share = (before + 100 * 2**20) / torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(share)
    try:
        with pytest.raises(Exception, match=r"m\.safetensors: .*memory"):
            load(path)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    gc.collect()
    assert torch.cuda.memory_allocated() == before


def test_the_command_uses_the_device(tmp_path, capsys) -> None:
    assert main(["load", str(mixed(tmp_path / "m.safetensors", 64)), "--json"], {}) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["device"].startswith("cuda")
    assert document["policy"] == "device"
