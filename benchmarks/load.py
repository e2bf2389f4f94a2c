"""Loading safetensors: ours beside `dd`, the safetensors library and other fast loaders, ratios in the same run.

A file of random bf16, a few large and many small tensors. Warm: the file is in the page cache. Cold: it is dropped from
there before each run (`posix_fadvise`), which a virtual disk's own cache underneath does not know. Every CPU loader has
one byte of each page touched afterwards, so that lazy ones are not flattered. Medians of interleaved rounds, in reversed
order on every second round; each runs once before that counts.
"""

from __future__ import annotations

import gc
import hashlib
import json
import math
import mmap
import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from threading import Event
from typing import Any

from modelget.load import Policy, load_state_dict, onto_device
from modelget.load.crew import Watch
from modelget.load.layout import lay_out
from modelget.load.measured import touch
from modelget.load.memory import fresh_memory
from modelget.load.page_cache import read_through
from modelget.load.reading import Opened
from modelget.progress import Silent

from .fetching.files import MIB, work_folder
from .fetching.tables import Goal, goals, ratio

ROUNDS = 5
_SIZE = int(os.environ.get("MODELGET_BENCH_MIB", "1024")) * MIB
_DD, _LIBRARY = "dd into one buffer of 4 MiB", "safetensors load_file"
_BUFFERS, _LAZY, _MEMORY = "ours, into reused buffers", "ours, lazy", "ours, memory"
_AHEAD = "ours, reading ahead"
_DEVICE, _ON_DEVICE, _PINNED = "ours, device", "safetensors load_file(cuda)", "copy of pinned memory"
_LINE_OF_RUNAI = "Run:ai model streamer"
_TORCH_MMAP = "torch.load(mmap=True)"

_ONE_BUFFER = bytearray(4 * MIB)

Cases = Mapping[str, Callable[[], object]]
Times = dict[str, float]


def run() -> str:
    import torch

    with work_folder(3 * _SIZE, in_memory=False) as folder:
        path, pickled = _write(folder / "m.safetensors"), folder / "m.pt"
        torch.save(load_state_dict(path, policy=Policy.LAZY)[0], pickled)
        paths = (path, pickled)
        warm, cold = _cpu_cases(path, pickled), _cpu_cases(path, pickled)
        del cold[_BUFFERS]
        results = {
            "warm": _medians(warm, lambda: _read(path, pickled)),
            "cold": _medians(cold, lambda: _forget(*paths)),
        }
        parts = [_table(name, times, _DD) for name, times in results.items()]
        parts.append(_cpu_goals(results["warm"], results["cold"]))
        parts.append(
            _gpu(path) if torch.cuda.is_available() else "On a GPU: not measured, torch sees no CUDA device."
        )
    missing = [name for name in ("fastsafetensors", "runai_model_streamer") if not find_spec(name)]
    if missing:
        parts.append(f"Not installed, so not measured: {', '.join(missing)}.")
    return "\n\n".join([f"{_SIZE // MIB} MiB on the disk, {ROUNDS} rounds.", *parts])


def _cpu_cases(path: Path, pickled: Path) -> dict[str, Callable[[], object]]:
    import torch
    from safetensors.torch import load_file

    cases: dict[str, Callable[[], object]] = {
        _DD: lambda: _dd(path),
        _BUFFERS: lambda: _into_buffers(path),
        _AHEAD: lambda: _read_ahead(path),
        _LAZY: lambda: touch(load_state_dict(path, policy=Policy.LAZY)[0]),
        _MEMORY: lambda: touch(load_state_dict(path, policy=Policy.MEMORY)[0]),
        _LIBRARY: lambda: touch(load_file(path)),
        _TORCH_MMAP: lambda: touch(torch.load(pickled, mmap=True, weights_only=True)),
    }
    return {**cases, **_peers(path, "cpu")}


