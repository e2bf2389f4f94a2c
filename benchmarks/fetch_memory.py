"""Memory while one 1 GiB file is fetched, hashed and placed: peak resident size above the idle process.

Goal: at most 64 MiB. The hub runs in a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile

_CLIENT = """
import resource, sys
from pathlib import Path
from modelget.library import open_library
from modelget.pipeline import carry_out, open_workshop, plan_for
from modelget.progress import Silent
from modelget.settings import load_settings
from modelget.types import Requirement, Workflow
endpoint, storage, models = sys.argv[1:]
environ = {"HF_ENDPOINT": endpoint, "MODELGET_ALLOW_HOSTS": storage}
shop = open_workshop(load_settings(environ), open_library(models_dir=Path(models)))
need = Requirement("big-1GiB.safetensors", "vae", urls=("hf:bench/mark/big-1GiB.safetensors",))
plans = plan_for([Workflow("bench", (need,))], shop)
idle = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1024
outcomes = carry_out(plans, shop, Silent())
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
(outcome,) = outcomes.values()
assert outcome.file.size == 2**30, outcome
print((peak - idle) / 1024)
"""

_SERVER = """
import sys
from modelget.hub import EmbeddedHub
with EmbeddedHub() as hub:
    hub.content("bench/mark/big-1GiB.safetensors").sha256
    print(hub.endpoint, hub.storage_origin, flush=True)
    sys.stdin.read()
"""


def run() -> str:
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        endpoint, storage = server.stdout.readline().split()
        with tempfile.TemporaryDirectory() as models:
            client = [sys.executable, "-c", _CLIENT, endpoint, storage, models]
            above = float(subprocess.run(client, capture_output=True, text=True, check=True).stdout)
    finally:
        server.kill()
    verdict = "met" if above <= 64 else "missed"
    return f"Peak **{above:.0f} MiB** above the process that has planned and waits. Goal {verdict}."
