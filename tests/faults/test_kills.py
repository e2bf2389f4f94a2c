"""Real processes, killed by the kernel at any moment, and many at once: one transfer, and nothing wrong."""

from __future__ import annotations

import json
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import lru_cache

import pytest
from faults import fetcher, killed
from faults.bench import MIB, Bench, safetensors
from faults.killed import HoldingServer

PROCESSES = 8
BODY = safetensors(24 * MIB)
ORDER = {"parts": MIB, "checkpoint": 2 * MIB}

Hold = Callable[..., HoldingServer]


@pytest.fixture
def hold() -> Iterator[Hold]:
    with ExitStack() as stack:
        yield lambda body, at: stack.enter_context(HoldingServer(body, at))


@lru_cache(maxsize=2)
def body_of(mebibytes: int) -> bytes:
    return safetensors(mebibytes * MIB)


def size_of(seed: int) -> int:
    """In MiB; the largest only when there is time for many."""
    return (1, 40)[seed % 2] if seed < 10 else (1, 40, 300)[seed % 3]


def promised(bench: Bench) -> int:
    """The bytes that the journal says are on the disk."""
    journals = list(bench.staging.glob("*.json"))
    spans = json.loads(journals[0].read_text())["spans"] if journals else []
    return sum(stop - start for start, stop in spans)


def kill_in_the_middle(process: subprocess.Popen[str], server: HoldingServer, chance: random.Random) -> None:
    """While the server holds still, or somewhat after: then it receives, proves, publishes or has ended."""
    assert server.paused.wait(60)
    if chance.random() < 0.6:
        time.sleep(chance.uniform(0, 0.1))
    else:
        server.go_on.set()
        time.sleep(chance.uniform(0, len(server.body) / (200 * MIB)))
    killed.kill(process)
    server.go_on.set()


@pytest.mark.seeds(10, 500)
def test_after_a_kill_what_the_journal_promises_is_reused_and_the_file_ends_right(
    seed: int, bench: Bench, hold: Hold
) -> None:
    chance = random.Random(seed)  # noqa: S311
    body = body_of(size_of(seed))
    server = hold(body, chance.randrange(len(body)))
    order = {"parts": len(body) // 32, "checkpoint": len(body) // 16}
    kill_in_the_middle(killed.start(bench, server, **order), server, chance)
    if placed := bench.destination.exists():
        assert bench.destination.read_bytes() == body
    kept = len(body) if placed else promised(bench)
    time.sleep(0.05)  # what the killed process asked for has failed to leave
    before = server.served
    again = fetcher.result_of(killed.start(bench, server, **order))
    assert again["transferred"] <= len(body) - kept
    assert server.served - before <= len(body) - 0.95 * kept
    assert bench.destination.read_bytes() == body
    assert bench.leftovers == []


@pytest.mark.seeds(2, 50)
def test_when_the_holder_of_the_lock_is_killed_a_waiter_goes_on_from_there(
    seed: int, bench: Bench, hold: Hold
) -> None:
    server = hold(BODY, random.Random(seed).randrange(4 * MIB, len(BODY)))  # noqa: S311
    holder = killed.start(bench, server, **ORDER)
    assert server.paused.wait(60)
    waiters = [killed.start(bench, server, **ORDER) for _ in range(2)]
    for waiter in waiters:
        fetcher.wait_for(waiter, "waiting")
    killed.kill(holder)
    kept = promised(bench)
    server.go_on.set()
    transferred = sorted(fetcher.result_of(waiter)["transferred"] for waiter in waiters)
    assert transferred[0] == 0
    assert 0 < transferred[1] <= len(BODY) - kept
    assert bench.destination.read_bytes() == BODY
    assert bench.leftovers == []


def has_begun(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline().strip() in ("fetching", "waiting")


def all_at_once(benches: list[Bench], server: HoldingServer, **order: object) -> list[int]:
    """Fetch in so many processes, none of which ends before all have begun; return the bytes of each."""
    processes = [killed.start(bench, server, **ORDER, **order) for bench in benches]
    with ThreadPoolExecutor(len(benches)) as pool:
        list(pool.map(has_begun, processes))
        server.go_on.set()
        results = list(pool.map(fetcher.result_of, processes))
    return sorted(result["transferred"] for result in results)


@pytest.mark.seeds(1, 100)
def test_eight_processes_that_want_one_file_make_one_transfer(seed: int, bench: Bench, hold: Hold) -> None:
    server = hold(BODY, random.Random(seed).randrange(len(BODY)))  # noqa: S311
    assert all_at_once([bench] * PROCESSES, server) == [0] * (PROCESSES - 1) + [len(BODY)]
    assert server.served <= 1.05 * len(BODY)
    assert bench.destination.read_bytes() == BODY
    assert bench.leftovers == []


@pytest.mark.seeds(1, 100)
def test_eight_places_for_the_same_bytes_are_filled_by_one_transfer_and_links(
    seed: int, bench: Bench, hold: Hold
) -> None:
    server = hold(BODY, random.Random(seed).randrange(len(BODY)))  # noqa: S311
    benches = [Bench(bench.folder) for _ in range(PROCESSES)]
    for at, each in enumerate(benches):
        each.destination = bench.destination.with_name(f"{at}.safetensors")
    bench.destination.parent.mkdir(parents=True)
    assert all_at_once(benches, server, library=True) == [0] * (PROCESSES - 1) + [len(BODY)]
    assert server.served <= 1.05 * len(BODY)
    first = benches[0].destination
    assert first.read_bytes() == BODY
    assert all(first.samefile(each.destination) for each in benches)
    assert [name for name in bench.leftovers if not name.startswith("records")] == []
