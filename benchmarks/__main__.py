"""Run every benchmark and write RESULTS.md: ``python -m benchmarks [NAME...]``."""

from __future__ import annotations

import datetime
import os
import platform
import sys
from importlib import import_module
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")
NAMES = ("plan_templates", "fetch_memory", "fetch_speed", "startup")


def main() -> None:
    names = sys.argv[1:] or NAMES
    sections = []
    for name in names:
        module = import_module(f".{name}", __package__)
        section = f"## {name}\n\n{module.__doc__.strip()}\n\n{module.run()}\n"
        print(section, flush=True)
        sections.append(section)
    if not sys.argv[1:]:
        RESULTS.write_text(f"# Results\n\n{_machine()}\n\n" + "\n".join(sections), encoding="utf-8")


def _machine() -> str:
    today = datetime.datetime.now(tz=datetime.timezone.utc).date().isoformat()
    return f"Measured on {today}: {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}."


if __name__ == "__main__":
    main()