def _peers(path: Path, device: str) -> dict[str, Callable[[], object]]:
    cases: dict[str, Callable[[], object]] = {}
    if find_spec("fastsafetensors"):
        cases["fastsafetensors (nogds)"] = lambda: _with_fastsafetensors(path, device)
    if find_spec("runai_model_streamer"):
        cases[_LINE_OF_RUNAI] = lambda: _with_runai(path, device)
    return cases


def _with_fastsafetensors(path: Path, device: str) -> None:
    from fastsafetensors import SafeTensorsFileLoader, SingleGroup

    loader = SafeTensorsFileLoader(SingleGroup(), device=device, nogds=True)
    loader.add_filenames({0: [str(path)]})
    buffers = loader.copy_files_to_device()
    try:
        touch({name: buffers.get_tensor(name) for name in loader.get_keys()})
    finally:
        buffers.close()
        loader.close()


def _with_runai(path: Path, device: str) -> None:
    from runai_model_streamer import SafetensorsStreamer

    with SafetensorsStreamer() as streamer:
        streamer.stream_file(str(path))
        touch({name: tensor.to(device, copy=True) for name, tensor in streamer.get_tensors()})


def _dd(path: Path) -> None:
    with path.open("rb", buffering=0) as file:
        while file.readinto(_ONE_BUFFER):
            pass


class _NoDevice:
    """The way to a device that needs no time: what is left is reading."""

    kept: list[mmap.mmap] = []  # noqa: RUF012

    def __init__(self) -> None:
        self._at = 0

    def buffer(self, size: int) -> tuple[Any, memoryview]:
        """Take memory that an earlier round used, as torch keeps pinned memory."""
        memory = self.kept.pop() if self.kept else fresh_memory(size)
        self._mine = [*getattr(self, "_mine", []), memory]
        return memoryview(memory), memoryview(memory)

    def copy(self, target: Any, source: Any) -> None:
        """Do nothing."""

    def mark(self) -> _NoDevice:
        return self

    def synchronize(self) -> None:
        """Be ready."""

    def finish(self) -> None:
        self.kept.extend(self._mine)


def _read_ahead(path: Path) -> None:
    with Opened(path) as opened:
        read_through(opened, Watch(path.name, opened.size, Silent(), Event()))


def _into_buffers(path: Path) -> None:
    with Opened(path) as opened:
        header = opened.read_start()
        layout = lay_out(header.tensors)
        slabs = [_Nowhere()] * len(layout.slabs)
        watch = Watch(path.name, header.data_size, Silent(), Event())
        onto_device.fill(opened, layout, slabs, watch, _NoDevice)


class _Nowhere:
    def __getitem__(self, _stretch: slice) -> None:
        return None


def _gpu(path: Path) -> str:
    import torch
    from safetensors.torch import load_file

    device = torch.device("cuda")
    pinned = torch.empty(256 * MIB, dtype=torch.uint8, pin_memory=True)
    there = torch.empty(256 * MIB, dtype=torch.uint8, device=device)

    def copy() -> None:
        for _time in range(math.ceil(_SIZE / len(pinned))):
            there.copy_(pinned, non_blocking=True)
        torch.cuda.synchronize()

    def waiting(load: Callable[[], object]) -> Callable[[], object]:
        def run_and_wait() -> None:
            load()
            torch.cuda.synchronize()

        return run_and_wait

    cases: dict[str, Callable[[], object]] = {
        _DD: lambda: _dd(path),
        _BUFFERS: lambda: _into_buffers(path),
        _PINNED: copy,
        _DEVICE: waiting(lambda: load_state_dict(path, policy=Policy.DEVICE, device="cuda")),
        _ON_DEVICE: waiting(lambda: load_file(path, device="cuda")),
        **{name: waiting(case) for name, case in _peers(path, "cuda").items()},
    }
    warm = _medians(cases, lambda: _read(path))
    cold = _medians({name: case for name, case in cases.items() if name != _BUFFERS}, lambda: _forget(path))
    # Storage: what reading alone does, with as many threads; a copy of all that was pinned takes as long as the bytes need.
    floor_warm, floor_cold = max(warm[_BUFFERS], warm[_PINNED]), max(cold[_DD], cold[_PINNED])
    report = load_state_dict(path, policy=Policy.DEVICE, device="cuda")[2]
    others = [name for name in cases if name not in (_DD, _BUFFERS, _PINNED, _DEVICE)]
    rows = [
        Goal("warm / slower of reading and pinned copy", warm[_DEVICE] / floor_warm, 1 / 0.9),
        Goal("cold / slower of dd and pinned copy", cold[_DEVICE] / floor_cold, 1 / 0.9),
        Goal("host memory / 512 MiB", (report.peak_host_bytes or math.inf) / (512 * MIB), 1),
        *(Goal(f"warm / {name}", warm[_DEVICE] / warm[name], 1) for name in others),
    ]
    head = f"On {torch.cuda.get_device_name(device)}:"
    return "\n\n".join(
        [head, _table("GPU, warm", warm, _PINNED), _table("GPU, cold", cold, _PINNED), goals(*rows)]
    )


