"""The case that kills a client half way and starts it again."""

from __future__ import annotations

import math
import statistics
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from . import clients as c
from .clients import Client, Job
from .files import MIB, NAME, make, same_bytes, work_folder
from .measuring import ClientFailed, finish, run, start
from .servers import Counter, line
from .speed import DELAY, SPEED
from .tables import Goal, goals

_SIZE = 512 * MIB
_MOST = max(_SIZE // 100, 64 * MIB)
_HALF = (0.5,)
_NEAR_HALF = (0.42, 0.46, 0.5, 0.54, 0.58)
"""Wider than a client's usual 64 MiB between two savings, so that the kills come soon and late after one."""
_KILLS = {c.MODELGET: _NEAR_HALF, c.ARIA2C_AGAIN: _NEAR_HALF, c.CURL_AGAIN: _HALF, c.HUB: _HALF}
_POLL = 0.002  # seconds
_LONGEST = 60  # seconds


def killed() -> str:
    """512 MiB over the line of ``capped``; SIGKILL when about half has been sent, then the same command again.

    Counted by the server: what was sent in both runs, less the size of the file. Clients of one connection
    are killed once, at half; the others five times, at 42 to 58 %.
    """
    with work_folder(2 * _SIZE) as folder:
        file = make(folder / "served", _SIZE)
        with line(folder / "served", SPEED, DELAY) as origin:
            job = Job(origin, file)
            twice = {
                client: _kills(client, job, folder, at) for client, at in _KILLS.items() if client.is_here
            }
    head = "| client | MiB fetched twice, median | least | most | kills |\n|---|---|---|---|---|"
    rows = [f"| {client.name} | {_shown(found)} |" for client, found in twice.items()]
    ours = twice[c.MODELGET]
    worst = math.nan if isinstance(ours, str) else max(ours) / _MOST
    return "\n".join([head, *rows]) + "\n\n" + goals(Goal(f"the most / {_MOST // MIB} MiB", worst, 1))


def _kills(client: Client, job: Job, folder: Path, shares: tuple[float, ...]) -> list[int] | str:
    """Return the bytes fetched twice for each kill, or what went wrong."""
    try:
        return [_kill(client, job, folder, share) for share in shares]
    except ClientFailed as failed:
        return str(failed)


def _kill(client: Client, job: Job, folder: Path, share: float) -> int:
    """Kill the client when it has been sent so much of the file; return the bytes that were sent twice."""
    counter = Counter(job.origin)
    before = counter.settled()
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        target = Path(fresh) / NAME
        (command,) = client.commands(job, target)
        _run_until(command, job, target, counter, before + int(job.file.size * share))
        counter.settled()
        run([command], job, target)
        if not same_bytes(job.file.path, target):
            raise ClientFailed("wrong bytes")
    sent = counter.settled() - before
    counter.close()
    return sent - job.file.size


def _run_until(command: list[str], job: Job, target: Path, counter: Counter, sent: int) -> None:
    """Start the command and kill it as soon as the server has sent so much."""
    process, began = start(command, job, target), time.monotonic()
    while process.poll() is None and counter.sent() < sent:
        if time.monotonic() - began > _LONGEST:
            process.kill()
        time.sleep(_POLL)
    if process.poll() is not None:
        told = process.stdout.read().decode(errors="replace").strip().splitlines()
        raise ClientFailed(f"ended before its time: {(told or [''])[-1][:200]}")
    process.kill()
    with suppress(ClientFailed):
        finish(process)


def _shown(found: list[int] | str) -> str:
    if isinstance(found, str):
        return f"{found} | | | "
    numbers = (statistics.median(found), min(found), max(found))
    return " | ".join(f"{number / MIB:.1f}" for number in numbers) + f" | {len(found)}"
