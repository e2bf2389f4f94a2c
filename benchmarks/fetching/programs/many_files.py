"""Fetch several files at once in one process; print by how many bytes the process grew.

``many_files.py CONNECTIONS (URL TARGET SIZE SHA256)...``, with one thread for each file.
"""

from __future__ import annotations

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ours import client_for, fetch_one

import modelget.cli  # noqa: F401 - the idle process has imported everything


def main() -> None:
    connections, words = int(sys.argv[1]), sys.argv[2:]
    jobs = [words[at : at + 4] for at in range(0, len(words), 4)]
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    idle = _status("VmRSS")
    http = client_for(jobs[0][0], connections)
    with ThreadPoolExecutor(len(jobs)) as pool:
        for done in [pool.submit(fetch_one, http, *job) for job in jobs]:
            done.result()
    print(_status("VmHWM") - idle)


def _status(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024


if __name__ == "__main__":
    main()
