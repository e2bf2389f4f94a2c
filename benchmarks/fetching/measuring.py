"""Run clients in turn, each in its own process, and time them."""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer

from .clients import Client, Job
from .files import NAME, same_bytes

_LONGEST = 120  # seconds


class ClientFailed(Exception):
    """A client ended badly or left wrong bytes."""


@dataclass(frozen=True)
class Sample:
    """Seconds of one run: by the clock, and of the processor."""

    wall: float
    cpu: float


@dataclass
class Result:
    """All runs of one client."""

    samples: list[Sample] = field(default_factory=list)
    failure: str = ""

    @property
    def wall(self) -> float:
        return self._median([sample.wall for sample in self.samples])

    @property
    def cpu(self) -> float:
        return self._median([sample.cpu for sample in self.samples])

    def _median(self, values: list[float]) -> float:
        return statistics.median(values) if values and not self.failure else math.nan


Results = dict[Client, Result]


def compare(
    clients: Sequence[Client], job: Job, folder: Path, *, rounds: int, once: Sequence[Client] = ()
) -> Results:
    """Let every client that is installed fetch the file once in each round, in alternating order.

    Those in ``once`` run in the first round only.
    """
    results = {client: Result() for client in (*clients, *once) if client.is_here}
    for number in range(rounds):
        turn = [client for client in results if number == 0 or client not in once]
        for client in reversed(turn) if number % 2 else turn:
            _add(results[client], client, job, folder)
    return results


def start(command: list[str], job: Job, target: Path) -> subprocess.Popen:
    """Start one command of a client."""
    environment = job.environment(target)
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment
    )


def finish(process: subprocess.Popen) -> tuple[str, float]:
    """Wait for a command; return what it wrote and the processor seconds it took."""
    timer = Timer(_LONGEST, process.kill)
    timer.start()
    try:
        told = process.stdout.read().decode(errors="replace")
        _pid, status, used = os.wait4(process.pid, 0)
    finally:
        timer.cancel()
    process.stdout.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        last = (told.strip().splitlines() or [""])[-1]
        raise ClientFailed(f"exit {process.returncode}: {last[:200]}")
    return told, used.ru_utime + used.ru_stime


def run(commands: Iterable[list[str]], job: Job, target: Path) -> str:
    """Run the commands of a client; return what the last one wrote."""
    told = ""
    for command in commands:
        told, _cpu = finish(start(command, job, target))
    return told


def _add(result: Result, client: Client, job: Job, folder: Path) -> None:
    if result.failure:
        return
    try:
        result.samples.append(_sample(client, job, folder))
    except ClientFailed as failed:
        result.failure = str(failed)


def _sample(client: Client, job: Job, folder: Path) -> Sample:
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        target = Path(fresh) / NAME
        cpu, began = 0.0, time.perf_counter()
        for command in client.commands(job, target):
            told, used = finish(start(command, job, target))
            cpu += used
        wall = time.perf_counter() - began
        if not same_bytes(job.file.path, target):
            raise ClientFailed("wrong bytes")
    if client.times_itself:
        wall, cpu = map(float, told.split()[-2:])
    return Sample(wall, cpu)
