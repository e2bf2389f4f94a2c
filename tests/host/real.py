"""A real ComfyUI with the pack, in a scratch folder; needs COMFYUI_DIR and COMFYUI_PYTHON."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import requests
from real_host import COMFYUI, PYTHON

_START_SECONDS = 180
_PACK = Path(__file__).absolute().parents[2]
_PARTS = ("__init__.py", "pyproject.toml", "modelget", "nodes", "adapters", "web", "locales", "workflows")


class RealComfyUI:
    """Runs ``main.py --cpu`` until the ``with`` ends."""

    def __init__(self, base: Path, environ: Mapping[str, str], words: Sequence[str] = ()) -> None:
        """``words`` are more of its command line."""
        self.base, self.models = base, base / "models"
        self._environ, self._words = {**os.environ, **environ}, words
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def log(self) -> str:
        return (self.base / "log").read_text(encoding="utf-8", errors="replace")

    def __enter__(self) -> RealComfyUI:
        pack = self.base / "custom_nodes" / "modelget-pack"
        pack.mkdir(parents=True)
        (self.base / "user").mkdir()
        for part in filter(lambda part: (_PACK / part).exists(), _PARTS):
            copy = shutil.copytree if (_PACK / part).is_dir() else shutil.copy
            copy(_PACK / part, pack / part)
        words = [
            "main.py",
            "--cpu",
            "--port",
            str(self._port),
            "--disable-auto-launch",
            "--disable-api-nodes",
        ]
        words += ["--base-directory", str(self.base), *self._words]
        if sys.platform != "win32":
            words += ["--database-url", f"sqlite:///{self.base / 'user' / 'comfyui.db'}"]
        with (self.base / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [PYTHON, *words], cwd=COMFYUI, env=self._environ, stdout=log, stderr=subprocess.STDOUT
            )
        self._wait()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(30)

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            assert self._process
            assert self._process.poll() is None, self.log
            try:
                requests.get(f"{self.url}/system_stats", timeout=5)
                return
            except requests.ConnectionError:
                time.sleep(0.3)
        raise AssertionError(f"no answer after {_START_SECONDS} s:\n{self.log}")
