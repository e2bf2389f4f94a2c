"""Fetch as a program does that has long been running; print the seconds, and those of the processor.

``running.py URL TARGET SIZE SHA256 CONNECTIONS SMALL_URL SMALL_TARGET SMALL_SIZE SMALL_SHA256``: the small file is
fetched first and does not count.
"""

from __future__ import annotations

import sys
import time

from ours import client_for, fetch_one

import modelget.pipeline  # noqa: F401 - a running program has imported everything

_SETTLING = 0.2  # seconds until the server has seen the end of the first connections


def main() -> None:
    big, connections, small = sys.argv[1:5], int(sys.argv[5]), sys.argv[6:]
    first = client_for(small[0], connections)
    fetch_one(first, *small)
    first.close()
    time.sleep(_SETTLING)
    start, busy = time.perf_counter(), time.process_time()
    fetch_one(client_for(big[0], connections), *big)
    print(time.perf_counter() - start, time.process_time() - busy)


if __name__ == "__main__":
    main()
