"""``modelget load``: read the weights onto the device."""

from __future__ import annotations

import json
from argparse import Namespace

from ..errors import DigestMismatch, LoadFailed
from ..load import Measured, measure
from ..types import Digest
from ..units import size
from ..verify import digest_file
from .bars import hashing_reporter
from .exit_codes import DONE
from .opening import sha256_from
from .terminal import plain


def run(args: Namespace) -> int:
    """Load one file and print speed and memory."""
    known = _proven(args)
    with hashing_reporter() as reporter:
        measured = measure(
            args.file,
            args.device,
            reporter=reporter,
            allow_pickle=args.allow_pickle,
            known=known,
        )
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


def _proven(args: Namespace) -> tuple[Digest, ...]:
    """Return the digest that the file must have and has; raise DigestMismatch when it has another."""
    if not args.sha256:
        return ()
    wanted = sha256_from("--sha256", args.sha256)
    try:
        got = digest_file(args.file).sha256
    except OSError as error:
        raise LoadFailed(f"{args.file}: {error.strerror}", "Check the path.") from error
    if got != wanted:
        raise DigestMismatch(args.file.name, wanted, got)
    return (wanted,)


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
