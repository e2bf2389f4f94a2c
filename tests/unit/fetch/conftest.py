"""The fault server and its bench serve the tests of single modules too."""

from __future__ import annotations

from faults.conftest import _every_report, _no_proxy, bench, serve

__all__ = ["_every_report", "_no_proxy", "bench", "serve"]
