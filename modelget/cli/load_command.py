"""``modelget load``: read the weights onto the device."""

from __future__ import annotations

import json
from argparse import Namespace

from ..load import Measured, measure
from .bars import hashing_reporter
from .exit_codes import DONE
from .terminal import plain, size


def run(args: Namespace) -> int:
    """Load one file and print speed and memory."""
    with hashing_reporter() as reporter:
        measured = measure(args.file, args.device, reporter=reporter, allow_pickle=args.allow_pickle)
    if args.json:
        print(json.dumps(_document(measured), indent=2))
        return DONE
    report = measured.report
    print(
        f"{plain(report.path.name)}: {report.tensors} tensors, {size(report.bytes)} on {report.device}"
        f" in {report.seconds:.2f} s ({size(report.bytes_per_second)}/s, {report.policy.value}),"
        f" peak memory {size(measured.peak_bytes)}"
    )
    if report.fallback:
        print(f"  the fast way failed: {plain(report.fallback)}")
    return DONE


def _document(measured: Measured) -> dict[str, object]:
    report = measured.report
    return {
        "file": str(report.path),
        "format": report.format,
        "device": report.device,
        "policy": report.policy.value,
        "tensors": report.tensors,
        "bytes": report.bytes,
        "seconds": round(report.seconds, 6),
        "bytes_per_second": round(report.bytes_per_second),
        "peak_bytes": measured.peak_bytes,
        "peak_host_bytes": report.peak_host_bytes,
        "fallback": report.fallback or None,
    }
