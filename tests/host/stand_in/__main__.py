"""``python -m host.stand_in``: run a stand-in host for a browser, until the process is ended."""

from __future__ import annotations

import argparse
import importlib.util
import logging
import threading
from pathlib import Path

from . import StandIn


def main() -> None:
    """Serve; settings come from the environment."""
    parser = argparse.ArgumentParser(prog="python -m host.stand_in")
    parser.add_argument(
        "--base-directory", type=Path, required=True, help="where models, user and output are"
    )
    parser.add_argument("--listen", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8188)
    parser.add_argument(
        "--frontend", type=Path, help="static folder of the page (default: the installed wheel's)"
    )
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    frontend = args.frontend or _installed_frontend()
    with StandIn(
        args.base_directory.absolute(), frontend=frontend, address=args.listen, port=args.port
    ) as host:
        print(f"To see the GUI go to: {host.url}", flush=True)
        threading.Event().wait()


def _installed_frontend() -> Path | None:
    spec = importlib.util.find_spec("comfyui_frontend_package")
    return Path(spec.origin).parent / "static" if spec and spec.origin else None


if __name__ == "__main__":
    main()
