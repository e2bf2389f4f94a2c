"""Run every benchmark and write RESULTS.md: ``python -m benchmarks``.

``python -m benchmarks NAME [CASE...]`` runs one, or some cases of it, and only prints.
"""

from __future__ import annotations

import datetime
import os
import platform
import sys
from importlib import import_module
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")
NAMES = ("plan_templates", "parse_templates", "scan", "fetch", "load", "host", "panel", "startup")


def main() -> None:
    name, *cases = sys.argv[1:] or [""]
    if name:
        print(f"{_machine()}\n\n{_section(name, *cases)}")
        return
    sections = []
    for each in NAMES:
        sections.append(_section(each))
        print(sections[-1], flush=True)
    RESULTS.write_text(f"# Results\n\n{_machine()}\n\n" + "\n".join(sections), encoding="utf-8")


def _section(name: str, *cases: str) -> str:
    module = import_module(f".{name}", __package__)
    return f"## {name}\n\n{module.__doc__.strip()}\n\n{module.run(*cases)}\n"


def _machine() -> str:
    today = datetime.datetime.now(tz=datetime.timezone.utc).date().isoformat()
    system = f"{platform.system()} {platform.release()}"
    return f"Measured on {today}: {os.cpu_count()} cores{_model()}, {system}, Python {platform.python_version()}."


def _model() -> str:
    """Return the processor's name in brackets, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next((f" ({name})" for name in names), "")


if __name__ == "__main__":
    main()
