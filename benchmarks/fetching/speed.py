"""The cases that time whole fetches."""

from __future__ import annotations

from . import clients as c
from .clients import Job
from .files import GIB, MIB, kind_of, make, work_folder
from .measuring import Results, compare
from .servers import fast, line, nginx_there, tls
from .tables import Goal, cpu, goals, table, wall

SPEED, DELAY = 50e6, 0.03
_SMALL = 4 * MIB
_VERIFIED = (c.MODELGET, c.CURL_THEN_HASH, c.ARIA2C_CHECKSUM, c.REQUESTS, c.HUB)


def capped() -> str:
    """512 MiB over a line that gives each connection 50 MB/s and delays each connection and request by 30 ms.

    Ideal is size / (16 x 50 MB/s) + 3 x 30 ms. Clients that use one connection take long here and run once.
    """
    parallel = (c.MODELGET, c.RUNNING, c.ARIA2C, c.ARIA2C_CHECKSUM)
    results, ideal = _over_line(512 * MIB, parallel, rounds=5, once=(c.CURL_THEN_HASH, c.REQUESTS, c.HUB))
    ours, running = wall(results, c.MODELGET), wall(results, c.RUNNING)
    return _over_line_table(results, ideal) + goals(
        Goal("wall / ideal", ours / ideal, 1.15),
        Goal("the same, in a running process", running / ideal, 1.15),
        Goal("wall / aria2c --checksum", ours / wall(results, c.ARIA2C_CHECKSUM), 0.7),
        Goal("wall / aria2c, unverified", ours / wall(results, c.ARIA2C), 1.05),
    )


def long() -> str:
    """4 GiB over the same line; 3 rounds. Unverified aria2c shows what this machine lets anybody reach."""
    parallel = (c.MODELGET, c.RUNNING, c.ARIA2C, c.ARIA2C_CHECKSUM)
    results, ideal = _over_line(4 * GIB, parallel, rounds=3)
    return _over_line_table(results, ideal) + goals(
        Goal("wall / ideal", wall(results, c.MODELGET) / ideal, 1.03),
        Goal("the same, in a running process", wall(results, c.RUNNING) / ideal, 1.03),
    )


def uncapped() -> str:
    """1 GiB over loopback without a limit: what each client costs the processor."""
    clients = (*_VERIFIED, c.RUNNING, c.CURL, c.ARIA2C, c.SPLICE)
    results, where = _over_loopback(clients, rounds=5, in_memory=True)
    ours = wall(results, c.MODELGET)
    return where + goals(
        Goal("wall / curl, unverified", ours / wall(results, c.CURL), 1),
        Goal("wall / aria2c --checksum", ours / wall(results, c.ARIA2C_CHECKSUM), 0.75),
        Goal("wall / hf_hub_download, then hash", ours / wall(results, c.HUB), 0.5),
        Goal("CPU / splice", cpu(results, c.MODELGET) / cpu(results, c.SPLICE), 2.2),
    )


def disk() -> str:
    """The same with both files on the disk, for information: noisy, for writing back goes on between runs.

    Fewer clients, 3 rounds. Only modelget waits until the bytes are on the disk.
    """
    clients = (c.MODELGET, c.CURL, c.CURL_THEN_HASH, c.ARIA2C_CHECKSUM, c.SPLICE)
    _results, where = _over_loopback(clients, rounds=3, in_memory=False)
    return where


def encrypted() -> str:
    """1 GiB over loopback and TLS 1.3, served by nginx."""
    if not nginx_there():
        return "Left out: nginx or openssl is not installed."
    clients = (c.MODELGET, c.CURL, c.ARIA2C_CHECKSUM)
    with work_folder(2 * GIB) as folder, work_folder(0, in_memory=False) as own:
        file = make(folder / "served", GIB)
        with tls(folder / "served", own) as (origin, authority):
            results = compare(clients, Job(origin, file, authority), folder, rounds=5)
    ours = wall(results, c.MODELGET)
    shown = table(
        results, ("curl, unverified", wall(results, c.CURL)), ("modelget", cpu(results, c.MODELGET))
    )
    return f"{shown}\n\n" + goals(
        Goal("wall / aria2c --checksum", ours / wall(results, c.ARIA2C_CHECKSUM), 0.75)
    )


def single() -> str:
    """256 MiB from a server that closes every connection but the first; otherwise the line of ``capped``."""
    results, _ideal = _over_line(256 * MIB, (c.MODELGET, c.RUNNING, c.CURL), rounds=5, most=1)
    curl = wall(results, c.CURL)
    shown = table(results, ("curl, unverified", curl), ("modelget", cpu(results, c.MODELGET)))
    return f"{shown}\n\n" + goals(
        Goal("wall / curl, unverified", wall(results, c.MODELGET) / curl, 1.02),
        Goal("the same, in a running process", wall(results, c.RUNNING) / curl, 1.02),
    )


def _over_line(
    size: int, clients: tuple[c.Client, ...], *, rounds: int, once: tuple[c.Client, ...] = (), most: int = 0
) -> tuple[Results, float]:
    """Return the results and the ideal time in seconds."""
    with work_folder(2 * size) as folder:
        file = make(folder / "served", size)
        small = make(folder / "served", _SMALL, "little.onnx")
        with line(folder / "served", SPEED, DELAY, most) as origin:
            job = Job(origin, file, small=small)
            results = compare(clients, job, folder, rounds=rounds, once=once)
    return results, size / (c.CONNECTIONS * SPEED) + 3 * DELAY


def _over_line_table(results: Results, ideal: float) -> str:
    return table(results, ("ideal", ideal), ("modelget", cpu(results, c.MODELGET))) + "\n\n"


def _over_loopback(clients: tuple[c.Client, ...], *, rounds: int, in_memory: bool) -> tuple[Results, str]:
    """Return the results, and a table that starts by saying what served the file and where it lies."""
    with work_folder(2 * GIB, in_memory=in_memory) as folder, work_folder(0, in_memory=False) as own:
        file = make(folder / "served", GIB)
        small = make(folder / "served", _SMALL, "little.onnx")
        with fast(folder / "served", own) as origin:
            results = compare(clients, Job(origin, file, small=small), folder, rounds=rounds)
        server = "nginx" if nginx_there() else "line_server"
        where = f"Served by {server}; both files on {kind_of(folder)}."
    curl, floor = wall(results, c.CURL), cpu(results, c.SPLICE)
    return results, f"{where}\n\n{table(results, ('curl, unverified', curl), ('splice', floor))}\n\n"
