"""The case of many files and many connections in one process."""

from __future__ import annotations

import math
import statistics
import tempfile
from pathlib import Path

from . import clients as c
from .clients import Job
from .files import MIB, Served, make, same_bytes, work_folder
from .measuring import ClientFailed, run
from .servers import Counter, line
from .speed import DELAY
from .tables import Goal, goals

_FILES, _SIZE, _SPEED = 8, 128 * MIB, 2e6
_CONNECTIONS = _FILES * c.CONNECTIONS
_ROUNDS = 3


def many() -> str:
    """8 threads of one process each fetch another 128 MiB file from a host that allows 128 connections.

    Each connection gets 2 MB/s, so that all are worth having. Memory is the peak resident size above the
    process that has imported everything and waits; bytes are those that the server sent. 3 rounds.
    """
    with work_folder(2 * _FILES * _SIZE) as folder:
        files = [make(folder / "served", _SIZE, f"number{n}.onnx") for n in range(_FILES)]
        with line(folder / "served", _SPEED, DELAY) as origin:
            jobs, counter = [Job(origin, file) for file in files], Counter(origin)
            try:
                grown, sent = zip(*(_fetch(jobs, folder, counter) for _ in range(_ROUNDS)), strict=True)
                failure = ""
            except ClientFailed as failed:
                grown, sent, failure = (math.nan,), (math.nan,), f"Failed: {failed}. "
            busiest = counter.busiest()
            counter.close()
    told = f"{failure}At most {busiest} connections carried bytes at one time, of {_CONNECTIONS} allowed."
    return f"{told}\n\n" + goals(
        Goal("MiB above the idle process, the most", max(grown) / MIB, 64),
        Goal("the same, median", statistics.median(grown) / MIB, 64),
        Goal("bytes sent / bytes of the files, the most", max(sent) / (_FILES * _SIZE), 1.001),
    )


def _fetch(jobs: list[Job], folder: Path, counter: Counter) -> tuple[int, int]:
    """Return the bytes by which the process grew, and those that the server sent."""
    before = counter.settled()
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        targets = [Path(fresh) / job.file.path.name for job in jobs]
        words = [word for job, target in zip(jobs, targets, strict=True) for word in job.words(target)]
        told = run([c.many_files(_CONNECTIONS, words)], jobs[0], targets[0])
        _check([job.file for job in jobs], targets)
    return int(told.split()[-1]), counter.settled() - before


def _check(files: list[Served], targets: list[Path]) -> None:
    for file, target in zip(files, targets, strict=True):
        if not same_bytes(file.path, target):
            raise ClientFailed("wrong bytes")
