"""Run functions in turn, in one process, and time them."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping


def medians(cases: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each; every second round runs in reversed order."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(rounds):
        for name in reversed(cases) if number % 2 else cases:
            gc.collect()
            began = time.perf_counter()
            cases[name]()
            times[name].append(time.perf_counter() - began)
    return {name: statistics.median(taken) for name, taken in times.items()}
