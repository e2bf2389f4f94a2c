"""Where the Python packages of a ComfyUI installation are."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

_ENVIRONMENTS = ("venv", ".venv", "env", "../venv", "../.venv", "../python_embeded")
"""Beside ComfyUI's main.py: the manual's, comfy-cli's, the desktop application's and the portable one's."""

_PACKAGES = ("lib/python3.*/site-packages", "Lib/site-packages")


def package_folders(comfyui: Path | None) -> tuple[Path, ...]:
    """Return the package folders of the environment beside ComfyUI, then those of the running Python.

    Only real package folders: whoever can write there runs code in any case. The current folder is none.
    """
    found = [*_beside(comfyui)] if comfyui else []
    found += [Path(entry) for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")]
    return tuple(dict.fromkeys(found))


def _beside(comfyui: Path) -> Iterator[Path]:
    for environment in _ENVIRONMENTS:
        for pattern in _PACKAGES:
            yield from sorted((comfyui / environment).glob(pattern), reverse=True)
