"""Buffers that are filled again must have been emptied: tried with a device whose copies come as late as they may."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from threading import Event
from typing import ClassVar

import pytest
import torch
from safetensors import safe_open
from tensor_files import mixed, same

from modelget.errors import Cancelled
from modelget.load import onto_device
from modelget.load.crew import Watch
from modelget.load.layout import lay_out
from modelget.load.reading import Opened
from modelget.load.slabs import Cutter
from modelget.progress import Progress, Silent

BLOCK = 64 * 2**10


class LateLane:
    """Copies only when somebody waits for them, in order, as a device may."""

    opened: ClassVar[list[LateLane]] = []

    def __init__(self) -> None:
        self.asked: list[tuple[torch.Tensor, torch.Tensor]] = []
        self.buffers: list[torch.Tensor] = []
        LateLane.opened.append(self)

    def buffer(self, size):
        memory = bytearray(size)
        self.buffers.append(torch.frombuffer(memory, dtype=torch.uint8))
        return self.buffers[-1], memoryview(memory)

    def copy(self, target, source) -> None:
        self.asked.append((target, source))

    def mark(self):
        return LateMark(self, len(self.asked))

    def finish(self) -> None:
        self.do(len(self.asked))

    def do(self, count: int) -> None:
        for target, source in self.asked[:count]:
            if target is not None:
                target.copy_(source)
        self.asked[:count] = [(None, None)] * count


class LateMark:
    def __init__(self, lane: LateLane, count: int) -> None:
        self.lane, self.count = lane, count

    def synchronize(self) -> None:
        self.lane.do(self.count)


class HastyMark(LateMark):
    def synchronize(self) -> None:
        """Do not wait: what no device forgives."""


@pytest.fixture(autouse=True)
def _fresh():
    LateLane.opened = []


def fill(path: Path, open_lane=LateLane, stop: Event | None = None, reporter=None):
    with Opened(path) as opened:
        header = opened.read_start()
        layout = lay_out(header.tensors, 2**20)
        slabs = [torch.zeros(max(size, 1), dtype=torch.uint8) for size in layout.slabs]
        watch = Watch(path.name, header.data_size, reporter or Silent(), stop or Event())
        held = onto_device.fill(opened, layout, slabs, watch, open_lane, BLOCK)
        return Cutter(path.name, layout).cut(slabs), held, slabs


def by_the_library(path: Path):
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def test_a_buffer_is_filled_again_only_when_its_bytes_have_arrived(tmp_path) -> None:
    path = mixed(tmp_path / "m.safetensors", 8)
    weights, _held, slabs = fill(path)
    assert len(slabs) > 3
    assert same(weights, by_the_library(path))


def test_this_would_be_seen_if_nobody_waited(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(LateLane, "mark", lambda self: HastyMark(self, len(self.asked)))
    path = mixed(tmp_path / "m.safetensors", 8)
    weights, _held, _slabs = fill(path)
    assert not same(weights, by_the_library(path))


def test_no_tensor_shares_memory_with_a_buffer_or_another_tensor(tmp_path) -> None:
    path = mixed(tmp_path / "m.safetensors", 8)
    weights, _held, _slabs = fill(path)
    buffers = [buffer for lane in LateLane.opened for buffer in lane.buffers]
    for buffer in buffers:
        buffer.fill_(255)
    assert same(weights, by_the_library(path))
    spans = sorted(
        (tensor.data_ptr(), tensor.data_ptr() + tensor.nbytes) for tensor in weights.values() if tensor.nbytes
    )
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    assert all(start % 16 == 0 for start, _stop in spans)


def test_two_buffers_a_thread_are_all_the_memory_it_takes(tmp_path) -> None:
    path = mixed(tmp_path / "m.safetensors", 40)
    _weights, held, _slabs = fill(path)
    threads = max(2, min(onto_device.MOST_THREADS, os.cpu_count() or 2))
    assert len(LateLane.opened) == threads
    assert (
        held == sum(len(buffer) for lane in LateLane.opened for buffer in lane.buffers) <= 2 * threads * BLOCK
    )
    assert onto_device.MOST_HOST_BYTES <= 512 * 2**20


def test_a_small_file_takes_one_buffer_for_each_block(tmp_path) -> None:
    path = mixed(tmp_path / "m.safetensors", 0)
    _weights, held, _slabs = fill(path)
    with Opened(path) as opened:
        blocks = len(list(lay_out(opened.read_start().tensors).blocks(BLOCK)))
    assert held <= blocks * BLOCK


def test_stopping_ends_between_blocks_and_leaves_nothing_on_its_way(tmp_path) -> None:
    path, stop, told = mixed(tmp_path / "m.safetensors", 40), Event(), []

    class Stopper:
        def report(self, progress: Progress) -> None:
            told.append(progress.done)
            stop.set()

    with pytest.raises(Cancelled, match=r"m\.safetensors: loading was stopped"):
        fill(path, stop=stop, reporter=Stopper())
    assert 0 < told[0] < path.stat().st_size // 4
    assert all(target is None for lane in LateLane.opened for target, _source in lane.asked)


def test_an_error_of_the_device_ends_all_threads_and_is_told(tmp_path, monkeypatch) -> None:
    def copy(self, target, source) -> None:
        raise RuntimeError("CUDA error: out of luck")

    monkeypatch.setattr(LateLane, "copy", copy)
    with pytest.raises(RuntimeError, match="out of luck"):
        fill(mixed(tmp_path / "m.safetensors", 8))
