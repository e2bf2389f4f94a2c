"""Fetch one file with requests and hash it as it comes: ``with_requests.py URL TARGET SIZE SHA256``."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import requests


def main() -> None:
    url, target, _size, sha256 = sys.argv[1:]
    digest = hashlib.sha256()
    with requests.get(url, stream=True, timeout=30) as reply, Path(target).open("wb") as file:
        for chunk in reply.iter_content(2**20):
            file.write(chunk)
            digest.update(chunk)
    if digest.hexdigest() != sha256:
        sys.exit("wrong bytes")


if __name__ == "__main__":
    main()
