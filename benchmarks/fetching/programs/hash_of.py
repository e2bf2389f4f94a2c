"""Check a file's sha256: ``hash_of.py FILE SHA256``."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path


def check(path: Path, sha256: str) -> None:
    digest, buffer = hashlib.sha256(), bytearray(2**20)
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            digest.update(memoryview(buffer)[:count])
    if digest.hexdigest() != sha256:
        sys.exit("wrong bytes")


if __name__ == "__main__":
    check(Path(sys.argv[1]), sys.argv[2])
