"""How long other requests wait for ComfyUI's event loop while Modelget works in it.

A stand-in for ComfyUI with the pack, a hub and a client, each in a process of its own. The client asks ``GET /prompt``
over one connection as fast as it is answered; first with nothing else going on, then while Modelget does one thing.
Times in milliseconds: the middle one, the 99th of 100, the longest.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

_ROOT = Path(__file__).absolute().parents[1]
_SECONDS = 8.0
_HUB = """
import threading
from modelget.hub import EmbeddedHub, HubRules
with EmbeddedHub(HubRules(files={f"o/r/large{n}.safetensors": 1024 * 2**20 for n in range(3)}), 150e6) as hub:
    print(hub.endpoint, hub.storage_origin, flush=True)
    threading.Event().wait()
"""


def run() -> str:
    with (
        tempfile.TemporaryDirectory() as scratch,
        running_hub() as environ,
        running_host(Path(scratch), environ) as url,
    ):
        token = requests.get(f"{url}/modelget/settings", timeout=30).json()["token"]
        ask = _Asker(url, token)
        rows = {
            "nothing": _latencies(url, lambda: None),
            "a plan of 1,000 models, which nobody asked about before": _latencies(url, ask.plan_much),
            "the same plan again and again": _latencies(url, ask.plan_again),
            "three downloads": _latencies(url, ask.install),
        }
    lines = [
        f"| {name} | {_at(times, 0.5)} | {_at(times, 0.99)} | {_at(times, 1)} |"
        for name, times in rows.items()
    ]
    return "\n".join(["| meanwhile | median | p99 | longest |", "|---|---|---|---|", *lines])


class _Asker:
    def __init__(self, url: str, token: str) -> None:
        self._url, self._headers = url, {"X-Modelget-Token": token}

    def plan_much(self) -> None:
        self._post("plan", {"workflow": many_missing(1000), "wait": 50})

    def plan_again(self) -> None:
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            self._post("plan", {"workflow": many_missing(1000), "wait": 50})

    def install(self) -> None:
        plan = self._post("plan", {"workflow": many_missing(3, "large")})["plan"]
        self._post(f"plans/{plan}/install", {})

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        answer = requests.post(f"{self._url}/modelget/{path}", json=body, headers=self._headers, timeout=120)
        answer.raise_for_status()
        return answer.json()


def many_missing(count: int, name: str = "small") -> dict[str, Any]:
    nodes = []
    for number in range(count):
        file = f"{name}{number}.safetensors"
        link = f"https://huggingface.co/o/r/resolve/main/{file}"
        models = [{"name": file, "url": link, "directory": "vae"}]
        nodes.append(
            {"id": number, "type": "VAELoader", "properties": {"models": models}, "widgets_values": [file]}
        )
    return {"nodes": nodes, "links": [], "version": 0.4}


def _latencies(url: str, work: Callable[[], object]) -> list[float]:
    worker = threading.Thread(target=work)
    times = []
    with requests.Session() as session:
        session.get(f"{url}/prompt", timeout=30)
        worker.start()
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end or (worker.is_alive() and time.monotonic() < end + 60):
            began = time.perf_counter()
            session.get(f"{url}/prompt", timeout=30)
            times.append(time.perf_counter() - began)
            time.sleep(0.002)
    worker.join()
    return sorted(times)


def _at(times: list[float], part: float) -> str:
    return f"{1000 * times[min(int(part * len(times)), len(times) - 1)]:.1f}"


@contextmanager
def running_hub() -> Iterator[dict[str, str]]:
    with subprocess.Popen(
        [sys.executable, "-c", _HUB], stdout=subprocess.PIPE, text=True, cwd=_ROOT
    ) as process:
        assert process.stdout
        endpoint, storage = process.stdout.readline().split()
        yield {"HF_ENDPOINT": endpoint, "MODELGET_ALLOW_HOSTS": storage}
        process.kill()


@contextmanager
def running_host(scratch: Path, environ: dict[str, str]) -> Iterator[str]:
    words = [
        sys.executable,
        "-m",
        "host.stand_in",
        "--base-directory",
        str(scratch / "ComfyUI"),
        "--port",
        "0",
    ]
    paths = os.pathsep.join([str(_ROOT), str(_ROOT / "tests")])
    settings = {**os.environ, "PYTHONPATH": paths, **environ}
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=settings
    ) as process:
        assert process.stdout
        yield process.stdout.readline().rpartition(" ")[2].strip()
        process.kill()