def _cpu_goals(warm: Times, cold: Times) -> str:
    return goals(
        Goal("warm, into reused buffers / dd", warm[_BUFFERS] / warm[_DD], 1 / 0.9),
        Goal("warm, lazy / load_file", warm[_LAZY] / warm[_LIBRARY], 1.05),
        Goal("cold, reading ahead / dd", cold[_AHEAD] / cold[_DD], 1.15),
        Goal("cold, memory / dd", cold[_MEMORY] / cold[_DD], 1.15),
        Goal("cold, lazy / load_file", cold[_LAZY] / cold[_LIBRARY], 1.05),
    )


def _medians(cases: Cases, before: Callable[[], object]) -> Times:
    times: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(ROUNDS + 1):
        for name in reversed(cases) if number % 2 else cases:
            gc.collect()
            before()
            began = time.perf_counter()
            try:
                cases[name]()
            except Exception as error:  # a peer that does not run here is no reason not to measure the others
                if name.startswith("ours") or name in (_DD, _LIBRARY):
                    raise
                print(f"{name}: {error!r}")
                times[name].append(math.nan)
                continue
            if number:
                times[name].append(time.perf_counter() - began)
    return {name: statistics.median(taken) for name, taken in times.items()}


def _table(title: str, times: Times, base: str) -> str:
    rows = sorted(times.items(), key=lambda item: (math.isnan(item[1]), item[1]))
    lines = [f"| {name} | {ratio(seconds, times[base])} | {ratio(seconds, 1, 3)} |" for name, seconds in rows]
    return "\n".join([f"| {title} | x {base} | seconds here |\n|---|---|---|", *lines])


def _read(*paths: Path) -> None:
    for path in paths:
        _dd(path)


def _forget(*paths: Path) -> None:
    for path in paths:
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _write(path: Path) -> Path:
    """Write bf16 tensors of random bytes: for each large one, ten small ones."""
    sizes = [size for _matrix in range(_SIZE // (12 * MIB)) for size in (12 * MIB, *[2560] * 10)]
    header: dict[str, Any] = {}
    at = 0
    for number, size in enumerate(sizes):
        header[f"blocks.{number}.weight"] = {
            "dtype": "BF16",
            "shape": [size // 2],
            "data_offsets": [at, at + size],
        }
        at += size
    text = json.dumps(header).encode()
    text = text.ljust(-(-len(text) // 8) * 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for piece in _random(sizes):
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return path


def _random(sizes: list[int]) -> Iterator[bytes]:
    block = hashlib.shake_128(b"weights").digest(12 * MIB)
    for number, size in enumerate(sizes):
        yield number.to_bytes(8, "big") + block[: size - 8]
