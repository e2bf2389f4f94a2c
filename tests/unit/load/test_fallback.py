"""When a fast way fails, for whatever reason, the plain one is tried; where calls are missing, others do."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors import safe_open
from tensor_files import mixed, same

from modelget.errors import Cancelled, LoadFailed
from modelget.load import (
    HostFacts,
    Policy,
    is_cached,
    load_state_dict,
    memory,
    page_cache,
    policy_for,
    reading,
    state_dict,
    warm,
)
from modelget.load.facts import GIB


def by_the_library(path: Path):
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def fail(*_arguments: object, **_named: object) -> None:
    raise MemoryError("no more")


@pytest.mark.parametrize(
    ("policy", "step"),
    [(Policy.MEMORY, "load_into_memory"), (Policy.DEVICE, "load_onto_device"), (Policy.LAZY, "load_lazily")],
)
def test_any_failure_falls_back_to_the_plain_loader_and_is_reported(
    policy, step, tmp_path, monkeypatch, caplog
) -> None:
    monkeypatch.setattr(state_dict, step, fail)
    path = mixed(tmp_path / "m.safetensors")
    weights, _metadata, report = load_state_dict(path, policy=policy)
    assert same(weights, by_the_library(path))
    assert (report.policy, report.fallback, report.peak_host_bytes) == (Policy.PLAIN, "no more", None)
    assert "m.safetensors: policy" in caplog.text


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a torch without CUDA")
def test_without_a_device_its_policy_falls_back_too(tmp_path) -> None:
    path = mixed(tmp_path / "m.safetensors")
    weights, _metadata, report = load_state_dict(path, policy=Policy.DEVICE, device="cpu")
    assert report.policy is Policy.PLAIN
    assert report.fallback
    assert same(weights, by_the_library(path))


def test_when_the_plain_loader_fails_too_it_is_said_what_is_wrong(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(state_dict, "load_plainly", fail)
    with pytest.raises(LoadFailed, match=r"m\.safetensors: no more") as caught:
        load_state_dict(mixed(tmp_path / "m.safetensors"), policy=Policy.PLAIN)
    assert caught.value.hint


def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (reading, page_cache):
        monkeypatch.setattr(module, "sys", SimpleNamespace(platform="win32"))
    make = memory.mmap.mmap
    monkeypatch.setattr(memory, "sys", SimpleNamespace(platform="win32"))
    monkeypatch.setattr(memory, "Path", lambda _path: Path("/nowhere/meminfo"))
    monkeypatch.setattr(memory, "mmap", SimpleNamespace(mmap=make))
    for name in ("preadv", "pread", "posix_fadvise"):
        monkeypatch.delattr(os, name)


def old_macos(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (reading, page_cache, memory):
        monkeypatch.setattr(module, "sys", SimpleNamespace(platform="darwin"))
    monkeypatch.delattr(os, "preadv")


@pytest.mark.parametrize("take", [windows, old_macos])
@pytest.mark.parametrize("policy", [Policy.MEMORY, Policy.LAZY])
def test_what_other_systems_lack_is_not_needed(take, policy, tmp_path, monkeypatch) -> None:
    take(monkeypatch)
    path = mixed(tmp_path / "m.safetensors", 40)
    weights, _metadata, report = load_state_dict(path, policy=policy)
    assert (report.policy, report.fallback) == (policy, "")
    assert same(weights, by_the_library(path))
    assert is_cached(path) is None


def test_without_positioned_reads_a_file_that_is_replaced_meanwhile_is_not_mixed(
    tmp_path, monkeypatch
) -> None:
    windows(monkeypatch)
    path = mixed(tmp_path / "m.safetensors")
    with reading.Opened(path) as opened:
        mixed(tmp_path / "n.safetensors").replace(path)
        with pytest.raises(LoadFailed, match="replaced"):
            opened.read_into(0, [memoryview(bytearray(8))])


def test_a_file_that_shrinks_while_it_is_read_is_told(tmp_path) -> None:
    path = mixed(tmp_path / "m.safetensors")
    with reading.Opened(path) as opened, pytest.raises(LoadFailed, match="ends early"):
        opened.read_into(opened.size - 4, [memoryview(bytearray(8))])


def test_short_reads_are_continued_where_they_ended(tmp_path, monkeypatch) -> None:
    preadv = os.preadv
    monkeypatch.setattr(
        os, "preadv", lambda file, views, at, *flags: preadv(file, [views[0][:1000]], at, *flags)
    )
    path = mixed(tmp_path / "m.safetensors")
    weights, _metadata, report = load_state_dict(path, policy=Policy.MEMORY)
    assert report.fallback == ""
    assert same(weights, by_the_library(path))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells what is cached")
def test_warming_brings_a_file_into_memory_once(tmp_path) -> None:
    path = mixed(tmp_path / "m.safetensors", 16)
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    if is_cached(path) is not False:
        pytest.skip("this file system keeps what it should forget, or does not tell")
    assert warm(path)
    assert is_cached(path)
    assert not warm(path)


def test_a_file_larger_than_half_of_the_free_memory_is_not_warmed(tmp_path, monkeypatch) -> None:
    path = mixed(tmp_path / "m.safetensors")
    monkeypatch.setattr(page_cache, "is_cached", lambda _path: False)
    monkeypatch.setattr(page_cache, "free_ram", lambda: 2 * path.stat().st_size - 2)
    assert not warm(path)
    monkeypatch.setattr(page_cache, "free_ram", lambda: 2 * path.stat().st_size)
    assert warm(path)


def test_warming_can_be_stopped(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(page_cache, "is_cached", lambda _path: False)
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        warm(mixed(tmp_path / "m.safetensors"), stop=stop)


BIG = 24 * GIB


@pytest.mark.parametrize(
    ("facts", "policy"),
    [
        (HostFacts(cuda=True, dynamic_vram=True, high_vram=True, free_vram=10 * BIG), Policy.LAZY),
        (HostFacts(cuda=True, high_vram=True, free_vram=3 * BIG), Policy.DEVICE),
        (HostFacts(cuda=True, takes_device_tensors=True, free_vram=3 * BIG), Policy.DEVICE),
        (HostFacts(cuda=True, free_vram=3 * BIG), Policy.LAZY),
        (HostFacts(cuda=True, high_vram=True, free_vram=2 * BIG), Policy.LAZY),
        (HostFacts(cuda=True, high_vram=True), Policy.LAZY),
        (HostFacts(high_vram=True, free_vram=3 * BIG), Policy.LAZY),
        (HostFacts(), Policy.LAZY),
        (HostFacts(no_mmap=True), Policy.MEMORY),
    ],
)
def test_the_policy_suits_the_host(facts, policy) -> None:
    assert policy_for(facts, BIG) is policy


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_memory_that_is_reported_is_the_memory_that_is_taken(tmp_path) -> None:
    path = mixed(tmp_path / "m.safetensors", 96)
    script = (
        "import re, sys, torch; from pathlib import Path; from modelget.load import *; from modelget.load.facts import *\n"
        "anon = lambda: int(re.search(r'RssAnon:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]) * 1024\n"
        "load_state_dict(Path(sys.argv[2]), policy=Policy(sys.argv[3]))\n"
        "before = anon(); held = load_state_dict(Path(sys.argv[1]), policy=Policy(sys.argv[3]))\n"
        "print(held[2].peak_host_bytes, anon() - before)"
    )
    small = mixed(tmp_path / "small.safetensors", 1)
    for policy, told in (("memory", path.stat().st_size), ("lazy", 0)):
        ran = subprocess.run(
            [sys.executable, "-c", script, str(path), str(small), policy],
            cwd=Path(__file__).parents[3],
            capture_output=True,
            text=True,
            check=True,
        )
        reported, taken = map(int, ran.stdout.split())
        assert abs(reported - told) < 20 * 2**20
        assert abs(taken - told) < 24 * 2**20
