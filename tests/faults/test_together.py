"""Several threads or processes that want the same file: one transfer, and all have it."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from faults import fetcher
from faults.bench import MIB, Bench, Recorder, safetensors, sha256, wait_until
from faults.server import Fault

from modelget.fetch import fetch
from modelget.hosts import HostPolicy
from modelget.http import Clock, Http

BODY = safetensors(4 * MIB)
FACTS = {"digest": sha256(BODY), "size": len(BODY)}
ORDER = {"digest": FACTS["digest"].hex, "size": len(BODY), "checkpoint": MIB}


def test_eight_threads_make_one_transfer(bench, serve):
    server = serve(BODY, [Fault(pause_at=2 * MIB)])
    arrived = threading.Barrier(8)
    http = Http(HostPolicy.of((), (server.origin,)), clock=Clock(sleep=lambda _wait: time.sleep(0.005)))
    reporters = [Recorder() for _ in range(8)]

    def one(reporter: Recorder) -> int:
        arrived.wait()
        return fetch(bench.download(server, **FACTS), http, reporter, bench.stop).transferred

    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(one, reporter) for reporter in reporters]
        assert server.paused.wait(30)
        server.go_on.set()
        transferred = sorted(job.result() for job in jobs)
    http.close()
    assert transferred == [0] * 7 + [len(BODY)]
    assert server.served == len(BODY)
    assert bench.destination.read_bytes() == BODY
    assert bench.leftovers == []


def test_a_second_process_waits_and_uses_what_the_first_one_brings(bench, serve):
    server = serve(BODY, [Fault(pause_at=2 * MIB)])
    first = fetcher.start(bench, server, **ORDER)
    assert server.paused.wait(30)
    second = fetcher.start(bench, server, **ORDER)
    fetcher.wait_for(second, "waiting")
    server.go_on.set()
    assert fetcher.result_of(first)["transferred"] == len(BODY)
    assert fetcher.result_of(second)["transferred"] == 0
    assert server.served == len(BODY)
    assert bench.destination.read_bytes() == BODY
    assert bench.leftovers == []


def test_when_the_first_process_is_killed_the_second_goes_on_from_there(bench, serve):
    server = serve(BODY, [Fault(pause_at=2 * MIB)])
    first = fetcher.start(bench, server, **ORDER)
    assert server.paused.wait(30)
    second = fetcher.start(bench, server, **ORDER)
    fetcher.wait_for(second, "waiting")
    wait_until(lambda: bench.kept > MIB)  # less than a checkpoint is at stake
    first.kill()
    first.communicate()
    assert len(BODY) - 2 * MIB <= fetcher.result_of(second)["transferred"] < len(BODY) - MIB
    assert bench.destination.read_bytes() == BODY
    assert bench.leftovers == []


def test_a_waiting_fetch_can_be_stopped(bench, serve, tmp_path):
    server = serve(BODY, [Fault(pause_at=0)])
    waiter = Bench(tmp_path)
    waiter.slept = type("Stops", (list,), {"append": lambda _self, _wait: waiter.stop.set()})()
    with ThreadPoolExecutor(2) as pool:
        holder = pool.submit(bench.fetch, server, **FACTS)
        assert server.paused.wait(30)
        error = pool.submit(waiter.fetch, server, **FACTS).exception()
        server.go_on.set()
        holder.result()
    assert type(error).__name__ == "Cancelled"
    assert waiter.reporter.phases == ["waiting"]
    assert bench.destination.read_bytes() == BODY
