"""Fetch one file with huggingface_hub, which does not check it, then hash it: ``with_hub.py TARGET SHA256``."""

from __future__ import annotations

import sys
from pathlib import Path

from hash_of import check
from huggingface_hub import hf_hub_download


def main() -> None:
    target, sha256 = Path(sys.argv[1]), sys.argv[2]
    check(Path(hf_hub_download("bench/mark", target.name, local_dir=target.parent)), sha256)


if __name__ == "__main__":
    main()
