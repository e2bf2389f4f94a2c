"""``modelget load``: read the weights onto the device."""

from __future__ import annotations

import json
from argparse import Namespace

from ..load import load
from .exit_codes import DONE
from .terminal import plain, size


def run(args: Namespace) -> int:
    """Load one file and print speed and memory."""
    loaded = load(args.file, args.device)
    if args.json:
        found = {
            "file": str(loaded.path),
            "device": loaded.device,
            "tensors": loaded.tensors,
            "bytes": loaded.bytes,
            "seconds": round(loaded.seconds, 6),
            "bytes_per_second": round(loaded.bytes_per_second),
            "peak_bytes": loaded.peak_bytes,
        }
        print(json.dumps(found, indent=2))
        return DONE
    print(
        f"{plain(loaded.path.name)}: {loaded.tensors} tensors, {size(loaded.bytes)} on {loaded.device}"
        f" in {loaded.seconds:.2f} s ({size(loaded.bytes_per_second)}/s), peak memory {size(loaded.peak_bytes)}"
    )
    return DONE
