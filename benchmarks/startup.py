"""``modelget --help`` against a bare Python interpreter and against importing huggingface_hub's client.

It must not import torch or huggingface_hub. Medians of 9 interleaved rounds.
"""

from __future__ import annotations

import subprocess
import sys
from functools import partial

from .rounds import medians

_CASES = {
    "python -c pass": ["-c", "pass"],
    "modelget --help": ["-m", "modelget", "--help"],
    "import huggingface_hub.hf_api": ["-c", "import huggingface_hub.hf_api"],
}


def run() -> str:
    times = medians({name: partial(_start, words) for name, words in _CASES.items()}, 9)
    base = times["python -c pass"]
    rows = "\n".join(f"| {name} | {seconds / base:.1f} |" for name, seconds in times.items())
    return f"| what | times a bare interpreter |\n|---|---|\n{rows}"


def _start(words: list[str]) -> None:
    subprocess.run([sys.executable, *words], stdout=subprocess.DEVNULL, check=True)
