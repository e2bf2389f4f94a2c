"""``modelget --help`` against a bare Python interpreter and against importing huggingface_hub's client.

It must not import torch or huggingface_hub. Medians of 9 interleaved rounds.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

_CASES = {
    "python -c pass": ["-c", "pass"],
    "modelget --help": ["-m", "modelget", "--help"],
    "import huggingface_hub.hf_api": ["-c", "import huggingface_hub.hf_api"],
}


def run() -> str:
    times: dict[str, list[float]] = {name: [] for name in _CASES}
    for _ in range(9):
        for name, words in _CASES.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, *words], stdout=subprocess.DEVNULL, check=True)
            times[name].append(time.perf_counter() - start)
    base = statistics.median(times["python -c pass"])
    rows = "\n".join(f"| {name} | {statistics.median(values) / base:.1f} |" for name, values in times.items())
    return f"| what | times a bare interpreter |\n|---|---|\n{rows}"
